import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { descriptionError, readDescription } from "./description-file.js";
import { toSignature } from "./to-signature.js";
import type { Dim } from "../../../dsl/tensor.js";
import { dnsLabel, modelName } from "../model-name.js";
import { fileName } from "../../../src/util/file-name.js";
import { openInferencePort } from "./open-inference.js";
import type { ModelSignature, Port } from "../signature.js";
import { parseTextFormat, type TextMessage } from "./protobuf-text.js";

/**
 * Reads Triton's `config.pbtxt`. The shapes are what clients of the server send and get: with a `max_batch_size`, every
 * tensor has the batch dimension before its `dims`. As a further source of a model file, `reshape` is what must agree.
 * A label file in the same folder contains an output's labels. A config without a name uses the name of its folder.
 *
 * @throws ModelError SL3000, SL3016, SL3054
 */
export async function readTritonConfig(file: string): Promise<ModelSignature> {
  const { text, sha256 } = await readDescription(file);
  const parsed = parseTextFormat(text);
  if ("error" in parsed) throw descriptionError(file, `line ${parsed.error.line}: ${parsed.error.what}`);
  const config = parsed.message;
  const batched = integers(config, "max_batch_size", file).some((size) => size > 0);
  const name = scalars(config, "name")[0] ?? defaultName(file);
  const outputs = messages(config, "output");
  return toSignature({
    name: dnsLabel(name),
    sha256,
    inputs: messages(config, "input").map((tensor) => portOf(tensor, batched, file)),
    outputs: outputs.map((tensor) => portOf(tensor, batched, file)),
    file,
    producer: scalars(config, "platform")[0] ?? scalars(config, "backend")[0] ?? "",
    ...(await labelsOf(outputs, file)),
  });
}

/** Both `fraud/config.pbtxt` and `fraud.pbtxt` are the model `fraud`. */
function defaultName(file: string): string {
  return fileName(file) === "config.pbtxt" ? basename(dirname(resolve(file))) : modelName(file);
}

function portOf(tensor: TextMessage, batched: boolean, file: string): Port {
  const [name = ""] = scalars(tensor, "name");
  const [type = "TYPE_INVALID"] = scalars(tensor, "data_type");
  const dims = integers(tensor, "dims", file);
  const port = openInferencePort(name, type.replace(/^TYPE_/, ""), dims);
  const withBatch = (shape: Port["shape"]): readonly Dim[] => [...(batched ? ["batch"] : []), ...(shape ?? [])];
  const fileShape = fileShapeOf(tensor, file);
  return {
    ...port,
    shape: withBatch(port.shape),
    ...(batched && { rowAxis: 0 }),
    ...(fileShape !== undefined && { fileShape: fileShape && withBatch(fileShape) }),
  };
}

/**
 * The shape that the model itself takes or gives, without the batch, if it differs from what clients send: `reshape`
 * replaces the dims. A ragged input reaches the model as one flat list of all requests.
 *
 * @returns undefined if it is the same, null if it is unknown
 */
function fileShapeOf(tensor: TextMessage, file: string): readonly Dim[] | null | undefined {
  if (scalars(tensor, "allow_ragged_batch")[0] === "true") return null;
  const [reshape] = messages(tensor, "reshape");
  if (reshape === undefined) return undefined;
  return integers(reshape, "shape", file).map((size) => (size >= 0 ? size : null));
}

async function labelsOf(
  outputs: readonly TextMessage[],
  file: string,
): Promise<{ readonly labels?: Readonly<Record<string, readonly string[]>> }> {
  const found: [string, string[]][] = [];
  for (const output of outputs) {
    const [port, labelFile] = [scalars(output, "name")[0], scalars(output, "label_filename")[0]];
    // Only files in the config's folder are read, because a config from an untrusted source may name any path.
    if (port === undefined || labelFile === undefined || !/^[\w-][\w.-]*$/.test(labelFile)) continue;
    const text = await readFile(join(dirname(file), labelFile), "utf8").catch(() => "");
    const labels = text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== "");
    if (labels.length > 0) found.push([port, labels]);
  }
  return found.length === 0 ? {} : { labels: Object.fromEntries(found) };
}

function scalars(message: TextMessage, field: string): readonly string[] {
  return (message.get(field) ?? []).filter((value) => typeof value === "string");
}

function messages(message: TextMessage, field: string): readonly TextMessage[] {
  return (message.get(field) ?? []).filter((value) => typeof value !== "string");
}

function integers(message: TextMessage, field: string, file: string): readonly number[] {
  return scalars(message, field).map((word) => {
    const value = Number(word);
    if (/^-?\d+$/.test(word) && Number.isSafeInteger(value) && value >= -1) return value;
    throw descriptionError(file, `'${field}' holds '${word}', which is not a size`);
  });
}
