import { describe, expect, it } from "vitest";
import { checkPipeline, constant, defineModel, pipeline, type AnyPipeline } from "../../dsl/index.js";
import { judge, judges, program } from "../compilers.js";
import * as models from "../models.js";
import { acceptedUnions, refusedReads, refusedUnions } from "./cases.js";

/** The program of a case: `on` and `also` are booleans that the compiler does not know. */
function unionProgram(source: string): ReturnType<typeof program> {
  const { text, line, column } = program(source);
  return { text: `declare const on: boolean; declare const also: boolean;\n${text}`, line: line + 1, column };
}

/** The problems that `build()` reports for each value of `on` and `also`, each list with its texts. */
function problemsOfEach(source: string): readonly (readonly string[])[] {
  const names = Object.keys(models);
  const make = new Function(
    "on",
    "also",
    "constant",
    "defineModel",
    "pipeline",
    ...names,
    `return ${source.replace("▸", "").replaceAll(" as const", "")};`,
  ) as (...values: unknown[]) => AnyPipeline;
  return [true, false].flatMap((on) =>
    [true, false].map((also) =>
      checkPipeline(make(on, also, constant, defineModel, pipeline, ...Object.values(models))).problems.map(
        ({ message, details }) => `step ${String(details?.["step"])}: ${message}`,
      ),
    ),
  );
}

const refusedPrograms = refusedUnions.map(({ source }) => unionProgram(source));
const readPrograms = refusedReads.map(unionProgram);
const acceptedPrograms = acceptedUnions.map(unionProgram);

describe.each(judges)("TypeScript %s asks every member of a union", { tags: ["slow"] }, (compiler) => {
  const findings = judge(
    compiler,
    [...refusedPrograms, ...acceptedPrograms, ...readPrograms].map(({ text }) => text),
  );

  it.each(refusedUnions.map((one, index) => ({ ...one, index })))("refuses $source", ({ text, step, index }) => {
    const { line, column } = refusedPrograms[index] ?? {};
    const words = step === undefined ? text : `step ${step}: ${text}`;
    expect(findings[index]).toMatchObject([{ line, column, message: expect.stringContaining(`type '"${words}"'.`) }]);
  });

  it.each(acceptedUnions.map((source, index) => ({ source, index })))("accepts $source", ({ index }) => {
    expect(findings[refusedUnions.length + index]).toEqual([]);
  });

  it.each(refusedReads.map((source, index) => ({ source, index })))("refuses $source", ({ index }) => {
    const { line, column } = readPrograms[index] ?? {};
    const found = findings[refusedUnions.length + acceptedUnions.length + index];
    expect(found).toMatchObject([
      { line, column, message: expect.stringMatching(/^Property '\w+' does not exist on /) },
    ]);
  });
});

describe("build() agrees", () => {
  it.each(refusedUnions)("that a member is wrong in $source", ({ source, text, step }) => {
    const problem = step === undefined ? expect.stringMatching(/^step \d+: /) : `step ${step}: ${text}`;
    const found = problemsOfEach(source).flat();
    expect(found).toContainEqual(problem);
    expect(found.map((words) => words.replace(/^step \d+: /, ""))).toContain(text);
  });

  it.each(acceptedUnions)("that every member fits in %s", (source) => {
    expect(problemsOfEach(source).flat()).toEqual([]);
  });
});
