import { ModelError } from "../../../dsl/errors.js";
import type { Dim } from "../../../dsl/tensor.js";
import { isUnknown } from "../rows/symbols.js";
import { requireDistinctNames } from "../distinct-names.js";
import { modelName } from "../model-name.js";
import { modelDigest } from "../../../src/util/onnx/model-digest.js";
import { withModelFile } from "../model-file.js";
import { ClassLabels } from "./class-labels.js";
import { dtypeOf, typeNotation, readType, unsupportedReason, type OnnxDim, type OnnxType } from "./type-proto.js";
import { notOnnxError, requireOnnx } from "../../../src/util/onnx/other-formats.js";
import { labelsFit, type ModelSignature, type Port } from "../signature.js";
import { isBytes, isVarint, ProtobufFile, type Field } from "../../../src/util/onnx/protobuf-wire.js";

interface ValueInfo {
  readonly name: string;
  readonly type: OnnxType;
}

/** An input; one with weights of the model as its default need not be fed. */
interface InputInfo extends ValueInfo {
  readonly hasDefault: boolean;
}

interface Header {
  irVersion: number | undefined;
  producerName: string;
  producerVersion: string;
  doc: string;
  graph: Field | undefined;
  readonly opset: Map<string, number>;
  readonly metadata: Map<string, string>;
}

/**
 * Reads the signature of an ONNX file: scans the wire format without reading weights, then reads the file and its data
 * files once for the digest.
 *
 * @param file path of the `.onnx` file
 * @throws ModelError SL3000 (unreadable), SL3010 (not ONNX), SL3011 (cut off), SL3012 (damaged), SL3016 (port names),
 *   SL3018 (a missing data file).
 *   Errors about the content include the byte offset
 * @example
 * const { inputs } = await readOnnxSignature("models/ccfraud.onnx");
 * // [{ name: "dense_input", dtype: "float32", shape: [null, 29] }]: the file's dimensions, before the rows are decided
 */
export async function readOnnxSignature(file: string): Promise<ModelSignature> {
  return await withModelFile(file, async (handle, size) => {
    const scanned = scanOnnx(handle.fd, size, file);
    const { sha256 } = await modelDigest(handle, size, file);
    return { ...scanned, sha256 };
  });
}

/** Reads the signature without its digest. The number of reads does not depend on the size of the weights. */
export function scanOnnx(fd: number, size: number, file: string): Omit<ModelSignature, "sha256"> {
  const wire = new ProtobufFile(fd, size, file);
  const header = readHeader(wire, file);
  const graph = requireGraph(header, file, size);
  // Models without this operator set have no classifiers, so their nodes are not read.
  const labels = header.opset.has("ai.onnx.ml") ? new ClassLabels(wire) : undefined;
  const { inputs, outputs } = readGraph(wire, graph, labels);
  requireDistinctNames(
    file,
    "input",
    inputs.filter(({ hasDefault }) => !hasDefault),
  );
  requireDistinctNames(file, "output", outputs);
  const outputPorts = outputs.map(toPort);
  return {
    name: modelName(file),
    inputs: inputs.map(toInput),
    outputs: outputPorts,
    file,
    opset: Object.fromEntries(header.opset),
    irVersion: header.irVersion ?? 0,
    producer: `${header.producerName} ${header.producerVersion}`.trim(),
    doc: header.doc,
    metadata: Object.fromEntries(header.metadata),
    ...labelsOf(outputPorts, labels),
  };
}

function labelsOf(outputs: readonly Port[], labels: ClassLabels | undefined): Pick<ModelSignature, "labels"> {
  const found = outputs.flatMap(({ name, shape }) => {
    const list = labels?.get(name);
    return list !== undefined && labelsFit(shape, list.length) ? [[name, list] as const] : [];
  });
  return found.length === 0 ? {} : { labels: Object.fromEntries(found) };
}

function readHeader(wire: ProtobufFile, file: string): Header {
  requireOnnx(wire, file);
  const header: Header = {
    irVersion: undefined,
    producerName: "",
    producerVersion: "",
    doc: "",
    graph: undefined,
    opset: new Map(),
    metadata: new Map(),
  };
  try {
    for (const field of wire.fields(0, wire.size)) readHeaderField(wire, header, field);
  } catch (cause) {
    // Without an IR version and a graph, the file is in another format, not a damaged model.
    if (
      cause instanceof ModelError &&
      cause.code !== "SL3000" &&
      header.irVersion === undefined &&
      header.graph === undefined
    ) {
      throw notOnnxError(file, Number(cause.details.offset), "its fields are not those of a model", cause);
    }
    throw cause;
  }
  return header;
}

