import { expect, it } from "vitest";
import { parseConfig } from "shapeline/config";
import { type RunnableDefinition, runnableDefinition, type UploadedModel } from "shapeline/wallaroo";
import { sha256Hex } from "../../src/config/digest/sha256.js";
import { type EditedCase, editedCases, known, sdkCases, versions } from "./sdk.js";

const uploaded: readonly UploadedModel[] = known.map((model) => ({ ...model, version: "1" }));
const M = (name: string, version = "1") => ({ name, version, sha: sha256Hex(name) });
const run = (...steps: unknown[]) => runnableDefinition({ id: "p", steps }, { models: uploaded });
const stepsOf = (...steps: unknown[]) => {
  const { config, problems } = run(...steps);
  return problems.length > 0 ? problems.map(({ code, path }) => `${code} ${path}`) : config?.steps;
};

/** What a definition of the SDK runs as; its models are uploaded in the versions that it names. */
function runText(text: string, alerts: EditedCase["alerts"] = []): RunnableDefinition {
  const definition = JSON.parse(text.replaceAll(": NaN", ": null")) as unknown;
  const named = text.matchAll(/"version": "([^"]*)", "sha": "([0-9a-f]{64})"/g);
  const byDigest = new Map([...named].map(([, version = "", sha = ""]) => [sha, version]));
  const models = uploaded.map((model) => ({ ...model, version: byDigest.get(model.sha256) ?? "1" }));
  return runnableDefinition(definition, { models, alerts });
}

