import { createHash, type Hash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { ModelError } from "../../../dsl/errors.js";
import { bounds, exceeded } from "../bounds.js";
import {
  externalLocations,
  namingTensors,
  requireParts,
  unusable,
  type DataPart,
  type NamingTensor,
} from "./external-data.js";
import { pathsByLocation, readChunks, readWhole, withDataFile } from "./model-digest.js";
import { requireOnnx } from "./other-formats.js";
import { ProtobufFile, type Field } from "./protobuf-wire.js";

/** A model with all its weights inside: it names no other file. */
export interface SelfContainedModel {
  readonly bytes: Uint8Array;
  /** The digest of the bytes that were read: of the model's file and its data files, as `modelDigest` takes it. */
  readonly sha256: string;
}

/**
 * Reads a model and puts the weights of its data files inside, so that the runtime never opens a file: it would look
 * for them in the working folder. Each file is read once, and the digest is of the bytes that were read.
 *
 * @throws ModelError SL3000 a file cannot be read, SL3010 it is no ONNX model, SL3011 or SL3012 it is cut off or
 *   damaged, SL3018 a data file is missing, outside the model's folder, too short or too large; system errors of the
 *   model's file as they are
 */
export async function readSelfContained(file: string): Promise<SelfContainedModel> {
  const model = await readModelFile(file);
  const hash = createHash("sha256").update(model);
  const wire = new ProtobufFile(model, model.length, file);
  requireOnnx(wire, file);
  const tensors = namingTensors(wire, file);
  if (tensors.length === 0) return { bytes: model, sha256: hash.digest("hex") };
  const inlined = layOut(model, tensors, file);
  const paths = await pathsByLocation(file, externalLocations(tensors));
  for (const path of new Set(paths.values())) {
    const holes = inlined.holes.filter(({ location }) => paths.get(location) === path);
    await fillHoles(inlined.bytes, holes, path, file, hash);
  }
  return { bytes: inlined.bytes, sha256: hash.digest("hex") };
}

/** The bytes of a model's file. A pipe is refused before it is opened, because opening it may wait for ever. */
async function readModelFile(file: string): Promise<Uint8Array> {
  if (!(await stat(file)).isFile())
    throw new ModelError("SL3000", `'${file}' is not a regular file. Name an .onnx file.`, { file });
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    if (size > bounds.modelBytes.limit)
      throw new ModelError("SL3018", `model file '${file}' cannot be used: ${exceeded(bounds.modelBytes, size)}`, {
        file,
      });
    return await readWhole(handle, size, file);
  } finally {
    await handle.close();
  }
}

/** A part of the new bytes that a part of a data file goes to. */
interface Hole extends DataPart {
  readonly at: number;
}

/** A part of the new bytes: bytes of the model, new bytes, or a hole. */
type Piece = Uint8Array | DataPart;

/** Lays out a model with holes for the data of its tensors, and with the lengths of the messages around them. */
function layOut(
  model: Uint8Array,
  tensors: readonly NamingTensor[],
  file: string,
): { readonly bytes: Uint8Array; readonly holes: readonly Hole[] } {
  const pieces = rewriteMessage(model, { start: 0, end: model.length }, tensors, 0);
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (size > bounds.modelBytes.limit) {
    const location = tensors.find(({ data }) => data !== null)?.data?.location ?? "";
    throw unusable(file, location, `and ${exceeded(bounds.modelBytes, size)}`);
  }
  const bytes = Buffer.allocUnsafeSlow(size);
  const holes: Hole[] = [];
  let at = 0;
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) bytes.set(piece, at);
    else holes.push({ ...piece, at });
    at += piece.length;
  }
  return { bytes, holes };
}

/**
 * The content of a message with rewritten tensors.
 *
 * @param tensors those within the message, in the order of the file
 * @param depth how many messages are around it
 */
function rewriteMessage(
  model: Uint8Array,
  { start, end }: Pick<Field, "start" | "end">,
  tensors: readonly NamingTensor[],
  depth: number,
): Piece[] {
  const pieces: Piece[] = [];
  let at = start;
  for (let i = 0; i < tensors.length;) {
    const first = tensors[i];
    if (first === undefined) break;
    const child = first.within[depth] ?? first.tensor;
    let next = i + 1;
    while (child !== first.tensor && tensors[next]?.within[depth] === child) next++;
    const content =
      child === first.tensor
        ? rewriteTensor(model, first)
        : rewriteMessage(model, child, tensors.slice(i, next), depth + 1);
    const size = content.reduce((sum, piece) => sum + piece.length, 0);
    pieces.push(model.subarray(at, child.tagStart), varint(child.number * 8 + 2), varint(size));
    for (const piece of content) pieces.push(piece);
    at = child.end;
    i = next;
  }
  pieces.push(model.subarray(at, end));
  return pieces;
}

/** A tensor without the names of files, and with its data inside. */
function rewriteTensor(model: Uint8Array, { kept, data }: NamingTensor): Piece[] {
  const pieces: Piece[] = kept.map(({ tagStart, end }) => model.subarray(tagStart, end));
  if (data !== null) pieces.push(varint(9 * 8 + 2), varint(data.length), data);
  return pieces;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.of(...bytes, rest);
}

/** Reads a data file once: into the holes, and into the digest. */
async function fillHoles(
  bytes: Uint8Array,
  holes: readonly Hole[],
  path: string,
  file: string,
  hash: Hash,
): Promise<void> {
  const sorted = [...holes].sort((a, b) => a.offset - b.offset);
  await withDataFile(path, async (handle, size) => {
    requireParts(file, sorted, size);
    let first = 0;
    await readChunks(handle, size, path, (chunk, at) => {
      hash.update(chunk);
      const end = at + chunk.length;
      while (first < sorted.length && endOf(sorted[first]) <= at) first++;
      for (let i = first; i < sorted.length; i++) {
        const hole = sorted[i];
        if (hole === undefined || hole.offset >= end) break;
        const from = Math.max(hole.offset, at);
        const to = Math.min(endOf(hole), end);
        if (from < to) bytes.set(chunk.subarray(from - at, to - at), hole.at + from - hole.offset);
      }
    });
  });
}

function endOf(hole: Hole | undefined): number {
  return hole === undefined ? 0 : hole.offset + hole.length;
}
