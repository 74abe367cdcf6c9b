import { expect, it } from "vitest";
import { build, defineModel, pipeline, tensor } from "shapeline";
import { alertConfigurations, toDefinition } from "shapeline/wallaroo";

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
