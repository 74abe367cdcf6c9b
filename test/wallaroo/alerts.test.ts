import { describe, expect, it } from "vitest";
import { build, defineModel, pipeline, tensor } from "shapeline";
import { parseConfig } from "shapeline/config";
import { alertConfigurations, fromDefinition, runnableDefinition, toDefinition } from "shapeline/wallaroo";
import { portsOf } from "../../dsl/index.js";

const ports = { dense_1: tensor("float32", ["batch", 1]) };
const model = defineModel({ name: "ccfraud", sha256: "a".repeat(64), inputs: ports, outputs: ports });
const scored = pipeline("fraud").model(model);

it("writes an alert as a gauge and a condition, for platforms of the older dialect", async () => {
  const config = await build(
    scored.alert("many", (all) => 10 < all.count((x) => x.out.dense_1[0] > 0.5), { over: "5m" }),
  );
  const { steps } = toDefinition(config, { dialect: "checks", alerts: "gauges" });
  expect(steps[1]).toMatchObject({ Check: { tree: [expect.stringContaining('"gauges": ["many:left"]')] } });
  expect(alertConfigurations(config)).toEqual([
    { name: "many", expression: "sum by (pipeline_id) (pipeline_gauge:many:left) > 10" },
  ]);
  expect(() => toDefinition(config, { dialect: "checks" })).toThrow("SL4105");
  expect(() => toDefinition(config, { dialect: "polars", alerts: "gauges" })).toThrow("SL4105");
});

it("refuses alerts that these platforms cannot evaluate", async () => {
  const average = await build(scored.alert("high", (all) => all.avg((x) => x.out) > 0.5, { over: "5m" }));
  const lasting = await build(
    scored.alert("many", (all) => all.count((x) => x.out.dense_1[0] > 0.5) > 10, { over: "5m", for: "1m" }),
  );
  const form = { dialect: "checks", alerts: "gauges" } as const;
  expect(() => toDefinition(average, form)).toThrow("only alerts of the form all.count((x) => …) > 10");
  expect(() => toDefinition(lasting, form)).toThrow("the older platforms have no 'for'");
});

describe("reading an alert back", () => {
  const uploaded = { ...model, version: "1", inputs: portsOf(model.inputs), outputs: portsOf(model.outputs) };
  const inference = { ModelInference: { models: [{ name: "ccfraud", version: "1", sha: model.sha256 }] } };
  const counted =
    '{"node": "binop", "op": ">", "left": {"node": "variable", "variant_id": {"name": "ccfraud"}, "position": "output", "key": [0, 0]}, "right": {"node": "literal", "float": 0.5}}';
  const seconds = (text: string) => `{"node": "literal", "timedelta": "${text}"}`;
  const gauge = (name: string, ...more: readonly string[]) => ({
    Check: {
      tree: [
        `{"values": {"${name}:left": {"root": {"node": "fn", "fn": "count", "arguments": [${[counted, ...more].join(", ")}]}, "required_data": [{"name": "ccfraud"}]}}, "gauges": ["${name}:left"], "validations": []}`,
      ],
    },
  });
  const condition = (name: string, bound = "> 10") => ({
    name,
    expression: `sum by (pipeline_id) (pipeline_gauge:${name}:left) ${bound}`,
  });
  const run = (steps: readonly unknown[], alerts: readonly { name: string; expression: string }[]) =>
    runnableDefinition({ id: "fraud", steps: [inference, ...steps] }, { models: [uploaded], alerts });
  const alertsOf = ({ config }: ReturnType<typeof run>) =>
    config?.steps.flatMap((step) =>
      step.kind === "alert" ? [`${step.name} over ${step.overSeconds} s: ${step.source}`] : [],
    );

  it.each([
    [">", "5m", 10],
    ["<=", "90s", 0.5],
    ["===", "1h", 1e-7],
  ])("compiles to the same step: %s", async (op, over, limit) => {
    const above = new Function("limit", `return (all) => all.count((x) => x.out.dense_1[0] > 0.5) ${op} ${limit};`)();
    const config = await build(scored.alert("many", above as () => boolean, { over: over as "5m" }));
    const definition = toDefinition(config, { dialect: "checks", alerts: "gauges" });
    const read = runnableDefinition(definition, { models: [uploaded], alerts: alertConfigurations(config) });
    expect(read.problems).toEqual([]);
    const [, written] = config.steps;
    const [, found] = read.config?.steps ?? [];
    expect({ ...found, source: "" }).toEqual({ ...written, source: "" });
    expect(found?.kind === "alert" && found.source).toContain(`all.count((x) => x.out.dense_1[0] > 0.5) ${op} `);
    expect(parseConfig(read.config)).toEqual(read.config);
  });

  it("leaves out a gauge whose alert has no condition", () => {
    const read = run([gauge("many", seconds("300s"))], [condition("other")]);
    expect([read.problems, alertsOf(read)]).toEqual([[], []]);
  });

  it("takes the last of two conditions, and names that are no identifiers", () => {
    const steps = [gauge("too many", seconds("60s")), gauge("count", seconds("1m"))];
    const read = run(steps, [condition("too many"), condition("count"), condition("too many", ">= 2")]);
    expect(read.problems).toEqual([]);
    expect(alertsOf(read)).toEqual([
      "count over 60 s: all => all.count((x) => x.out.dense_1[0] > 0.5) > 10",
      "too_many over 60 s: all => all.count((x) => x.out.dense_1[0] > 0.5) >= 2",
    ]);
  });

  it.each([
    ["another function of the gauge", [gauge("many", seconds("60s"))], "avg by (pipeline_id) (g) > 1", "SL4114"],
    ["a limit that is no number", [gauge("many", seconds("60s"))], condition("many", "> nan").expression, "SL4114"],
    ["a bucket size", [gauge("many", seconds("60s"), seconds("5s"))], condition("many").expression, "SL4111"],
    ["a window of 40 days", [gauge("many", seconds("3456000s"))], condition("many").expression, "SL4111"],
    ["no window", [gauge("many")], condition("many").expression, "SL4110"],
  ])("refuses %s", (_, steps, expression, code) => {
    const { config, problems } = run(steps, [{ name: "many", expression }]);
    expect(config).toBeNull();
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    expect(problems[0]?.path).toMatch(/^steps\[1\]\.Check\.tree\[0\]/);
  });

  it("is a problem where the condition cannot be given", () => {
    const { problems } = fromDefinition({ id: "fraud", steps: [inference, gauge("many", seconds("60s"))] });
    expect(problems.map(({ code, path }) => `${code} ${path}`)).toEqual(["SL4111 steps[1].Check.tree[0]:.gauges"]);
  });
});
