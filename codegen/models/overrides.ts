import { ModelError } from "../../dsl/errors.js";
import type { Dim } from "../../dsl/tensor.js";
import { didYouMean } from "../../src/util/did-you-mean.js";
import { joinNames } from "../../src/util/join-names.js";
import { isPathKey } from "../settings/path-key.js";
import type { ModelOverride } from "../settings/schema.js";
import { formatTensor } from "../../src/config/format-tensor.js";
import { withConstants } from "./inputs/constant-inputs.js";
import { renamePorts } from "./rename-ports.js";
import { decideRowsWith } from "./rows/row-settings.js";
import { labelsFit, type ModelSignature, type Port } from "./signature.js";

export type Overrides = Readonly<Record<string, ModelOverride>>;

/** What an override is compared with. */
interface OverriddenModel {
  readonly file: string;
  readonly sourceName: string;
  readonly overrideKey: string | undefined;
}

/**
 * Checks that each override matches a model.
 *
 * @throws ModelError SL3050
 */
export function requireOverridesUsed(overrides: Overrides, models: readonly OverriddenModel[]): void {
  const used = models.map(({ overrideKey }) => overrideKey);
  const unused = Object.keys(overrides).find((key) => !used.includes(key));
  if (unused === undefined) return;
  const isPath = isPathKey(unused);
  const names = [...new Set(models.map(({ file, sourceName }) => (isPath ? file : sourceName)))];
  const byPath = models.find(({ sourceName }) => sourceName === unused);
  throw new ModelError(
    "SL3050",
    byPath === undefined
      ? `the settings override a model '${unused}', but no model file has that ${isPath ? "path" : "name"}${didYouMean(unused, names)}; the models are ${joinNames(names)}`
      : `the settings override a model '${unused}' by its name and by its path '${byPath.overrideKey ?? byPath.file}': keep one of both`,
    { override: unused, models: names },
  );
}

/**
 * Applies an override to a signature as its source has it, and decides the model's rows.
 *
 * @throws ModelError SL3051 if the model has no such port or axis, if the number of labels is wrong, if two ports would
 *   have one name, or if the row axes contradict each other
 */
export function applyOverride(source: ModelSignature, override: ModelOverride): ModelSignature {
  const { name, version, symbols = {}, labels = {}, ports = {}, constants = {} } = override;
  const refuse = (what: string): ModelError => overrideError(source, what);
  const model = withConstants(source, constants, refuse);
  const symbolic = Object.entries(symbols).reduce((current, [port, axes]) => withSymbols(current, port, axes), model);
  const named = decideRowsWith(symbolic, override, refuse);
  const all = {
    ...model.labels,
    ...Object.fromEntries(Object.entries(labels).map(([port, list]) => [port, checkLabels(model, port, list)])),
  };
  return {
    ...renamePorts({ ...named, ...(Object.keys(all).length > 0 && { labels: all }) }, ports, refuse),
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
  };
}

function overrideError(model: ModelSignature, what: string): ModelError {
  return new ModelError(
    "SL3051",
    `the override of model '${model.name}' (${model.file ?? "no file"}) does not fit it: ${what}`,
    { model: model.name },
  );
}

function withSymbols(model: ModelSignature, name: string, axes: Readonly<Record<string, string>>): ModelSignature {
  const ports = [...model.inputs, ...model.outputs];
  const names = ports.map((port) => port.name);
  if (!names.includes(name))
    throw overrideError(
      model,
      `'symbols' lists port '${name}', which the model does not have${didYouMean(name, names)}; its ports are ${joinNames(names)}`,
    );
  const applySymbols = (port: Port): Port => {
    if (port.name !== name) return port;
    const { shape } = port;
    if (shape === null) throw overrideError(model, `the rank of port '${name}' is unknown, so it has no axis to name`);
    const dims: Dim[] = [...shape];
    for (const [axis, symbol] of Object.entries(axes)) {
      const at = Number(axis);
      const dim = dims[at];
      if (dim === undefined)
        throw overrideError(
          model,
          `port '${name}' is ${formatTensor(port)} and has no axis ${axis}; the first is axis 0`,
        );
      if (dim !== null)
        throw overrideError(
          model,
          `axis ${axis} of port '${name}' is ${typeof dim === "string" ? `called '${dim}'` : `of size ${dim}`} in the file; only an unknown dimension can be named`,
        );
      dims[at] = symbol;
    }
    return { ...port, shape: dims };
  };
  return { ...model, inputs: model.inputs.map(applySymbols), outputs: model.outputs.map(applySymbols) };
}

function checkLabels(model: ModelSignature, name: string, labels: readonly string[]): readonly string[] {
  const port = model.outputs.find((output) => output.name === name);
  const names = model.outputs.map((output) => output.name);
  if (port === undefined)
    throw overrideError(
      model,
      `'labels' lists output '${name}', which the model does not have${didYouMean(name, names)}; its outputs are ${joinNames(names)}`,
    );
  const duplicate = labels.find((label, i) => labels.indexOf(label) !== i);
  if (duplicate !== undefined) throw overrideError(model, `output '${name}' has the label '${duplicate}' twice`);
  if (!labelsFit(port.shape, labels.length))
    throw overrideError(model, `output '${name}' has ${port.shape?.at(-1) ?? 0} values and ${labels.length} labels`);
  return labels;
}
