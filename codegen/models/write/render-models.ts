import { nameInFile, type Side } from "../../../dsl/renamed-ports.js";
import type { Dim, Port as TensorPort } from "../../../dsl/tensor.js";
import { modelName } from "../model-name.js";
import { fileName } from "../../../src/util/file-name.js";
import { modelIdentifiers, type ModelIdentifiers } from "../../../src/util/model-identifiers.js";
import { describeRows } from "../rows/describe-rows.js";
import { requireUsable } from "../require-usable.js";
import { formatLabels } from "./format-labels.js";
import { commentText, objectKey, stringLiteral, typeKey } from "./source-text.js";
import { formatTensor } from "../../../src/config/format-tensor.js";
import { usablePorts, type ModelSignature, type Port } from "../signature.js";

/** First line of every generated file. A file with another first line is never overwritten. */
export const generatedHeader =
  "// Written by `shapeline generate` from the model files. Do not edit; run the command again.";

/**
 * Renders `models.gen.ts`: an interface and a handle for each model, sorted by name.
 *
 * @param models signatures with distinct names
 * @param importFrom the module that exports `generatedModel`
 * @throws ModelError SL3013 for a model without a usable input or output, or with an input that cannot be fed
 * @example
 * const text = writeModels([await readSignature("models/ccfraud.onnx")]);
 */
export function renderModels(models: readonly ModelSignature[], importFrom = "shapeline"): string {
  const parts = withIdentifiers(models).map(({ model, identifiers }) => renderModel(model, identifiers));
  return [...fileHeader(importFrom), parts.join("\n")].join("\n");
}

/**
 * Renders the same handles as one file per model, and an index that exports them.
 *
 * @param folder the name of the files' folder, next to the index
 * @param importFrom the module that exports `generatedModel`; a path that starts with `.` is relative to the index
 */
export function renderSplit(
  models: readonly ModelSignature[],
  folder: string,
  importFrom = "shapeline",
): { readonly index: string; readonly files: readonly { readonly name: string; readonly text: string }[] } {
  const from = importFrom.startsWith(".") ? `../${importFrom}` : importFrom;
  const files = withIdentifiers(models).map(({ model, identifiers }) => ({
    name: model.name,
    text: [...fileHeader(from), renderModel(model, identifiers)].join("\n"),
  }));
  const exports = files.map(({ name }) => `export * from ${stringLiteral(`./${folder}/${name}.js`)};`);
  return { index: [generatedHeader, ...exports, ""].join("\n"), files };
}

function fileHeader(importFrom: string): readonly string[] {
  return [generatedHeader, `import { generatedModel, type Model, type Tensor } from ${stringLiteral(importFrom)};`, ""];
}

/** The models sorted by name, with their identifiers. */
function withIdentifiers(
  models: readonly ModelSignature[],
): readonly { readonly model: ModelSignature; readonly identifiers: ModelIdentifiers }[] {
  const sorted = [...models].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const identifiers = modelIdentifiers(sorted.map(identifierSource));
  return sorted.map((model, index) => ({
    model,
    identifiers: identifiers[index] ?? { handle: "model", type: "Model" },
  }));
}

/** A name derived from the file keeps the file's spelling: `modelA.onnx` becomes `modelA`, not `modela`. */
function identifierSource({ file, name }: ModelSignature): string {
  return file !== undefined && modelName(file) === name ? file : name;
}

function renderModel(model: ModelSignature, { handle, type }: ModelIdentifiers): string {
  requireUsable(model);
  const inputs = usablePorts(model.inputs);
  const outputs = usablePorts(model.outputs);
  return [
    // The interface lists its members here because linters reject an empty interface.
    ...interfaceHead(
      type,
      stringLiteral(model.name),
      inputs.map(({ name }) => stringLiteral(name)),
    ),
    `  readonly inputs: ${objectText(inputs, typeKey, tensorType, ";")};`,
    `  readonly outputs: ${objectText(outputs, typeKey, tensorType, ";")};`,
    "}",
    "",
    ...docComment(model),
    `export const ${handle}: ${type} = generatedModel({`,
    `  name: ${stringLiteral(model.name)},`,
    `  version: ${stringLiteral(model.version ?? "1")},`,
    `  sha256: ${stringLiteral(model.sha256)},`,
    `  inputs: ${objectText(inputs, objectKey, tensorData)},`,
    `  outputs: ${objectText(outputs, objectKey, tensorData)},`,
    ...(model.batchSize === undefined ? [] : [`  batchSize: ${model.batchSize},`]),
    ...constantsLine(model),
    ...renamedLine(model),
    "});",
    "",
  ].join("\n");
}

/** By the names of its inputs, a function that takes `Model<N, In, O>` refuses a model with a further input. */
function interfaceHead(type: string, model: string, inputs: readonly string[]): readonly string[] {
  const args = [model, "object", "object", inputs.join(" | ")];
  const line = `export interface ${type} extends Model<${args.join(", ")}> {`;
  if (line.length <= lineWidth) return [line];
  const names = `  ${inputs.join(" | ")}`;
  return [
    `export interface ${type} extends Model<`,
    ...args.slice(0, 3).map((arg) => `  ${arg},`),
    ...(names.length <= lineWidth ? [names] : inputs.map((name) => `  | ${name}`)),
    "> {",
  ];
}

