import { ModelError } from "../../../dsl/errors.js";
import { isBytes, isVarint, type Field, type ProtobufFile } from "./protobuf-wire.js";
import { enumOf, walkModel } from "./walk-model.js";

/** The longest location, key or number that is read, in bytes. */
const maxTextBytes = 4096;

/** Bits of an element, by `TensorProto.DataType`. Elements without a fixed size, such as strings, are missing. */
const elementBits: Readonly<Record<number, number>> = {
  ...{ 1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16 },
  ...{ 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2 },
};

/** A part of a data file. */
export interface DataPart {
  /** The file, as the model names it. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** A tensor that names a data file. */
export interface NamingTensor {
  readonly tensor: Field;
  /** The messages around the tensor, the outermost first. */
  readonly within: readonly Field[];
  /** Its fields that stay; those about other files, and their data, do not. */
  readonly kept: readonly Field[];
  /** What it holds; null if it names a file without using it. */
  readonly data: DataPart | null;
}

/**
 * The tensors that name data files, in the order of the file. ONNX keeps weights over 2 GB so.
 *
 * @param file the model's path in messages
 * @throws ModelError SL3011, SL3012 for a file that is cut off or damaged, SL3018 for a tensor whose data file or part
 *   cannot be told, and for compiled code in place of a graph
 */
export function namingTensors(wire: ProtobufFile, file: string): readonly NamingTensor[] {
  const found: NamingTensor[] = [];
  walkModel(wire, {
    tensor: (tensor, within) => {
      const naming = readTensor(wire, file, tensor);
      if (naming !== null) found.push({ ...naming, tensor, within: [...within] });
    },
    node: (node) => refuseCompiledCode(wire, file, node),
  });
  return found;
}

/** The data files of a model, as it names them, in the order in which it names them first. */
export function externalLocations(tensors: readonly NamingTensor[]): readonly string[] {
  return [...new Set(tensors.flatMap(({ data }) => (data === null ? [] : [data.location])))];
}

/** What a tensor says about data files; null if it says nothing. */
function readTensor(wire: ProtobufFile, file: string, tensor: Field): Pick<NamingTensor, "kept" | "data"> | null {
  const kept: Field[] = [];
  const entries: Field[] = [];
  let place = 0;
  let type = 0;
  let elements = 1;
  for (const field of wire.fields(tensor.start, tensor.end)) {
    if (isBytes(field, 13)) entries.push(field);
    else if (isVarint(field, 14)) place = enumOf(wire, field, "a data location");
    else if (field.number !== 13 && field.number !== 14) kept.push(field);
    if (isVarint(field, 2)) type = enumOf(wire, field, "an element type");
    if (field.number === 1 && (field.wireType === 0 || field.wireType === 2))
      for (const size of wire.integers(field)) elements *= Number(size);
  }
  if (place === 0 && entries.length === 0) return null;
  if (place === 0) return { kept, data: null };
  if (place !== 1 || entries.length === 0)
    throw wire.damagedError(tensor.tagStart, "a tensor does not say which file holds its data");
  const named = readEntries(wire, entries);
  const location = named.get("location") ?? "";
  const bits = elementBits[type];
  const refuse = (why: string): ModelError => unusable(file, location, why);
  if (bits === undefined) throw refuse("but its elements have no fixed size. Export it again with its data inside.");
  const offset = byteCount(named.get("offset") ?? "0");
  const length = byteCount(named.get("length") ?? String(Math.ceil((elements * bits) / 8)));
  if (offset === null || length === null)
    throw refuse("at an offset or with a length that is no number of bytes. Export it again.");
  return { kept: kept.filter(({ number }) => number !== 9), data: { location, offset, length } };
}

/** The entries of a tensor's external data, by key. */
function readEntries(wire: ProtobufFile, entries: readonly Field[]): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  for (const entry of entries) {
    let key = "";
    let value = "";
    for (const field of wire.fields(entry.start, entry.end)) {
      if (isBytes(field, 1)) key = wire.peekText(field, maxTextBytes) ?? "";
      if (isBytes(field, 2)) value = wire.peekText(field, maxTextBytes) ?? "";
    }
    if (named.has(key)) throw wire.damagedError(entry.tagStart, "a tensor names two data files");
    named.set(key, value);
  }
  return named;
}

function byteCount(text: string): number | null {
  const count = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(count) ? count : null;
}

/** Nodes of this operator run code that was compiled for a device, which may be in yet another file. */
function refuseCompiledCode(wire: ProtobufFile, file: string, node: Field): void {
  for (const field of wire.fields(node.start, node.end))
    if (isBytes(field, 4) && wire.peekText(field, maxTextBytes) === "EPContext")
      throw new ModelError(
        "SL3018",
        `model file '${file}' cannot be used: it holds code that was compiled for a device (EPContext), which cannot be checked. Use the model that it was compiled from.`,
        { file },
      );
}

/**
 * Checks that a data file holds the parts that the model's tensors name.
 *
 * @param file the model's path
 * @throws ModelError SL3018
 */
export function requireParts(file: string, parts: readonly DataPart[], size: number): void {
  const beyond = parts.find(({ offset, length }) => offset + length > size);
  if (beyond === undefined) return;
  const { location, offset, length } = beyond;
  throw unusable(
    file,
    location,
    `but the file has ${size} bytes, and a tensor needs ${length} bytes at byte ${offset}. Copy the whole file there.`,
  );
}

/** The error for a data file that is not used. */
export function unusable(file: string, location: string, why: string): ModelError {
  return new ModelError("SL3018", `model file '${file}' cannot be used: it keeps weights in '${location}', ${why}`, {
    file,
    location,
  });
}
