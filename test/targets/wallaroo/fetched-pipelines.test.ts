import { afterAll, beforeAll, expect, it } from "vitest";
import { pipeline } from "shapeline";
import { wallaroo, type Pipeline, type PlatformFetch } from "shapeline/wallaroo";
import { fraud } from "../../../examples/fraud/fraud.pipeline.js";
import { a, c1, c2, champ } from "../../../examples/fraud/models.gen.js";
import { exampleRows, models, servePlatform } from "./fraud-platform.js";

const rows = exampleRows(3);

let served: Awaited<ReturnType<typeof servePlatform>>;
let url: string;
const platform = (dialect?: "checks") =>
  wallaroo({ url, testAuth: true, models, ...(dialect !== undefined && { dialect }) });

beforeAll(async () => {
  served = await servePlatform();
  ({ url } = served);
  await fraud.deploy(platform());
}, 60_000);

afterAll(() => served.close());

async function fetched(dialect?: "checks"): Promise<Pipeline> {
  return (await platform(dialect).pipeline("fraud")).pipeline();
}

/** The steps in short: a kind, and the models' names. */
async function kindsOf(pipeline: Pipeline): Promise<string[]> {
  return (await pipeline.steps()).map((step) => {
    const [kind = ""] = Object.keys(step);
    return "ModelInference" in step ? step.ModelInference.models.map(({ name }) => name).join(",") : kind;
  });
}

it("edits a fetched pipeline without changing it, and deploys the edited steps", async () => {
  const live = await platform().pipeline("fraud", { models: [a, champ, c1, c2] });
  const pipeline = live.pipeline();
  expect(await kindsOf(pipeline)).toEqual(["a", "champ,c1,c2", "AuditResults", "MultiOut", "Check"]);
  const edited = pipeline
    .removeStep(-1)
    .removeStep(3)
    .removeStep(2)
    .replaceWithModelStep(-1, champ)
    .addValidations({ low: (x) => x.out.risk[0] < 2, high: (x) => x.out.risk[0] > 0.99 });
  expect(await kindsOf(edited)).toEqual(["a", "champ", "Check"]);
  expect(await kindsOf(pipeline)).toHaveLength(5);
  expect(await edited.modelConfigs()).toHaveLength(2);

  const states: string[] = [];
  const redeployed = await edited.deploy({ onProgress: ({ status }) => states.push(status) });
  expect(states.at(-1)).toBe("Running");
  const [row] = await redeployed.infer(rows);
  expect((row?.out as { readonly risk: readonly number[] }).risk[0]).toBeCloseTo(0.158211, 5);
  expect(row?.anomaly).toEqual({ count: 1, low: false, high: true });
  expect(await redeployed.versions()).toHaveLength(2);
  // The same steps make no other version, and what runs is not deployed again.
  const [version] = await (await fetched()).versions();
  expect((await edited.createVersion()).id).toBe(version?.id);
  await fraud.deploy(platform());
});

it("gives a fetched pipeline to the typed builder, which deploys it again", async () => {
  const live = await platform().pipeline("fraud", { models: [c1, c2] });
  const typed = await live.builder({ inputsOf: a, outputsOf: champ });
  const redeployed = await typed.validate("low", (x) => x.out < 0.1).deploy(platform());
  const [row] = await redeployed.infer(rows);
  expect(row?.anomaly).toMatchObject({ count: 1, low: true });
  const [, , amt, low] = (await redeployed.configuration()).steps;
  expect([amt, low]).toMatchObject([{ name: "amt" }, { name: "low" }]);
  // Without the step it is what it was.
  await (await redeployed.builder()).removeStep(3).deploy(platform());
  await fraud.connect(platform());
  const untold = await platform().pipeline("fraud");
  await expect(untold.builder()).rejects.toMatchObject({ code: "SL6000" });
});

it("edits with models of the registry, and with those of a definition", async () => {
  const target = platform();
  const version = await target.uploadModel(c1);
  expect(await version.sha()).toBe(c1.sha256);
  const named = await (await target.uploadModel(c2)).asDefinitionModel();
  const pipeline = (await fetched()).clear().addModelStep(a).addShadowDeploy(version, [named, champ]);
  expect(await kindsOf(pipeline)).toEqual(["a", "c1,c2,champ", "AuditResults", "MultiOut"]);
});

