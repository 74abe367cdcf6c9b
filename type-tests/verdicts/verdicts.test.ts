import { describe, expect, it } from "vitest";
import { build, constant, defineModel, pipeline, type AnyPipeline, type PipelineError } from "shapeline";
import { diagnose, judges, program } from "../compilers.js";
import * as models from "../models.js";
import { accepted, refused } from "./cases.js";

const sha256 = "0".repeat(64);

/** The program of a case: `sha256` is declared. */
function verdictProgram(source: string): ReturnType<typeof program> {
  const { text, line, column } = program(source);
  return { text: `declare const sha256: string;\n${text}`, line: line + 1, column };
}

/** The pipeline of a case. */
function made(source: string): AnyPipeline {
  const scope = { constant, defineModel, pipeline, sha256, ...models };
  const make = new Function(...Object.keys(scope), `return ${source.replace("▸", "")};`) as (
    ...values: unknown[]
  ) => AnyPipeline;
  return make(...Object.values(scope));
}

const problemsOf = async (source: string): Promise<PipelineError["problems"]> =>
  build(made(source)).then(
    () => [],
    (error: unknown) => (error as PipelineError).problems,
  );

const acceptedPrograms = accepted.map(({ source }) => verdictProgram(source));
const refusedPrograms = refused.map(({ source }) => verdictProgram(source));

describe.each(judges)("TypeScript %s", (compiler) => {
  const findings = diagnose(
    compiler,
    [...acceptedPrograms, ...refusedPrograms].map(({ text }) => text),
  );

  it.each(accepted.map((one, index) => ({ ...one, index })))("accepts $source", ({ index }) => {
    expect(findings[index]).toEqual([]);
  });

  it.each(refused.map((one, index) => ({ ...one, index })))("refuses $source", ({ text, index }) => {
    const { line, column } = refusedPrograms[index] ?? {};
    const message = text === undefined ? expect.any(String) : expect.stringContaining(`type '"${text}"'.`);
    expect(findings[accepted.length + index]).toMatchObject([{ line, column, message }]);
  });
});

describe("build()", () => {
  it.each(accepted)("accepts $source", async ({ source, lambda }) => {
    const { steps } = await build(made(source));
    if (lambda === undefined) return;
    expect(steps.find(({ kind }) => kind === "validation")).toMatchObject({
      expression: { strings: { javascript: lambda } },
    });
  });

  it.each(refused)("refuses $source", async ({ source, text, code }) => {
    const [problem, ...more] = await problemsOf(source);
    expect(more).toEqual([]);
    expect(problem).toMatchObject(text === undefined ? { code } : { message: text });
  });
});
