import { ModelError } from "../../../dsl/errors.js";
import type { ProtobufFile } from "./protobuf-wire.js";

/** Files that are often passed instead of an ONNX model, by their first bytes. */
const otherFormats: readonly { readonly offset: number; readonly prefix: string; readonly what: string }[] = [
  { offset: 0, prefix: "version https://git-lfs", what: "a Git LFS pointer; run `git lfs pull` to fetch the model" },
  { offset: 4, prefix: "ORTM", what: "an ONNX Runtime .ort model; pass the .onnx file it was made from" },
  { offset: 0, prefix: "PK\x03\x04", what: "a zip archive, as PyTorch and Keras write; export the model to ONNX" },
  { offset: 0, prefix: "\x89HDF", what: "an HDF5 file, as Keras writes; export the model to ONNX" },
  { offset: 4, prefix: "TFL3", what: "a TensorFlow Lite model; export the model to ONNX" },
  { offset: 0, prefix: "\x1f\x8b", what: "gzip data; unpack it first" },
  { offset: 0, prefix: "\x89PNG", what: "a PNG image" },
  { offset: 0, prefix: "<!DOCTYPE", what: "an HTML page; the download returned a web page instead of the file" },
  { offset: 0, prefix: "<html", what: "an HTML page; the download returned a web page instead of the file" },
  { offset: 0, prefix: "{", what: "JSON text" },
];

/**
 * Refuses a file in another format. One of them, ONNX Runtime's own, would be loaded by the runtime without our checks.
 *
 * @throws ModelError SL3010
 */
export function requireOnnx(wire: ProtobufFile, file: string): void {
  if (wire.size === 0) throw notOnnxError(file, 0, "the file ends; it is empty");
  const text = wire.head(64).toString("latin1");
  const other = otherFormats.find(({ offset, prefix }) => text.startsWith(prefix, offset));
  if (other !== undefined) throw notOnnxError(file, 0, `it looks like ${other.what}`);
}

export function notOnnxError(file: string, offset: number, what: string, cause?: unknown): ModelError {
  return new ModelError(
    "SL3010",
    `'${file}' is not an ONNX model: at byte ${offset} ${what}. Give the path of an .onnx file.`,
    { file, offset },
    cause === undefined ? undefined : { cause },
  );
}