it("writes checks in the older dialect right after the last inference step", async () => {
  const pipeline = (await fetched("checks"))
    .clear()
    .addModelStep(a)
    .addShadowDeploy(champ, [c1])
    .addValidation("low", (x) => x.out.risk[0] < 2)
    .addAlert("many", (all) => all.count((x) => x.out.risk[0] > 0.5) > 10, { over: "5m", email: ["a@b.c"] });
  expect(await kindsOf(pipeline)).toEqual(["a", "champ,c1", "Check", "Check", "AuditResults", "MultiOut"]);
  const steps = await pipeline.steps();
  expect(steps[2]).toEqual({
    Check: {
      tree: [
        '{"values": {"many:left": {"root": {"node": "fn", "fn": "count", "arguments": [{"node": "binop", "op": ">", "left": {"node": "variable", "variant_id": {"name": "champ"}, "position": "output", "key": [0, 0]}, "right": {"node": "literal", "float": 0.5}}, {"node": "literal", "timedelta": "300s"}]}, "required_data": [{"name": "champ"}]}}, "gauges": ["many:left"], "validations": []}',
      ],
    },
  });
});

it("refuses edits that no platform can run, with the way out", async () => {
  const pipeline = await fetched();
  expect(() => pipeline.addAudit("a")).toThrow("is not a slice: write '1:', '1:3', ':2' or '1'");
  expect(() => pipeline.addSelect(-1)).toThrow("a whole number from 0, not -1");
  expect(() => pipeline.addRandomSplit([[0, a]])).toThrow("a weight is a number above 0, not 0");
  expect(() => pipeline.addKeySplit(a, "", { gold: a })).toThrow("the key is the name of a metadata value");
  expect(() => pipeline.addShadowDeploy(a, [])).toThrow("one challenger or more");
  const refused = (edited: Pipeline) => edited.steps().catch((error: unknown) => error);
  expect(await refused(pipeline.removeStep(5))).toMatchObject({
    code: "SL2090",
    message: "removeStep: there is no step 5; the indexes are -5 to 4",
  });
  expect(await refused(pipeline.replaceWithSelect(-6, 0))).toMatchObject({ code: "SL2090" });
  expect(await refused(pipeline.clear().addValidation("low", (x) => x.out < 1))).toMatchObject({ code: "SL2005" });
  expect(await refused(pipeline.addValidation("amt", (x) => x.out.risk[0] < 1))).toMatchObject({ code: "SL2004" });
  const alert = pipeline.addAlert("many", (all) => all.count() > 1, { over: "5m" });
  expect(await refused(alert)).toMatchObject({ code: "SL4105" });
  const other = { ...a, sha256: "1".repeat(64) };
  expect(await refused(pipeline.addModelStep(other))).toMatchObject({ code: "SL6007" });
  // Another client was not told the ports of the pipeline's models.
  expect(await refused(pipeline.addValidation("low", (x) => x.out.risk[0] < 1))).toMatchObject({ code: "SL6000" });
  await expect(pipeline.clear().deploy()).rejects.toMatchObject({ code: "SL6053" });
  await expect(pipeline.deploy({ name: "no good" })).rejects.toMatchObject({ code: "SL6011" });
});

it("sends an alert again after a failure between the version and its alert", async () => {
  const alerted = pipeline("alerted")
    .model(a)
    .model(champ)
    .alert("many", (all) => all.count((x) => x.out > 0.5) > 10, { over: "5m" });
  const sent: number[] = [];
  const flaky: PlatformFetch = async (to, init) => {
    if (typeof init.body !== "string" || !init.body.includes("CreateAlertConfiguration")) return fetch(to, init);
    const answer = sent.length === 0 ? new Response("", { status: 502 }) : await fetch(to, init);
    sent.push(answer.status);
    return answer;
  };
  const target = wallaroo({ url, testAuth: true, models, dialect: "checks", fetch: flaky });
  await expect(alerted.deploy(target)).rejects.toMatchObject({ code: "SL6054" });
  const live = await alerted.deploy(target);
  expect(sent).toEqual([502, 200]);
  expect(await live.versions()).toHaveLength(2);
  await alerted.deploy(target);
  expect(sent).toEqual([502, 200]);
});

it("tags a pipeline", async () => {
  const pipeline = await fetched();
  await pipeline.addTag("tagged");
  expect((await pipeline.tags()).map(({ tag }) => tag)).toEqual(["tagged"]);
  await pipeline.removeTag("tagged");
  expect(await pipeline.tags()).toEqual([]);
  await expect(pipeline.explainabilityConfigs()).rejects.toMatchObject({ code: "SL6053" });
});
