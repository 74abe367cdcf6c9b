import { describe, expect, it } from "vitest";
import { build, constant, defineModel, pipeline, type AnyPipeline, type PipelineError } from "shapeline";
import { diagnose, judges, program } from "../compilers.js";
import * as models from "../models.js";
import { accepted, refused } from "./cases.js";

const sha256 = "0".repeat(64);

/** The program of a case: `sha256` and `tenant`, text that the compiler does not know, are declared. */
function verdictProgram(source: string): ReturnType<typeof program> {
  const { text, line, column } = program(source);
  return { text: `declare const sha256: string; declare const tenant: string;\n${text}`, line: line + 1, column };
}

/** The JavaScript of a case. */
const withoutTypes = (source: string): string =>
  source.replace("▸", "").replace(/ as Record<"?\w+"?, (?:"?\w+"?|\{ [^}]* \})>/, "");

/** The pipeline of a case. */
function made(source: string): AnyPipeline {
  const scope = { constant, defineModel, pipeline, sha256, tenant: "acme", ...models };
  const make = new Function(...Object.keys(scope), `return ${withoutTypes(source)};`) as (
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
    expect(problem).toMatchObject(text === undefined ? { code } : { message: expect.stringContaining(text) });
  });
});

describe("a function that takes a model with stated inputs", () => {
  const taking = (model: string) =>
    `(<N extends string, O extends Ports>(one: Model<N, (typeof head)["inputs"], O>) => pipeline("p").model(embed).model(one))(▸${model})`;
  const more = `defineModel({ name: "more", sha256, inputs: { x: { dtype: "float32", shape: ["batch", 12] }, z: { dtype: "float32", shape: ["batch", 12] } }, outputs: { y: { dtype: "float32", shape: ["batch", 1] } } })`;

  it.each(judges)("refuses one with a further input on TypeScript %s", (compiler) => {
    const programs = [taking("head"), taking(more)].map((source) => program(source, ["Model", "Ports"]));
    const texts = programs.map(({ text }) => `declare const sha256: string;\n${text}`);
    const [fits, further] = diagnose(compiler, texts);
    expect(fits).toEqual([]);
    expect(further).toMatchObject([{ column: programs[1]?.column }]);
  });
});

describe("a registry of deployments by key", () => {
  const registry = (rows: string) => `async (target: Target) => {
  const pipelines = { images: pipeline("images").model(embed), numbers: pipeline("numbers").model(scalar) };
  type All = typeof pipelines;
  const live: { readonly [K in keyof All]: DeploymentOf<All[K]> } = {
    images: await pipelines.images.deploy(target),
    numbers: await pipelines.numbers.deploy(target),
  };
  const infer = async <K extends keyof All>(key: K, all: readonly InferInput<All[K]>[]) => live[key].infer(all);
  const [row] = await infer("images", [{ ${rows} }]);
  return row?.out.embedding[11];
}`;

  it.each(judges)("has one generic infer on TypeScript %s", (compiler) => {
    const types = ["DeploymentOf", "InferInput", "Target"];
    const [fits, wrong] = diagnose(
      compiler,
      [registry("image: new Float32Array(64)"), registry("▸t: 1")].map((source) => program(source, types).text),
    );
    expect(fits).toEqual([]);
    expect(wrong?.map(({ message }) => message)).toEqual([expect.stringContaining("'t' does not exist in type")]);
  });
});

it.each(judges)("an unannotated variable that gets a step is told so early on TypeScript %s", (compiler) => {
  const source = `() => { let p = pipeline("p").model(embed).model(head); ▸p = p.validate("v", (x) => x.out < 1); return p; }`;
  const [found] = diagnose(compiler, [program(source).text]);
  expect(found).toHaveLength(1);
});
