import fc from "fast-check";
import { expect, it } from "vitest";
import { build, type Config, defineModel, pipeline, tensor } from "shapeline";
import { runnableDefinition, stringifyDefinition, toDefinition } from "shapeline/wallaroo";
import type { ModelConfig } from "../../src/config/schema.js";
import { openEngine } from "../../src/engine/engine.js";
import { findModelFiles } from "../../src/engine/session/model-files.js";
import { flatName, layout } from "../../src/tensors/result-columns.js";
import type { ResultBatch } from "../../src/tensors/result.js";
import { folder, writeModel } from "../engine/make-config.js";
import {
  ccfraud,
  ccfraudRf,
  ccfraudXgb,
  houseGbr,
  houseRf,
  near,
  recordedModels,
  request,
} from "../engine/recorded-models.js";
import { recordings } from "../recordings.js";
import { addends, type Answer, definitions, interpret, withoutCondition } from "./random-definitions.js";

const count = Number(process.env["SHAPELINE_PLATFORM_RUNS"] ?? 25);
const port = (name: string) => ({ name, dtype: "float32" as const, shape: ["batch", 2] });
const dir = folder();
const models = new Map(
  Object.entries(addends).map(([name, addend]): [string, ModelConfig] => [
    name,
    writeModel(dir, name, {
      inputs: [port("x")],
      outputs: [{ ...port("x"), name: "y" }],
      nodes: [{ op: "Add", inputs: ["x", "n"], outputs: ["y"] }],
      weights: [{ name: "n", dims: [1], values: Float32Array.of(addend) }],
    }),
  ]),
);
const rows = [
  [0, 1],
  [-3, 30],
  [8, 2.5],
  [63, 0],
] as const;

/** Opens an engine, asks it once, and closes it. */
async function answer(config: Config, folderOfModels: string, input: unknown, metadata = {}): Promise<ResultBatch> {
  const files = await findModelFiles(folderOfModels, config.models);
  const engine = await openEngine(config, files, { challengers: "return", seed: 1 });
  try {
    return (await engine.infer(input, { metadata })).batch;
  } finally {
    await engine.close();
  }
}

/** The answer of one row, as the reference interpreter says it. */
function rowOf(batch: ResultBatch, row: number): Answer {
  const value = (outputs: ResultBatch["outputs"]): readonly [number, number] => {
    const data = outputs.get("y")?.data as Float32Array;
    return [data[2 * row] as number, data[2 * row + 1] as number];
  };
  const columns = Object.fromEntries([
    ...[...batch.challengers].map(([name, { outputs }]) => [`out_${name}`, value(outputs)] as const),
    ...(batch.outputs.size > 0 ? [["out", value(batch.outputs)] as const] : []),
  ]);
  const failed = [...batch.failures].flatMap(([name, flags]) => (flags[row] === 1 ? [name] : []));
  return { columns, failed: failed.sort() };
}

it.each(["polars", "checks"] as const)(
  "runs random definitions of dialect %s as a plain interpreter does",
  async (dialect) => {
    const named = (name: string) => ({ name, version: "1", sha: models.get(name)?.sha256 ?? "" });
    let failures = 0;
    for (const steps of fc.sample(definitions(dialect, named), { numRuns: count, seed: 11 })) {
      const definition = { id: "p", steps: steps.map(withoutCondition) };
      const { config, problems } = runnableDefinition(definition, { models: [...models.values()] });
      expect(problems, JSON.stringify(definition)).toEqual([]);
      const text = JSON.stringify(steps);
      const metadata = { ...(text.includes("split_key") && { k: "v0" }), ...(text.includes("hash_key") && { h: 0.4 }) };
      const read = Object.fromEntries(Object.entries(metadata).filter(([key]) => readsKey(config as Config, key)));
      const batch = await answer(
        config as Config,
        dir,
        rows.map((x) => ({ x })),
        read,
      );
      rows.forEach((row, i) => {
        const expected = interpret(steps, row, { k: "v0", h: 0.4 }, dialect);
        failures += expected.failed.length;
        expect(rowOf(batch, i), text).toEqual(expected);
      });
    }
    expect(failures).toBeGreaterThan(count);
  },
  60_000,
);

/** A split without routes is a model, which reads no metadata. */
const readsKey = ({ steps }: Config, key: string): boolean =>
  steps.some(
    (step) => (step.kind === "keySplit" ? step.key : step.kind === "randomSplit" ? step.hashKey : null) === key,
  );

const float32 = (size: number) => tensor("float32", ["batch", size]);

