import type { DType } from "../../../dsl/tensor.js";
import { isBytes, isVarint, ProtobufFile, type Field } from "./protobuf-wire.js";

/** A port as a model's file declares it. `dtype` is null if it is no tensor of elements that the runtimes hold. */
export interface FilePort {
  readonly name: string;
  readonly dtype: DType | null;
  readonly shape: readonly (number | string | null)[];
}

const dtypes: Readonly<Record<number, DType>> = {
  ...{ 1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string" },
  ...{ 9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64" },
};
const longestName = 65_536;

/**
 * The ports that a model's file declares, without the inputs that have weights as defaults. Nothing of the model runs.
 *
 * @throws ModelError SL3011, SL3012 for a file that is cut off or damaged
 */
export function modelPorts(
  bytes: Uint8Array,
  file: string,
): { readonly inputs: readonly FilePort[]; readonly outputs: readonly FilePort[] } {
  const wire = new ProtobufFile(bytes, bytes.length, file);
  const inputs: FilePort[] = [];
  const outputs: FilePort[] = [];
  const defaults = new Set<string>();
  for (const graph of wire.fields(0, wire.size)) {
    if (!isBytes(graph, 7)) continue;
    for (const field of wire.fields(graph.start, graph.end)) {
      if (isBytes(field, 5)) defaults.add(nameOf(wire, field, 8));
      else if (isBytes(field, 11)) inputs.push(readPort(wire, field));
      else if (isBytes(field, 12)) outputs.push(readPort(wire, field));
    }
  }
  return { inputs: inputs.filter(({ name }) => !defaults.has(name)), outputs };
}

function nameOf(wire: ProtobufFile, message: Field, number: number): string {
  for (const field of wire.fields(message.start, message.end))
    if (isBytes(field, number)) return wire.peekText(field, longestName) ?? "";
  return "";
}

function readPort(wire: ProtobufFile, port: Field): FilePort {
  let dtype: DType | null = null;
  const shape: (number | string | null)[] = [];
  for (const tensor of messages(wire, messages(wire, [port], 2), 1)) {
    for (const field of wire.fields(tensor.start, tensor.end))
      if (isVarint(field, 1)) dtype = dtypes[wire.integer(field, "an element type")] ?? null;
    for (const dim of messages(wire, messages(wire, [tensor], 2), 1)) shape.push(readDim(wire, dim));
  }
  return { name: nameOf(wire, port, 1), dtype, shape };
}

/** The messages with a field number inside some messages. */
function* messages(wire: ProtobufFile, outer: Iterable<Field>, number: number): Generator<Field> {
  for (const message of outer)
    for (const field of wire.fields(message.start, message.end)) if (isBytes(field, number)) yield field;
}

function readDim(wire: ProtobufFile, dim: Field): number | string | null {
  let found: number | string | null = null;
  for (const field of wire.fields(dim.start, dim.end)) {
    if (isVarint(field, 1)) found = wire.integer(field, "a dimension");
    else if (isBytes(field, 2)) found = wire.peekText(field, longestName) ?? null;
  }
  return found;
}
