import type { DType } from "../../../dsl/tensor.js";
import { isBytes, isVarint, type Field, type ProtobufFile } from "../../../src/util/onnx/protobuf-wire.js";

/** A dimension in the file: a size, a name, or null if it has neither. */
export type OnnxDim = number | string | null;

/** The type of an input or output in the file (a `TypeProto`). `element` and `key` are numbers of `elementTypes`. */
export type OnnxType =
  | { readonly kind: "tensor" | "sparse"; readonly element: number; readonly shape: readonly OnnxDim[] | null }
  | { readonly kind: "sequence" | "optional"; readonly of: OnnxType }
  | { readonly kind: "map"; readonly key: number; readonly value: OnnxType }
  | { readonly kind: "opaque" | "none" };

type Reader = (wire: ProtobufFile, field: Field, depth: number) => OnnxType;

const maxDepth = 16;
const untyped: OnnxType = { kind: "none" };

/** Readers by field number in TypeProto. A type sets one of these fields. */
const typeReaders: Readonly<Record<number, Reader>> = {
  1: (wire, field) => readTensorType(wire, field, "tensor"),
  4: (wire, field, depth) => ({ kind: "sequence", of: readInnerType(wire, field, depth) }),
  5: readMapType,
  7: () => ({ kind: "opaque" }),
  8: (wire, field) => readTensorType(wire, field, "sparse"),
  9: (wire, field, depth) => ({ kind: "optional", of: readInnerType(wire, field, depth) }),
};

/** Reads a TypeProto; `none` if it sets no known field. */
export function readType(wire: ProtobufFile, message: Field, depth = 0): OnnxType {
  if (depth > maxDepth) throw wire.damagedError(message.tagStart, `types are nested deeper than ${maxDepth}`);
  let type = untyped;
  for (const field of wire.fields(message.start, message.end)) {
    const read = typeReaders[field.number];
    if (read !== undefined && field.wireType === 2) type = read(wire, field, depth);
  }
  return type;
}

/** The type inside a sequence or an optional. */
function readInnerType(wire: ProtobufFile, message: Field, depth: number): OnnxType {
  let type = untyped;
  for (const field of wire.fields(message.start, message.end)) {
    if (isBytes(field, 1)) type = readType(wire, field, depth + 1);
  }
  return type;
}

function readMapType(wire: ProtobufFile, message: Field, depth: number): OnnxType {
  let key = 0;
  let value = untyped;
  for (const field of wire.fields(message.start, message.end)) {
    if (isVarint(field, 1)) key = wire.integer(field, "a key type");
    if (isBytes(field, 2)) value = readType(wire, field, depth + 1);
  }
  return { kind: "map", key, value };
}

function readTensorType(wire: ProtobufFile, message: Field, kind: "tensor" | "sparse"): OnnxType {
  let element = 0;
  let shape: OnnxDim[] | null = null;
  for (const field of wire.fields(message.start, message.end)) {
    if (isVarint(field, 1)) element = wire.integer(field, "an element type");
    if (isBytes(field, 2)) {
      shape ??= [];
      for (const dim of wire.fields(field.start, field.end)) {
        if (isBytes(dim, 1)) shape.push(readDim(wire, dim));
      }
    }
  }
  return { kind, element, shape };
}

function readDim(wire: ProtobufFile, message: Field): OnnxDim {
  wire.reserve(message.tagStart, 0);
  let dim: OnnxDim = null;
  for (const field of wire.fields(message.start, message.end)) {
    if (isVarint(field, 1)) dim = wire.integer(field, "a dimension");
    if (isBytes(field, 2)) dim = wire.text(field, "a dimension's name", true);
  }
  return dim;
}

