import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readSignature } from "../../../codegen/models/read-signature.js";
import { formatTensor } from "../../../src/config/format-tensor.js";
import { refusal } from "../../refusal.js";
import { FLOAT, input, model, output, tensorType } from "./onnx/onnx-bytes.js";

/** A temporary folder. Test files of one worker share this module, so it stays until the run ends. */
export const folder = mkdtempSync(join(tmpdir(), "shapeline-models-"));

/** Writes a file to `folder` and returns its path. */
export function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

export function putJson(name: string, value: unknown): string {
  return put(name, JSON.stringify(value));
}

let projects = 0;

/** Creates an empty project folder with a `models` folder. */
export function makeProject(): string {
  const cwd = join(folder, `project-${projects++}`);
  mkdirSync(join(cwd, "models"), { recursive: true });
  return cwd;
}

/** An ONNX model with input `x` of `features` numbers per row, output `y` of one, and more graph fields. */
export function smallModel(features: number, ...more: readonly Uint8Array[]): Uint8Array {
  return model(input("x", tensorType(FLOAT, ["N", features])), output("y", tensorType(FLOAT, ["N", 1])), ...more);
}

/** The signature on one line: name, version and ports. */
export async function signatureText(source: string): Promise<string> {
  const { name, version, inputs, outputs } = await readSignature(source);
  const side = (ports: typeof inputs): string =>
    ports.map((port) => `${port.name} ${port.unsupported ?? formatTensor(port)}`).join(", ");
  return `${name}${version === undefined ? "" : ` ${version}`}: ${side(inputs)} -> ${side(outputs)}`;
}

/**
 * The error of reading `source`, without the temporary folder and the part of JSON errors that depends on Node's
 * version.
 */
export async function readRefusal(source: string): Promise<string> {
  const text = await refusal(readSignature(source), [folder, ""]);
  return text.replace(/in JSON at .*?[.]? ?$/, "in JSON");
}
