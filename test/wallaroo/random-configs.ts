import fc from "fast-check";
import { checkPipeline } from "../../dsl/index.js";
import { sealConfig } from "../../src/config/config.js";
import { rebuildPipeline } from "../../src/config/rebuild/rebuild.js";
import type { Config, ModelConfig, StepConfig } from "../../src/config/schema.js";
import { sha256Hex } from "../../src/config/digest/sha256.js";
import { stepModels } from "../../src/config/step-models.js";
import { compileExpression, emitAll } from "../../src/expression/compile.js";
import type { ExpressionTree } from "../../src/expression/tree/tree.js";
import { decompileLambda } from "../../src/config/steps/validation.js";
import type { Dialect } from "../../src/wallaroo/platform.js";
import { fromDefinition } from "../../src/wallaroo/read/from-definition.js";
import { toDefinition } from "../../src/wallaroo/write/to-definition.js";
import { lambdas } from "../expression/fuzz/generate-lambdas.js";
import { lower } from "../expression/lambda.js";

const names = ["alpha", "beta", "gamma-2", "Delta"];
const port = (name: string, dtype: ModelConfig["inputs"][number]["dtype"], ...shape: (number | string | null)[]) => ({
  name,
  dtype,
  shape: ["batch", ...shape],
});
const inputs = [port("f", "float32", 3), port("g", "float64", 2), port("k", "uint8")];
const outputs = [
  port("b", "bool", 2),
  port("c", "bool"),
  port("d", "float64"),
  ...inputs,
  port("i", "int32", 2),
  port("l", "int64", 2),
  port("m", "float32", 2, 2),
  port("n", "int64"),
  port("q", "uint64", 1),
  port("r", "float64", null, 2),
  port("s", "string"),
  port("u", "float64", null),
  port("z", "float32", 1),
];
/** Models that accept each other's outputs. */
export const models: readonly ModelConfig[] = names.map((name) => ({
  name,
  version: "1",
  sha256: sha256Hex(name),
  inputs,
  outputs,
  rows: "batched",
}));

const scope = { inputs, outputs, models: { c1: [port("z", "float32", 1)] } };

/** Lambdas that both dialects can express; few generated ones are. */
const simpleLambdas = [
  "x => x.out.d < 1",
  "x => x.out.d - x.out.z[0] <= 0.5 && x.in.g[1] > -1",
  "x => [1, 2.5].includes(x.in.g[0])",
  "x => Math.abs(x.in.g[0] - x.in.g[1]) < 1e-7",
  "x => x.in.g[0] === x.in.g[1]",
  "x => Number.isFinite(x.out.z[0])",
].map((text) => text.replaceAll("x.out.d", "x.out.z[0]"));

/** Trees of random lambdas, in the canonical form that reading a definition of the dialect returns. */
export function canonicalTrees(dialect: Dialect, count: number, seed: number): ExpressionTree[] {
  const texts = [...simpleLambdas, ...fc.sample(lambdas(3), { numRuns: count, seed })].map((text) =>
    text.replaceAll("x.models.c1.z", "x.out.z"),
  );
  return texts.flatMap((text) => {
    const compiled = compileExpression(lower(text), scope, {});
    const config = compiled.ok
      ? configOf([
          { kind: "model", model: "alpha", rename: {} },
          { kind: "validation", name: "v", tree: compiled.expression.tree },
        ])
      : null;
    if (config === null) return [];
    const step = config.steps[1];
    const backEnd = dialect === "polars" ? "polars-0.18" : "checks";
    if (step?.kind !== "validation" || step.expression.strings[backEnd] === undefined) return [];
    const read = fromDefinition(toDefinition(config, { dialect }), { models }).config?.steps[1];
    return read?.kind === "validation" ? [read.expression.tree] : [];
  });
}

export type Draft =
  | Exclude<StepConfig, { kind: "validation" }>
  | { readonly kind: "validation"; readonly name: string; readonly tree: ExpressionTree };