it.each(versions)(
  "runs definitions of the SDK %s that the builder refuses, and counts the reasons of others",
  (version) => {
    const built = sdkCases(version).flatMap(({ name, text }) => (text === undefined ? [] : [{ name, text }]));
    const cases = [...built, ...editedCases(version).map(({ text }) => ({ name: null, text }))];
    const refused: string[] = [];
    const counts: Record<string, number> = { definitions: cases.length, run: 0 };
    for (const { name, text } of cases) {
      const { config, problems } = runText(text);
      expect(config === null).toBe(problems.length > 0);
      if (config !== null) expect(parseConfig(config)).toEqual(config);
      const codes = [...new Set(problems.map(({ code }) => code))];
      if (config === null && name !== null) refused.push(`${codes.join(" ")}: ${name}`);
      const outcome = codes[0] ?? "run";
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    console.log(`SDK ${version}, by the first problem:`, counts);
    expect(counts).toMatchSnapshot();
    expect(refused.join("\n")).toMatchSnapshot();
  },
);

const one = { ModelInference: { models: [M("house")] } };
const two = { ModelInference: { models: [M("ccfraud"), M("house")] } };
const audit = (from: number, to: number | null = null) => ({ AuditResults: { from, to } });
const nth = (index: number) => ({ Nth: { index } });
const house = { kind: "model", model: "house", rename: {} };
const both = { kind: "models", models: ["ccfraud", "house"] };
const shadow = { kind: "shadow", champion: "ccfraud", challengers: ["house"] };

it.each([
  ["an audit and a select of index 0 after one model", [one, audit(0), nth(0)], [house]],
  ["MultiOut after one model", [one, audit(1), { MultiOut: {} }], [house]],
  ["several models at the end", [two], [both]],
  ["several models and MultiOut", [two, { MultiOut: {} }], [shadow]],
  ["an audit of another range and MultiOut", [two, audit(0, 1), { MultiOut: {} }], [shadow]],
  ["a select of index 0 after a shadow", [two, audit(1), { MultiOut: {} }, nth(0)], [shadow]],
  [
    "an audit past the last model",
    [two, audit(1, 9), nth(0)],
    [both, { kind: "audit", from: 1, to: null }, { kind: "select", index: 0 }],
  ],
  ["an audit of nothing", [two, audit(7), nth(1)], [both, { kind: "select", index: 1 }]],
  [
    "one model twice",
    [{ ModelInference: { models: [M("ccfraud"), M("house"), M("ccfraud")] } }, nth(2)],
    [both, { kind: "select", index: 0 }],
  ],
  ["a check of nothing", [one, { Check: { tree: [] } }], [house]],
  ["a split without routes", [{ MetaValueSplit: { split_key: "k", control: M("house"), routes: {} } }], [house]],
  [
    "weights of 0, and neighbours of one model",
    [
      {
        RandomSplit: {
          hash_key: "s",
          weights: [
            { model: M("house"), weight: 1 },
            { model: M("ccfraud"), weight: 0 },
            { model: M("house"), weight: 2 },
          ],
        },
      },
    ],
    [{ kind: "randomSplit", hashKey: "s", weights: [{ model: "house", weight: 3 }] }],
  ],
])("runs %s", (_, steps, expected) => {
  expect(stepsOf(...steps)).toEqual(expected);
});

it.each([
  ["an index past the last output", [one, nth(1)], ["SL2054 steps[1].Nth"]],
  ["a step before any model", [audit(0), one], ["SL4111 steps[0].AuditResults"]],
  [
    "a model that is not uploaded",
    [{ ModelInference: { models: [M("house", "7")] } }],
    ["SL4116 steps[0].ModelInference"],
  ],
  ["a step whose columns are not known", [two, { Average: {} }], ["SL4111 steps[1].Average"]],
  ["several outputs where one model follows", [two, one], ["SL2026 steps[1].ModelInference"]],
])("refuses %s", (_, steps, expected) => {
  expect(stepsOf(...steps)).toEqual(expected);
});

it("runs two versions of a model, with names of their own", () => {
  const second = { ...(uploaded.find(({ name }) => name === "house") as UploadedModel), version: "2" };
  const split = {
    RandomSplit: {
      hash_key: null,
      weights: [
        { model: M("house", "1"), weight: 2 },
        { model: M("house", "2"), weight: 1 },
      ],
    },
  };
  const { config, problems, models } = runnableDefinition(
    { id: "p", steps: [split] },
    { models: [...uploaded, second] },
  );
  expect(problems).toEqual([]);
  expect(config?.models.map(({ name, version }) => [name, version])).toEqual([
    ["house", "1"],
    ["house_v2", "2"],
  ]);
  expect(models.get("house_v2")).toEqual(M("house", "2"));
});

it("runs a model whose configuration renames its input", () => {
  const house = uploaded.find(({ name }) => name === "house") as UploadedModel;
  const [input] = house.inputs;
  const renamed = {
    ...house,
    inputs: house.inputs.map((port) => ({ ...port, name: "tensor" })),
    renamed: { inputs: { tensor: input?.name ?? "" } },
  };
  const { config, problems } = runnableDefinition({ id: "p", steps: [one] }, { models: [renamed] });
  expect(problems).toEqual([]);
  expect(config?.inputs.map(({ name }) => name)).toEqual(["tensor"]);
});

const older = (name: string, model: string, limit: number) => ({
  Check: {
    tree: [
      `{"values": {"${name}": {"root": {"node": "binop", "op": "<", "left": {"node": "variable", "variant_id": {"name": "${model}"}, "position": "output", "key": [0, 0]}, "right": {"node": "literal", "float": ${limit}.5}}, "required_data": [{"name": "${model}"}]}}, "gauges": [], "validations": ["${name}"]}`,
    ],
  },
});

it("runs older checks of any name, as often as a name stands there", () => {
  const definition = {
    id: "p",
    steps: [one, older("price too high", "house", 3), older("count", "house", 2), older("count", "house", 1)],
  };
  const { config, problems, validations } = runnableDefinition(definition, { models: uploaded });
  expect(problems).toEqual([]);
  expect(config?.steps.flatMap((step) => (step.kind === "validation" ? [`${step.name}: ${step.source}`] : []))).toEqual(
    [
      "count_3: x => x.out.dense_1[0] < 1.5",
      "count_2: x => x.out.dense_1[0] < 2.5",
      "price_too_high: x => x.out.dense_1[0] < 3.5",
    ],
  );
  expect([...validations].map((pair) => pair.join(" <- "))).toEqual([
    "price_too_high <- price too high",
    "count_2 <- count",
    "count_3 <- count",
  ]);
});

it("runs an older check of an earlier model where a row has its output", () => {
  const next = { ModelInference: { models: [M("ccfraud")] } };
  expect(stepsOf(one, next, older("late", "ccfraud", 1), older("early", "house", 2))).toMatchObject([
    house,
    { kind: "validation", name: "early" },
    { kind: "model", model: "ccfraud" },
    { kind: "validation", name: "late" },
  ]);
});
