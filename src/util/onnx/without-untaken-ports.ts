import { isBytes, isVarint, ProtobufFile, type Field } from "./protobuf-wire.js";

/** `TensorProto.DataType` of the elements that onnxruntime-node can hold. It refuses a model with other ports. */
const heldElements: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 21, 22]);

/**
 * A model's bytes without the graph's outputs, and the inputs with weights as defaults, of an element type that
 * onnxruntime-node cannot hold, such as bfloat16. The runtime refuses a model that has one, even if it is never asked
 * for. All other bytes are kept.
 *
 * @returns `bytes` themselves if there is no such port
 */
export function withoutUntakenPorts(bytes: Uint8Array, file: string): Uint8Array {
  const wire = new ProtobufFile(bytes, bytes.length, file);
  const model = [...wire.fields(0, wire.size)];
  const graph = model.find((field) => isBytes(field, 7));
  if (graph === undefined) return bytes;
  const ports: Field[] = [];
  for (const field of wire.fields(graph.start, graph.end))
    if ((isBytes(field, 11) || isBytes(field, 12)) && !isHeld(wire, field)) ports.push(field);
  if (ports.length === 0) return bytes;
  const defaults = initializerNames(wire, graph);
  const left = ports.filter((port) => port.number === 12 || defaults.has(nameOf(wire, port)));
  return withoutGraphFields(bytes, graph, left);
}

/** A model's bytes without some fields of its graph, which are given in the order of the file. */
export function withoutGraphFields(bytes: Uint8Array, graph: Field, dropped: readonly Field[]): Uint8Array {
  const kept: Uint8Array[] = [];
  let at = graph.start;
  for (const { tagStart, end } of dropped) {
    kept.push(bytes.subarray(at, tagStart));
    at = end;
  }
  kept.push(bytes.subarray(at, graph.end));
  const size = kept.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([
    bytes.subarray(0, graph.tagStart),
    Uint8Array.of((7 << 3) | 2),
    varint(size),
    ...kept,
    bytes.subarray(graph.end),
  ]);
}

/** Whether the runtime can hold a ValueInfo's element type. It also takes ports that are no tensors. */
function isHeld(wire: ProtobufFile, port: Field): boolean {
  for (const type of wire.fields(port.start, port.end)) {
    if (!isBytes(type, 2)) continue;
    for (const tensor of wire.fields(type.start, type.end)) {
      if (!isBytes(tensor, 1)) continue;
      for (const field of wire.fields(tensor.start, tensor.end))
        if (isVarint(field, 1) && !heldElements.has(wire.integer(field, "an element type"))) return false;
    }
  }
  return true;
}

function initializerNames(wire: ProtobufFile, graph: Field): ReadonlySet<string> {
  const names = new Set<string>();
  for (const tensor of wire.fields(graph.start, graph.end)) {
    if (!isBytes(tensor, 5)) continue;
    for (const field of wire.fields(tensor.start, tensor.end))
      if (isBytes(field, 8)) names.add(wire.peekText(field, field.end - field.start) ?? "");
  }
  return names;
}

function nameOf(wire: ProtobufFile, port: Field): string {
  for (const field of wire.fields(port.start, port.end))
    if (isBytes(field, 1)) return wire.peekText(field, field.end - field.start) ?? "";
  return "";
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}