/** A config as `build()` returns it, with decompiled lambdas as sources; null if the steps do not fit. */
export function configOf(drafts: readonly Draft[], name = "p"): Config | null {
  const used = new Set(drafts.flatMap(modelsOf));
  const usedModels = [...used].map((each) => models.find((model) => model.name === each) as ModelConfig);
  const placeholder = { tree: { op: "constant", type: "boolean", value: true }, strings: {}, refused: {} } as const;
  const steps: StepConfig[] = drafts.map((draft) =>
    draft.kind === "validation"
      ? { kind: "validation", name: draft.name, source: decompileLambda(draft.tree), expression: placeholder }
      : draft,
  );
  const content = { shapeline: 1 as const, name, inputs, models: usedModels, steps, checks: [], hash: "" };
  const checked = checkPipeline(rebuildPipeline(content));
  if (checked.problems.length > 0) return null;
  const compiledSteps = drafts.map((draft, i) => {
    const step = steps[i] as StepConfig;
    return draft.kind === "validation" && step.kind === "validation"
      ? { ...step, expression: { tree: draft.tree, ...emitAll(draft.tree, draft.name, checked.scopes[i] ?? scope) } }
      : step;
  });
  return sealConfig({ shapeline: 1, name, inputs, models: usedModels, steps: compiledSteps, checks: checked.checks });
}

function modelsOf(draft: Draft): readonly string[] {
  if (draft.kind === "validation") return [];
  const { serving, challengers } = stepModels(draft);
  return [...serving, ...challengers];
}

const someNames = (minLength: number) => fc.shuffledSubarray(names, { minLength, maxLength: names.length });
const word = fc.constantFrom("segment", "k", "é\u2028", "a b", "session_id");

/** One step that runs models; for a tuple also its audit and select. */
const inference: fc.Arbitrary<readonly Draft[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...names).map((model): Draft[] => [{ kind: "model", model, rename: {} }]) },
  someNames(2).map(([champion = "", ...challengers]): Draft[] => [{ kind: "shadow", champion, challengers }]),
  fc
    .tuple(someNames(2), fc.option(fc.nat(1), { nil: null }), fc.option(fc.integer({ min: 2, max: 4 }), { nil: null }))
    .map(([chosen, from, to]): Draft[] => [
      { kind: "models", models: chosen },
      ...(from === null ? [] : [{ kind: "audit" as const, from, to: to !== null && to <= chosen.length ? to : null }]),
      { kind: "select", index: chosen.length - 1 },
    ]),
  fc.tuple(word, someNames(2)).map(([key, [fallback = "", ...routes]]): Draft[] => [
    {
      kind: "keySplit",
      key,
      default: fallback,
      routes: Object.fromEntries(routes.map((name, i) => [`v${i}`, name])),
    },
  ]),
  fc
    .tuple(
      fc.option(word, { nil: null }),
      someNames(1),
      fc.array(fc.constantFrom(1, 2, 0.5, 1e-7, 1e21, 3), { minLength: 4, maxLength: 4 }),
    )
    .map(([hashKey, chosen, weights]): Draft[] => [
      { kind: "randomSplit", hashKey, weights: chosen.map((model, i) => ({ model, weight: weights[i] ?? 1 })) },
    ]),
);

/** Steps of all kinds that a definition can express, with validations between them. */
export function randomDrafts(trees: readonly ExpressionTree[]): fc.Arbitrary<readonly Draft[]> {
  const checks = fc.array(fc.constantFrom(...trees), { maxLength: 3 });
  return fc.array(fc.tuple(inference, checks), { minLength: 1, maxLength: 3 }).map((parts) => {
    let count = 0;
    return parts.flatMap(([steps, chosen]): Draft[] => [
      ...steps,
      ...chosen.map((tree): Draft => ({ kind: "validation", name: `v${count++}`, tree })),
    ]);
  });
}
