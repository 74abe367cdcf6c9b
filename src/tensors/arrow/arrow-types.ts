import {
  Bool,
  type DataType,
  Float16,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from "apache-arrow";
import type { DType } from "../../../dsl/tensor.js";

/** The Arrow type of one element. */
export const arrowTypes: Readonly<Record<DType, DataType>> = {
  float16: new Float16(),
  float32: new Float32(),
  float64: new Float64(),
  int8: new Int8(),
  int16: new Int16(),
  int32: new Int32(),
  int64: new Int64(),
  uint8: new Uint8(),
  uint16: new Uint16(),
  uint32: new Uint32(),
  uint64: new Uint64(),
  bool: new Bool(),
  string: new Utf8(),
};
