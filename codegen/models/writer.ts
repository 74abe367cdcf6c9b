import { ModelError } from "../../dsl/errors.js";
import type { Dim, Port as TensorPort } from "../../dsl/tensor.js";
import { fileName, identifiersFor, type Identifiers } from "./identifier.js";
import { commentText, objectKey, stringLiteral, typeKey } from "./literal.js";
import { showTensor } from "./show.js";
import { unsupportedPorts, usablePorts, type ModelSignature, type Port } from "./signature.js";

/** How every generated file begins; a file that begins otherwise is never overwritten. */
export const HEADER = "// Written by `shapeline generate` from the model files. Do not edit: run it again.";

/**
 * The text of `models.gen.ts`: a handle and its interface for every model, in the order of their names.
 *
 * @param models signatures, each with a name of its own
 * @param importFrom the module that gives `defineModel`
 * @throws ModelError SL3013 for a model without a usable input or output
 * @example
 * const text = writeModels([await readSignature("models/ccfraud.onnx")]);
 */
export function writeModels(models: readonly ModelSignature[], importFrom = "shapeline"): string {
  const sorted = [...models].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const identifiers = identifiersFor(sorted.map(({ file, name }) => file ?? name));
  const parts = sorted.map((model, index) => writeModel(model, identifiers[index] ?? { handle: "model", type: "Model" }));
  return [HEADER, `import { defineModel, type Model, type Tensor } from ${stringLiteral(importFrom)};`, "", parts.join("\n")].join("\n");
}

function writeModel(model: ModelSignature, { handle, type }: Identifiers): string {
  const inputs = requireUsable(model, "input", model.inputs);
  const outputs = requireUsable(model, "output", model.outputs);
  return [
    `export interface ${type} extends Model<`,
    `  ${stringLiteral(model.name)},`,
    `  ${record(inputs, typeKey, tensorType)},`,
    `  ${record(outputs, typeKey, tensorType)}`,
    "> {}",
    "",
    ...docComment(model),
    `export const ${handle}: ${type} = defineModel({`,
    `  name: ${stringLiteral(model.name)},`,
    '  version: "1",',
    `  sha256: ${stringLiteral(model.sha256)},`,
    `  inputs: ${record(inputs, objectKey, tensorData)},`,
    `  outputs: ${record(outputs, objectKey, tensorData)},`,
    "});",
    "",
  ].join("\n");
}

function requireUsable(model: ModelSignature, side: "input" | "output", ports: readonly Port[]): readonly TensorPort[] {
  const usable = usablePorts(ports);
  if (usable.length > 0) return usable;
  const reasons = unsupportedPorts(ports).map(({ name, unsupported }) => `'${name}' is ${unsupported}`);
  const why = reasons.length > 0 ? reasons.join("; ") : `the file names no ${side}s; export the model with at least one`;
  throw new ModelError("SL3013", `model '${model.name}' (${model.file ?? "no file"}) has no ${side} that a pipeline can use: ${why}`, {
    model: model.name,
    side,
  });
}

/** One port stands on the line; several get a line each. */
function record(ports: readonly TensorPort[], key: (name: string) => string, value: (port: TensorPort) => string): string {
  const entries = ports.map((port) => `${key(port.name)}: ${value(port)}`);
  if (entries.length === 1) return `{ ${entries.join("")} }`;
  return `{\n${entries.map((entry) => `    ${entry},\n`).join("")}  }`;
}

function tensorType({ dtype, shape }: TensorPort): string {
  return shape === null ? `Tensor<"${dtype}">` : `Tensor<"${dtype}", readonly ${tuple(shape)}>`;
}

function tensorData({ dtype, shape }: TensorPort): string {
  return `{ dtype: "${dtype}", shape: ${shape === null ? "null" : tuple(shape)} }`;
}

function tuple(shape: readonly Dim[]): string {
  return `[${shape.map((dim) => (typeof dim === "string" ? stringLiteral(dim) : String(dim))).join(", ")}]`;
}

function docComment(model: ModelSignature): readonly string[] {
  const file = model.file === undefined ? model.name : fileName(model.file);
  const opset = Object.entries(model.opset).map(([domain, version]) => `${domain === "" ? "opset" : domain} ${version}`);
  const made = [model.producer === "" ? [] : [`by ${model.producer}`], opset].flat().join(", ");
  const lines = [
    `${file}${made === "" ? "" : `, ${made}`}`,
    ...(model.doc.trim() === "" ? [] : [model.doc]),
    ...model.inputs.map((port) => `- input ${describe(port)}`),
    ...model.outputs.map((port) => `- output ${describe(port)}`),
    `sha256 ${model.sha256}`,
  ];
  return ["/**", ...lines.map((line) => ` * ${commentText(line)}`), " */"];
}

function describe(port: Port): string {
  if (port.unsupported === undefined) return `${port.name}: ${showTensor(port)}`;
  return `${port.name}, left out: ${port.unsupported}`;
}
