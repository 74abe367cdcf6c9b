import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lowerLambda } from "../../codegen/lambda/lower/lower.js";
import { parseLambda } from "../../codegen/lambda/parse.js";
import { checkPipeline } from "../../dsl/check/check-pipeline.js";
import { isBatched } from "../../dsl/rows.js";
import type { Port } from "../../dsl/tensor.js";
import { sealConfig, type UnhashedConfig } from "../../src/config/config.js";
import { rebuildPipeline } from "../../src/config/rebuild/rebuild.js";
import { compileTexts, withTexts } from "../../src/config/check/texts.js";
import type { Config, ModelConfig, StepConfig } from "../../src/config/schema.js";
import { compileExpression } from "../../src/expression/compile.js";
import type { RowScope } from "../../dsl/row.js";
import { type Graph, onnxFile } from "./onnx-writer.js";

/** A new empty folder. */
export function folder(): string {
  return mkdtempSync(join(tmpdir(), "shapeline-"));
}

/** Writes a model file and returns the model of a config, with the ports of the graph. */
export function writeModel(dir: string, name: string, graph: Graph): ModelConfig {
  const bytes = onnxFile(graph);
  writeFileSync(join(dir, `${name}.onnx`), bytes);
  return modelOf(name, bytes, graph.inputs, graph.outputs);
}

/** As `writeModel`, for a graph whose ports fix the number of rows of a run as their first size. */
export function writeFixedModel(dir: string, name: string, batchSize: number, graph: Graph): ModelConfig {
  const rowsFirst = (ports: readonly Port[]) =>
    ports.map(({ shape, ...port }) => ({ ...port, shape: ["batch", ...(shape ?? []).slice(1)] }));
  const model = writeModel(dir, name, graph);
  return { ...model, rows: "batched", batchSize, inputs: rowsFirst(graph.inputs), outputs: rowsFirst(graph.outputs) };
}

/** The model of a config, for an existing model file. */
export function modelAt(name: string, path: string, inputs: readonly Port[], outputs: readonly Port[]): ModelConfig {
  return modelOf(name, readFileSync(path), inputs, outputs);
}

function modelOf(name: string, bytes: Uint8Array, inputs: readonly Port[], outputs: readonly Port[]): ModelConfig {
  const ports = (list: readonly Port[]) =>
    list.map((port) => ({ name: port.name, dtype: port.dtype, shape: port.shape === null ? null : [...port.shape] }));
  return {
    name,
    version: "1",
    sha256: createHash("sha256").update(bytes).digest("hex"),
    rows: isBatched({ inputs, outputs }) ? "batched" : "whole",
    inputs: ports(inputs),
    outputs: ports(outputs),
  };
}

export const run = (model: string, rename: Record<string, string> = {}): StepConfig => ({
  kind: "model",
  model,
  rename,
});
export const shadow = (champion: string, ...challengers: string[]): StepConfig => ({
  kind: "shadow",
  champion,
  challengers,
});

/** A validation step whose lambda sees the ports of `scope`. */
export function validation(name: string, source: string, scope: Partial<RowScope>): StepConfig {
  const parsed = parseLambda(source);
  const lambda = "node" in parsed ? lowerLambda(parsed.node, parsed.file).lambda : null;
  const compiled =
    lambda === null ? null : compileExpression(lambda, { inputs: [], outputs: [], models: {}, ...scope }, {});
  if (compiled?.ok !== true)
    throw new TypeError(`${source}: ${compiled?.diagnostics.map((d) => d.message).join("; ") ?? "does not parse"}`);
  return { kind: "validation", name, source, expression: compiled.expression };
}

/** A config as `build()` returns it, for steps that no pipeline can have, or to test the engine alone. */
export function config(
  name: string,
  models: readonly ModelConfig[],
  steps: readonly StepConfig[],
  more: { inputs?: readonly Port[]; checks?: Config["checks"] } = {},
): Config {
  const first = models[0];
  const inputs = (more.inputs ?? first?.inputs ?? []).map((port) => ({
    ...port,
    shape: port.shape === null ? null : [...port.shape],
  }));
  const content: UnhashedConfig = {
    shapeline: 1,
    name,
    inputs,
    models: [...models],
    steps: [...steps],
    checks: more.checks ?? [],
  };
  if (!steps.some(({ kind }) => kind === "validation" || kind === "alert")) return sealConfig(content);
  // The texts of a lambda depend on what its row has, which `validation` may know only in part.
  const unsealed: Config = { ...content, hash: "" };
  return sealConfig(withTexts(unsealed, compileTexts(unsealed, checkPipeline(rebuildPipeline(unsealed)).scopes)));
}