const lineWidth = 120;

function constantsLine({ constants = {} }: ModelSignature): readonly string[] {
  const entries = Object.entries(constants).map(([input, { dtype, shape, data }]) => {
    const elements = data.map((element) => (typeof element === "string" ? stringLiteral(element) : String(element)));
    return `${objectKey(input)}: { dtype: "${dtype}", shape: [${shape.join(", ")}], data: [${elements.join(", ")}] }`;
  });
  return entries.length === 0 ? [] : [`  constants: { ${entries.join(", ")} },`];
}

function renamedLine({ renamed = {} }: ModelSignature): readonly string[] {
  const sides = (["inputs", "outputs"] as const).flatMap((side) => {
    const names = Object.entries(renamed[side] ?? {}).map(
      ([name, file]) => `${objectKey(name)}: ${stringLiteral(file)}`,
    );
    return names.length === 0 ? [] : [`${side}: { ${names.join(", ")} }`];
  });
  return sides.length === 0 ? [] : [`  renamed: { ${sides.join(", ")} },`];
}

/** One port goes on the same line; several get a line each. */
function objectText(
  ports: readonly TensorPort[],
  key: (name: string) => string,
  value: (port: TensorPort) => string,
  end = ",",
): string {
  const entries = ports.map((port) => `${key(port.name)}: ${value(port)}`);
  if (entries.length === 1) return `{ ${entries.join("")} }`;
  return `{\n${entries.map((entry) => `    ${entry}${end}\n`).join("")}  }`;
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
  return ["/**", ...commentLines(model).map((line) => ` * ${line}`), " */"];
}

/** The lines of a model's doc comment. The first line names the file, its exporter and operator sets. */
export function commentLines(model: ModelSignature): readonly string[] {
  const file = model.file === undefined ? model.name : fileName(model.file);
  const opset = Object.entries(model.opset).map(
    ([domain, version]) => `${domain === "" ? "opset" : domain} ${version}`,
  );
  const made = [model.producer === "" ? [] : [`by ${model.producer}`], opset].flat().join(", ");
  const lines = [
    `${file}${made === "" ? "" : `, ${made}`}`,
    ...(model.doc.trim() === "" ? [] : [model.doc]),
    ...model.inputs.map((port) => `- input ${describePort(port)}${nameInFileNote(model, "inputs", port)}`),
    ...model.outputs.map((port) => `- output ${describePort(port)}${nameInFileNote(model, "outputs", port)}`),
    ...Object.keys(model.constants ?? {}).map((input) => `- input ${input}, a constant of the settings`),
    ...rowsLines(model),
    ...labelLines(model),
    ...metadataLines(model),
    `sha256 ${model.sha256}`,
  ];
  return lines.map(commentText);
}

/** Limit for metadata properties in the comment: some exporters store whole files there. */
const maxMetadataEntries = 12;

function metadataLines({ metadata }: ModelSignature): readonly string[] {
  const entries = Object.entries(metadata);
  const lines = entries.slice(0, maxMetadataEntries).map(([key, value]) => `- ${key}: ${value}`);
  return entries.length > maxMetadataEntries
    ? [...lines, `- and ${entries.length - maxMetadataEntries} more metadata properties`]
    : lines;
}

const labelsPrefix = "- labels of ";
const rowsPrefix = "- rows: ";

/** The comment line about rows, where they are not all along axis 0. */
export function rowsLines(model: ModelSignature): readonly string[] {
  const rows = describeRows(model);
  return rows === null ? [] : [`${rowsPrefix}${rows}`];
}

/** Of a generated comment, the lines about rows. */
export function rowsLinesOf(comment: readonly string[]): readonly string[] {
  return comment.filter((line) => line.startsWith(rowsPrefix));
}

/** The comment lines about labels: `- labels of risk: legit, fraud`. */
export function labelLines({ labels = {} }: ModelSignature): readonly string[] {
  return Object.entries(labels).map(([port, list]) => `${labelsPrefix}${port}: ${formatLabels(list)}`);
}

/** The documentation lines of a generated comment: not the first, nor those for ports, rows, labels and digest. */
export function documentationLines(comment: readonly string[]): readonly string[] {
  return comment.slice(1).filter((line) => !/^(?:- (?:input|output|labels of) |- rows: |sha256 )/.test(line));
}

/** Of a generated comment, the lines about labels. */
export function labelLinesOf(comment: readonly string[]): readonly string[] {
  return comment.filter((line) => line.startsWith(labelsPrefix));
}

function nameInFileNote(model: ModelSignature, side: Side, { name }: Port): string {
  const file = nameInFile(model, side, name);
  return file === name ? "" : `, named ${file} in the file`;
}

function describePort(port: Port): string {
  if (port.unsupported === undefined) return `${port.name}: ${formatTensor(port)}`;
  return `${port.name}, left out: ${port.unsupported}`;
}
