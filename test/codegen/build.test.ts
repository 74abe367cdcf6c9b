import { describe, expect, it } from "vitest";
import { build, defineModel, pipeline, tensor, type AnyPipeline, type PipelineError } from "shapeline";
import { attachLambdas } from "../../codegen/lambda/attach/attach.js";
import { refusalError } from "../refusal.js";

const scorer = defineModel({
  name: "scorer",
  sha256: "b".repeat(64),
  inputs: { x: tensor("float32", ["batch", 16]) },
  outputs: { score: tensor("float32", ["batch", 1]) },
});
const scored = pipeline("p").model(scorer);
type Check = (x: { out: number }) => boolean;

/** Attaches trees as the command line does, runs the module and returns the lambda of its validation. */
function lambdaOf(code: string): Check {
  const { code: attached } = attachLambdas(code, { file: "p.pipeline.ts" }) ?? { code };
  let lambda: Check | undefined;
  const p = { validate: (_: string, check: Check) => void (lambda = check) };
  new Function("p", attached)(p);
  return lambda as Check;
}

const buildError = async (broken: AnyPipeline) => (await refusalError(build(broken))) as PipelineError;
const problemsOf = async (check: Check) => (await buildError(scored.validate("amt", check))).problems;

describe("build", () => {
  it("lists the problems of steps and of lambdas together, each with its code", async () => {
    const broken = scored.model(scorer as never).validate("amt", (x: { out: { scre: number } }) => x.out.scre < 1);
    const error = await buildError(broken);
    expect(error.message).toMatchInlineSnapshot(`
      "pipeline 'p' has 2 problems:
        SL2012 step 1: model 'scorer' input 'x' expects float32[batch, 16] but step 0 (model 'scorer') produces float32[batch, 1]
        SL1102 validation 'amt' (step 2): lambda:1:8 - error SL1102: 'x.out' has no port 'scre' (did you mean 'score'?)

        1 | (x) => x.out.scre < 1
          |        ^^^^^^^^^^

        hint: its port is 'score'
        see node_modules/shapeline/docs/errors.md#sl1102"
    `);
    expect(error.problems.map((p) => p.code)).toEqual(["SL2012", "SL1102"]);
  });

  it.each([undefined, null, "x.out < 1", {}])(
    "refuses %j in place of a lambda, in a validation and an alert",
    async (value) => {
      const codesOf = async (broken: AnyPipeline) => (await buildError(broken)).problems.map(({ code }) => code);
      expect(await codesOf(scored.validate("amt", value as never))).toEqual(["SL2006", "SL1001"]);
      expect(await codesOf(scored.alert("drift", value as never, { over: "5m" }))).toEqual(["SL2084", "SL1001"]);
    },
  );

  it("uses the values of outside names that a build tool has attached", async () => {
    const check = lambdaOf(`const LIMIT = 0.25; p.validate("amt", (x) => x.out < LIMIT);`);
    const { steps } = await build(scored.validate("amt", check));
    expect(steps[1]).toMatchObject({
      source: "(x) => x.out < LIMIT",
      expression: { strings: { javascript: expect.stringContaining("0.25") } },
    });
  });

  it("reports a constant that is declared after the pipeline reads it", async () => {
    const attached = lambdaOf(`const LIMIT = 1; p.validate("amt", (x) => x.out < LIMIT);`);
    const key = Symbol.for("shapeline.lambda");
    const attachment = (attached as unknown as Record<symbol, object>)[key];
    const early = Object.assign((x: { out: number }) => x.out < 1, {
      [key]: {
        ...attachment,
        constants: {
          LIMIT: () => {
            throw new ReferenceError("Cannot access 'LIMIT' before initialization");
          },
        },
      },
    });
    expect(await problemsOf(early)).toMatchObject([
      {
        code: "SL1050",
        message: expect.stringContaining("'LIMIT' has no value yet: Cannot access 'LIMIT' before initialization"),
      },
    ]);
  });

  it("refuses an attached tree of an unknown format", async () => {
    const check = lambdaOf(`p.validate("amt", (x) => x.out < 1);`);
    const key = Symbol.for("shapeline.lambda");
    const attachment = (check as unknown as Record<symbol, { lambda: object }>)[key];
    const other = Object.assign((x: { out: number }) => x.out < 1, {
      [key]: { ...attachment, lambda: { ...attachment?.lambda, body: { kind: "loop", span: [0, 1] } } },
    });
    expect(await problemsOf(other)).toMatchObject([{ code: "SL1051" }]);
  });

  it("refuses a closed-over variable that cannot be read at run time, with the ways to fix it", async () => {
    const LIMIT = Math.sqrt(2);
    const [problem] = await problemsOf((x) => x.out < LIMIT);
    expect(problem?.message).toMatchInlineSnapshot(`
      "validation 'amt' (step 1): lambda:1:16 - error SL1042: 'LIMIT' comes from outside the lambda, and its value cannot be read from a running function

        1 | (x) => x.out < LIMIT
          |                ^^^^^

        hint: compile the file with \`shapeline compile\`, which resolves names, and deploy the config: \`deploy(target, { config })\`; or write the value into the lambda
        see node_modules/shapeline/docs/errors.md#sl1042"
    `);
  });

  it("compiles the condition of an alert, with the window in seconds", async () => {
    const watched = scored
      .alert("drift", (all) => all.avg((x) => x.out) > 0.5 && all.count() > 100, { over: "5m", for: "90s" })
      .alert("busy", (all) => all.count() > 10, { over: "1d" });
    expect((await build(watched)).steps.slice(1)).toMatchObject([
      {
        kind: "alert",
        name: "drift",
        source: expect.stringMatching(/^\(all\) => all\.avg/),
        overSeconds: 300,
        forSeconds: 90,
        expression: { strings: { javascript: "(all) => all.avg((x) => x.out.score[0]) > 0.5 && all.count() > 100" } },
      },
      { kind: "alert", name: "busy", overSeconds: 86_400, forSeconds: 0 },
    ]);
  });

  it("lists the problems of alerts together with those of durations", async () => {
    const broken = scored.alert(
      "drift",
      (all) => all.avg((x) => (x as never as { out: { scre: number } }).out.scre) > 1,
      { over: "5x" as "5m" },
    );
    const error = await buildError(broken);
    expect(error.problems.map(({ code, details }) => [code, details?.["alert"]])).toEqual([
      ["SL2085", "drift"],
      ["SL1102", "drift"],
    ]);
    const missing = scored.alert("drift", 5 as never, undefined as never);
    const { problems } = await buildError(missing);
    expect(problems.map((p) => `${p.code} ${p.message.split("\n")[0] ?? ""}`)).toMatchInlineSnapshot(`
      [
        "SL2084 alert 'drift' needs a function of the window's rows, not a number",
        "SL2085 'over' is not a duration: 'undefined'; write a whole number and s, m, h or d, from '1s' to '30d'",
        "SL1001 alert 'drift' (step 1): error SL1001: this value is not a lambda",
      ]
    `);
  });
});