/** `TensorProto.DataType` by number: the ONNX name, and the dtype if the runtimes support it. */
const elementTypes: readonly { readonly onnx: string; readonly dtype?: DType }[] = [
  { onnx: "undefined" },
  { onnx: "float", dtype: "float32" },
  { onnx: "uint8", dtype: "uint8" },
  { onnx: "int8", dtype: "int8" },
  { onnx: "uint16", dtype: "uint16" },
  { onnx: "int16", dtype: "int16" },
  { onnx: "int32", dtype: "int32" },
  { onnx: "int64", dtype: "int64" },
  { onnx: "string", dtype: "string" },
  { onnx: "bool", dtype: "bool" },
  { onnx: "float16", dtype: "float16" },
  { onnx: "double", dtype: "float64" },
  { onnx: "uint32", dtype: "uint32" },
  { onnx: "uint64", dtype: "uint64" },
  { onnx: "complex64" },
  { onnx: "complex128" },
  { onnx: "bfloat16" },
  { onnx: "float8e4m3fn" },
  { onnx: "float8e4m3fnuz" },
  { onnx: "float8e5m2" },
  { onnx: "float8e5m2fnuz" },
  { onnx: "uint4" },
  { onnx: "int4" },
  { onnx: "float4e2m1" },
  { onnx: "float8e8m0" },
  { onnx: "uint2" },
  { onnx: "int2" },
  { onnx: "float6e2m3" },
  { onnx: "float6e3m2" },
];

/** The ONNX name of an element type. */
function onnxElementName(element: number): string {
  return elementTypes[element]?.onnx ?? `element type ${element}`;
}

/** The dtype of a tensor; undefined for other types and for unsupported elements. */
export function dtypeOf(type: OnnxType): DType | undefined {
  return type.kind === "tensor" ? elementTypes[type.element]?.dtype : undefined;
}

/** The type in ONNX notation: `tensor(float)`, `seq(map(int64,tensor(float)))`. */
export function typeNotation(type: OnnxType): string {
  switch (type.kind) {
    case "tensor":
      return `tensor(${onnxElementName(type.element)})`;
    case "sparse":
      return `sparse_tensor(${onnxElementName(type.element)})`;
    case "sequence":
      return `seq(${typeNotation(type.of)})`;
    case "optional":
      return `optional(${typeNotation(type.of)})`;
    case "map":
      return `map(${onnxElementName(type.key)},${typeNotation(type.value)})`;
    case "opaque":
      return "opaque";
    case "none":
      return "untyped";
  }
}

/** Why a port of this type is not supported, and how to change the model. */
export function unsupportedReason(type: OnnxType): string {
  const what = describeType(type);
  switch (type.kind) {
    case "tensor":
      return `${what}: cast it inside the model to a supported type, such as float32`;
    case "sparse":
      return `${what}: export the model with a dense tensor`;
    case "sequence":
      return type.of.kind === "map"
        ? `${what}: expose the tensor that feeds the ZipMap (with skl2onnx, options={'zipmap': False})`
        : `${what}: export the model with one tensor instead`;
    case "map":
      return `${what}: expose the tensor that feeds it`;
    case "optional":
      return `${what}: export the model with the plain value instead`;
    case "opaque":
      return `${what}: export the model with a tensor instead`;
    case "none":
      return `${what}: run onnx.shape_inference on the model and save it again`;
  }
}

function describeType(type: OnnxType): string {
  return `${type.kind === "optional" || type.kind === "opaque" ? "an" : "a"} ${typeNoun(type, "")}`;
}

function typeNoun(type: OnnxType, plural: "" | "s"): string {
  switch (type.kind) {
    case "tensor":
      return `tensor${plural} of ${elementTypeName(type.element)}`;
    case "sparse":
      return `sparse tensor${plural} of ${elementTypeName(type.element)}`;
    case "sequence":
      return `sequence${plural} of ${typeNoun(type.of, "s")}`;
    case "optional":
      return `optional ${typeNoun(type.of, plural)}`;
    case "map":
      return `map${plural} from ${elementTypeName(type.key)} to ${typeNoun(type.value, "s")}`;
    case "opaque":
      return `opaque value${plural}`;
    case "none":
      return `value${plural} without a type`;
  }
}

/** The name of an element type in messages: its dtype, or the ONNX name if it has none. */
function elementTypeName(element: number): string {
  return elementTypes[element]?.dtype ?? onnxElementName(element);
}
