import { describe, expect, it } from "vitest";
import { checkPipeline, constant, pipeline, type AnyPipeline } from "../dsl/index.js";
import { refused, refusedByCompiler } from "./cases.js";
import { diagnose, judge, judges, oldestCompiler, program } from "./compilers.js";
import * as models from "./models.js";

const programs = refused.map(({ source }) => program(source));
const others = refusedByCompiler.map(({ source }) => program(source));

const member = String.raw`(?:readonly )?\w+(?:<[^|{}']*>)?(?:\[\])*`;
const union = new RegExp(`${member}(?: \\| ${member})+`, "g");
/** The message with the members of its unions sorted: compilers differ in their order. */
const withSortedUnions = (message: string): string =>
  message.replaceAll(union, (members) => members.split(" | ").sort().join(" | "));

/** A key split without a default: the message is in the type of its options. */
const noDefaultText = "a key split needs 'default', the model for all other requests";
const noDefault = program(`pipeline("p").model(embed).keySplit("segment", ▸{ routes: { gold: twin } })`);

describe.each(judges)(
  "TypeScript %s reports the error at the wrong argument, in one line",
  { tags: ["slow"] },
  (compiler) => {
    const all = judge(
      compiler,
      [...programs, ...others, noDefault].map(({ text }) => text),
    );
    const findings = all.slice(0, programs.length);
    /** Typed arrays have a type argument from TypeScript 5.7 on. */
    const worded = (text: string): string =>
      compiler === oldestCompiler ? text.replaceAll(/<ArrayBuffer(?:Like)?>/g, "") : text;

    it("that a key split has no default, and nothing else", () => {
      const { line, column } = noDefault;
      expect(all.at(-1)).toMatchObject([
        { line, column, message: expect.stringContaining(`'KeySplitOptions<"${noDefaultText}", `) },
      ]);
    });

    it.each(refusedByCompiler.map((one, index) => ({ ...one, index })))("$source", ({ message, index }) => {
      const { line, column } = others[index] ?? {};
      const found = (all[programs.length + index] ?? []).map((finding) => ({
        ...finding,
        message: withSortedUnions(finding.message),
      }));
      expect(found).toMatchObject([{ line, column, message: withSortedUnions(worded(message)) }]);
    });

    it.each(refused.map((one, index) => ({ ...one, index })))("$source", ({ given, step, text: words, index }) => {
      const text = step === undefined ? words : `step ${step}: ${words}`;
      const { line, column } = programs[index] ?? {};
      const wording = `'${worded(given)}' is not assignable to `;
      expect(findings[index]).toEqual([
        {
          line,
          column,
          message: expect.stringMatching(/^(Argument of type|Type) /),
          noisy: false,
        },
      ]);
      const message = findings[index]?.[0]?.message ?? "";
      expect([
        `Argument of type ${wording}parameter of type '"${text}"'.`,
        `Type ${wording}type '"${text}"'.`,
      ]).toContain(message);
    });
  },
);

describe("the run-time check reports the same message", () => {
  it.each(refused)("$source", ({ source, step, text, code }) => {
    const names = Object.keys(models);
    const build = new Function("constant", "pipeline", ...names, `return ${source.replace("▸", "")};`) as (
      ...values: unknown[]
    ) => AnyPipeline;
    const [problem] = checkPipeline(build(constant, pipeline, ...Object.values(models))).problems;
    expect(problem).toMatchObject({ code, message: text, ...(step === undefined ? {} : { details: { step } }) });
  });
});

describe("messages about later steps count a refused step", () => {
  const early = [
    `validate("early", () => true)`,
    `alert("early", () => true, { over: "5m" })`,
    `audit("1:")`,
    "select(0)",
    "refine({ n: 3 })",
  ].map((call) => `pipeline("p").▸${call}.model(embed).model(scorer)`);
  const found = diagnose(
    "7.0",
    early.map((source) => program(source).text),
  );

  it.each(early.map((source, index) => ({ source, index })))("$source", ({ source, index }) => {
    const messages = found[index]?.map(({ message }) => message);
    const made = new Function("pipeline", "embed", "scorer", `return ${source.replace("▸", "")};`) as (
      ...values: unknown[]
    ) => AnyPipeline;
    const { problems } = checkPipeline(made(pipeline, models.embed, models.scorer));
    expect(problems.at(-1)?.message).toBe(
      "model 'scorer' input 'x' expects float32[batch, 10] but step 1 (model 'embed') produces float32[batch, 12]",
    );
    expect(messages?.map((message) => problems.some((problem) => message.includes(`'"${problem.message}"'`)))).toEqual(
      problems.map(() => true),
    );
  });
});

it("build() says the same of a key split without a default", () => {
  const options = { routes: { gold: models.twin } } as never;
  expect(checkPipeline(pipeline("p").model(models.embed).keySplit("segment", options)).problems).toEqual([
    { code: "SL2031", message: noDefaultText, details: { step: 1 } },
  ]);
});

it("all messages are short enough for editors", () => {
  for (const { text } of refused) expect(text.length).toBeLessThan(320);
});

it("there are at least 120 cases without duplicates", () => {
  expect(new Set(refused.map(({ source }) => source)).size).toBe(refused.length);
  expect(refused.length).toBeGreaterThanOrEqual(120);
});