it.skipIf(recordings === null)("gives the recorded answers for a shadow, whoever wrote its definition", async () => {
  const files = [ccfraud("ccfraud-lstm"), ccfraudXgb(), ccfraudRf()] as const;
  const [lstm, xgb, rf] = files;
  const champion = defineModel({
    name: lstm.name,
    sha256: lstm.sha256,
    inputs: { dense_input: float32(29) },
    outputs: { dense_1: float32(1) },
  });
  const challenger = ({ name, sha256 }: ModelConfig, input: string) =>
    defineModel({ name, sha256, inputs: { [input]: float32(29) }, outputs: { variable: float32(1) } });
  const compiled = await build(
    pipeline("fraud")
      .shadow(champion, [challenger(xgb, "feature_input"), challenger(rf, "float_input")])
      .validate("fraud", (x) => !((x.out.dense_1[0] ?? 0) > 0.9)),
  );
  const own = stringifyDefinition(toDefinition(compiled, { dialect: "polars" }));
  const named = files.map(({ name, version, sha256 }) => ({ name, version, sha: sha256 }));
  const sdk = {
    id: "fraud",
    steps: [
      { ModelInference: { models: named } },
      { AuditResults: { from: 1, to: null } },
      { MultiOut: {} },
      { Check: { tree: [storedByThePlatform] } },
    ],
  };
  const configs = [compiled, ...[own, sdk].map((each) => runnableDefinition(each, { models: files }).config as Config)];
  const requests = [...request("ccfraud-1.df.json"), ...request("ccfraud-high.json")];
  const input = requests.map((record) => ({ dense_input: Object.values(record)[0] }));
  const answers = [];
  for (const config of configs) answers.push(await answer(config, recordedModels, input));
  const facts = answers.map((batch) => ({
    columns: layout([batch], { dataset: ["*"], exclude: [], separator: null }).map((column) => flatName(column)),
    score: [...(batch.outputs.get("dense_1")?.data as Float32Array)],
    challengers: [...batch.challengers].map(([, { outputs }]) => [...(outputs.get("variable")?.data as Float32Array)]),
    fraud: [...(batch.failures.get("fraud") ?? [])],
  }));
  expect(facts[1]).toEqual(facts[0]);
  expect(facts[2]).toEqual(facts[0]);
  const [first] = facts;
  expect(first?.columns).toEqual([
    "time",
    "in.dense_input",
    "out.dense_1",
    "out_ccfraud-xgb.variable",
    "out_ccfraud-rf.variable",
    "anomaly.count",
    "anomaly.fraud",
    "check_failures",
  ]);
  const [score = [], [xgbScore = []], rfScore = []] = [first?.score, [first?.challengers[0]], first?.challengers[1]];
  expect(
    [score[0], xgbScore[0], rfScore[0], score[1]].map((value = 0, i) => near(value, recordedScores[i] ?? 0)),
  ).toEqual([true, true, true, true]);
  expect(first?.fraud).toEqual([0, 1]);
});

const recordedScores = [0.0014974177, 0.0005066991, 1, 0.981199];
const storedByThePlatform =
  '{"Alias":[{"BinaryExpr":{"left":{"Function":{"input":[{"Column":"out.dense_1"},{"Literal":{"Int32":0}}],"function":{"ListExpr":"Get"},"options":{"collect_groups":"ApplyFlat","fmt_str":"","input_wildcard_expansion":false,"auto_explode":true,"cast_to_supertypes":false,"allow_rename":false,"pass_name_to_apply":false,"changes_length":false,"check_lengths":true,"allow_group_aware":true}}},"op":"Gt","right":{"Literal":{"Float64":0.9}}}},"fraud"]}';

it.skipIf(recordings === null)("splits on metadata and renames columns as the recorded A/B test", async () => {
  const renamed = (model: ModelConfig): ModelConfig => ({
    ...model,
    inputs: model.inputs.map((input) => ({ ...input, name: "tensor" })),
    renamed: { inputs: { tensor: "float_input" } },
  });
  const models = [renamed(houseGbr("control")), renamed(houseRf("challenger"))];
  const [control, challenger] = models.map(({ name, version, sha256 }) => ({ name, version, sha: sha256 }));
  const weights = [
    { model: control, weight: 2 },
    { model: challenger, weight: 1 },
  ];
  const definition = { id: "house", steps: [{ RandomSplit: { hash_key: "session_id", weights } }] };
  const { config, problems } = runnableDefinition(definition, { models });
  expect(problems).toEqual([]);
  const input = request("house-1.df.json");
  const price = async (session_id: number) => {
    const { outputs } = await answer(config as Config, recordedModels, input, { session_id });
    return (outputs.get("variable")?.data as Float32Array)[0] ?? 0;
  };
  expect(near(await price(0.1), 704901.9)).toBe(true);
  expect(near(await price(0.9), 718013.7)).toBe(true);
});
