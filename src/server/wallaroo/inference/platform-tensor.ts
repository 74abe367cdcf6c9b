import { nestedRows } from "../../../tensors/nested-lists.js";
import { rowDimsOf } from "../../../tensors/row-ranges.js";
import type { RowsTensor } from "../../../tensors/tensor-data.js";

const names: Readonly<Record<string, string>> = {
  float16: "Half",
  float32: "Float",
  float64: "Double",
  int8: "Int8",
  int16: "Int16",
  int32: "Int32",
  int64: "Int64",
  uint8: "UInt8",
  uint16: "UInt16",
  uint32: "UInt32",
  uint64: "UInt64",
  bool: "Bool",
  string: "String",
};

/** A tensor in the platform's own JSON: `{"Float": {"v": 1, "dim": [1, 1], "data": [0.5]}}`. */
export function platformTensor(tensor: RowsTensor, rows: number): unknown {
  const data: unknown[] = [];
  const add = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) add(each);
    else data.push(typeof value === "number" && !Number.isFinite(value) ? null : value);
  };
  add(nestedRows(tensor));
  return { [names[tensor.dtype] ?? tensor.dtype]: { v: 1, dim: [rows, ...rowDimsOf(tensor, 0)], data } };
}