function readHeaderField(wire: ProtobufFile, header: Header, field: Field): void {
  if (isVarint(field, 1)) header.irVersion = wire.integer(field, "the IR version");
  else if (isBytes(field, 2)) header.producerName = wire.text(field, "the producer's name", false);
  else if (isBytes(field, 3)) header.producerVersion = wire.text(field, "the producer's version", false);
  else if (isBytes(field, 6)) header.doc = wire.text(field, "the doc string", false);
  else if (isBytes(field, 7)) {
    if (header.graph !== undefined) throw wire.damagedError(field.tagStart, "a second graph begins");
    header.graph = field;
  } else if (isBytes(field, 8)) readOperatorSet(wire, header.opset, field);
  else if (isBytes(field, 14)) readMetadataEntry(wire, header.metadata, field);
}

function readOperatorSet(wire: ProtobufFile, opset: Map<string, number>, message: Field): void {
  let domain = "";
  let version = 0;
  for (const field of wire.fields(message.start, message.end)) {
    if (isBytes(field, 1)) domain = wire.text(field, "an operator set's domain", false);
    else if (isVarint(field, 2)) version = wire.integer(field, "an operator set's version");
  }
  opset.set(domain === "ai.onnx" ? "" : domain, version);
}

function readMetadataEntry(wire: ProtobufFile, metadata: Map<string, string>, message: Field): void {
  let key = "";
  let value = "";
  for (const field of wire.fields(message.start, message.end)) {
    if (isBytes(field, 1)) key = wire.text(field, "a metadata key", false);
    else if (isBytes(field, 2)) value = wire.text(field, "a metadata value", false);
  }
  metadata.set(key, value);
}

function requireGraph(header: Header, file: string, size: number): Field {
  if (header.graph === undefined) throw notOnnxError(file, size, "it ends without a graph");
  if (header.irVersion === undefined) throw notOnnxError(file, size, "it ends without an IR version");
  return header.graph;
}

/** The graph's inputs and outputs. */
function readGraph(
  wire: ProtobufFile,
  graph: Field,
  labels: ClassLabels | undefined,
): { inputs: InputInfo[]; outputs: ValueInfo[] } {
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const weights = new Set<string>();
  for (const field of wire.fields(graph.start, graph.end)) {
    if (isBytes(field, 11)) inputs.push(readValueInfo(wire, field));
    else if (isBytes(field, 12)) outputs.push(readValueInfo(wire, field));
    else if (isBytes(field, 5)) weights.add(readInitializerName(wire, field));
    else if (isBytes(field, 15)) weights.add(readSparseInitializerName(wire, field));
    else if (isBytes(field, 1)) labels?.visitNode(field);
  }
  return {
    inputs: inputs.map((input) => ({ ...input, hasDefault: input.name !== "" && weights.has(input.name) })),
    outputs,
  };
}

function readValueInfo(wire: ProtobufFile, message: Field): ValueInfo {
  wire.reserve(message.tagStart, 0);
  let name = "";
  let type: OnnxType = { kind: "none" };
  for (const field of wire.fields(message.start, message.end)) {
    if (isBytes(field, 1)) name = wire.text(field, "a port's name", true);
    if (isBytes(field, 2)) type = readType(wire, field);
  }
  return { name, type };
}

/** Stops at the name; exporters write it before the data. */
function readInitializerName(wire: ProtobufFile, tensor: Field): string {
  for (const field of wire.fields(tensor.start, tensor.end))
    if (isBytes(field, 8)) return wire.text(field, "an initializer's name", true);
  return "";
}

function readSparseInitializerName(wire: ProtobufFile, sparse: Field): string {
  for (const field of wire.fields(sparse.start, sparse.end))
    if (isBytes(field, 1)) return readInitializerName(wire, field);
  return "";
}

/** A dimension as the file names it; null if it has neither a size nor a name. */
function toDim(dim: OnnxDim): Dim {
  if (typeof dim === "number") return dim >= 0 ? dim : null;
  return dim === null || isUnknown(dim) ? null : dim;
}

function toInput({ hasDefault, ...value }: InputInfo): Port {
  if (hasDefault) return { ...toPort(value), optional: "default" };
  if (value.type.kind !== "optional") return toPort(value);
  const content = toPort({ name: value.name, type: value.type.of });
  return { ...(content.unsupported === undefined ? content : toPort(value)), optional: "type" };
}

function toPort({ name, type }: ValueInfo): Port {
  const dtype = dtypeOf(type);
  const shape = "shape" in type ? (type.shape?.map(toDim) ?? null) : null;
  return dtype === undefined
    ? { name, dtype: typeNotation(type), shape, unsupported: unsupportedReason(type) }
    : { name, dtype, shape };
}
