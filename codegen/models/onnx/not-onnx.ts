/** Files that are often given in place of an ONNX model, by how they begin. */
const formats: readonly { readonly offset: number; readonly begins: string; readonly what: string }[] = [
  { offset: 0, begins: "version https://git-lfs", what: "a Git LFS pointer; run `git lfs pull` to fetch the model" },
  { offset: 4, begins: "ORTM", what: "an ONNX Runtime .ort model; give the .onnx it was made from" },
  { offset: 0, begins: "PK\x03\x04", what: "a zip archive, as PyTorch and Keras write; export the model to ONNX" },
  { offset: 0, begins: "\x89HDF", what: "an HDF5 file, as Keras writes; export the model to ONNX" },
  { offset: 4, begins: "TFL3", what: "a TensorFlow Lite model; export the model to ONNX" },
  { offset: 0, begins: "\x1f\x8b", what: "gzip data; unpack it first" },
  { offset: 0, begins: "\x89PNG", what: "a PNG image" },
  { offset: 0, begins: "<!DOCTYPE", what: "an HTML page; the download gave a web page, not the file" },
  { offset: 0, begins: "<html", what: "an HTML page; the download gave a web page, not the file" },
  { offset: 0, begins: "{", what: "JSON text" },
];

/** What the file is instead, in words, or undefined where its first bytes are no known format's. */
export function otherFormat(head: Buffer): string | undefined {
  const text = head.toString("latin1");
  return formats.find(({ offset, begins }) => text.startsWith(begins, offset))?.what;
}
