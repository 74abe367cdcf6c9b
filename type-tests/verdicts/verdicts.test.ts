import { describe, expect, it } from "vitest";
import { build, constant, defineModel, pipeline, type AnyPipeline, type PipelineError } from "shapeline";
import { judge, judges, program } from "../compilers.js";
import * as models from "../models.js";
import { accepted, refused } from "./cases.js";

const sha256 = "0".repeat(64);

/** The program of a case: `sha256` and `tenant`, text that the compiler does not know, are declared. */
function verdictProgram(source: string, types?: readonly string[]): ReturnType<typeof program> {
  const { text, line, column } = program(source, types);
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

/** A function that takes a model with stated inputs. */
const taking = (model: string) =>
  `(<N extends string, O extends Ports>(one: Model<N, (typeof head)["inputs"], O>) => pipeline("p").model(embed).model(one))(▸${model})`;
const more = `defineModel({ name: "more", sha256, inputs: { x: { dtype: "float32", shape: ["batch", 12] }, z: { dtype: "float32", shape: ["batch", 12] } }, outputs: { y: { dtype: "float32", shape: ["batch", 1] } } })`;

/** The same with a handle as `shapeline generate` writes it, or as it is written by hand: without the inputs' names. */
const takingGenerated = (inputs: string, names: string | null, one: string) => `() => {
  type Size12 = Tensor<"float32", readonly ["batch", 12]>;
  type Size1 = Tensor<"float32", readonly ["batch", 1]>;
  interface Champ extends Model<"champ", object, object, "x"> { readonly inputs: { x: Size12 }; readonly outputs: { y: Size1 } }
  interface One extends Model<"one"${names === null ? "" : `, object, object, ${names}`}> { readonly inputs: ${inputs}; readonly outputs: { y: Size1 } }
  const scored = <N extends string, O extends Ports>(model: Model<N, Champ["inputs"], O>) => pipeline("p").model(embed).model(model);
  const split = <N extends string>(model: Model<N, Champ["inputs"], Champ["outputs"]>) => pipeline("p").model(embed).randomSplit([[1, head], [1, model]]);
  return (one: One, champ: Champ) => [split(champ), scored(champ).validate("v", (x) => x.out < 1), scored(${one})];
}`;

/** A registry of deployments by key, with one generic `infer`. */
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

/** Indices that are members of a numeric enum, which are numbers that the compiler knows. */
const enumerated = (select: string, replace: string) => `() => {
  enum At { First, Second, Third }
  const made = pipeline("p").model(embed).model(head).replaceStep(${replace}, (at) => at.model(twin)).validate("v", (x) => x.out.y[0] < 1);
  return [made, pipeline("p").models([head, head2]).select(${select}).validate("v", (x) => x.out.p[2] < 1)];
}`;

/** Programs whose errors are in the compiler's words, or whose verdict `build()` cannot give. */
const functions = {
  taking: taking("head"),
  takingMore: taking(more),
  takingGenerated: takingGenerated(`{ x: Size12 }`, `"x"`, "one"),
  takingMoreGenerated: takingGenerated(`{ x: Size12; z: Size12 }`, `"x" | "z"`, "▸one"),
  takingPlain: takingGenerated(`{ x: Size12 }`, null, "one"),
  enumerated: enumerated("At.Second", "At.Second"),
  enumeratedSelect: enumerated("▸At.Third", "At.Second").replace(".p[2]", "[0]"),
  enumeratedEdit: enumerated("At.Second", "▸At.Third"),
  registry: registry("image: new Float32Array(64)"),
  wrongRegistry: registry("▸t: 1"),
  loop: `() => { let p = pipeline("p").model(embed).model(head); ▸p = p.validate("v", (x) => x.out < 1); return p; }`,
};

const types = ["DeploymentOf", "InferInput", "Model", "Ports", "Target", "Tensor"];
const acceptedPrograms = accepted.map(({ source }) => verdictProgram(source));
const refusedPrograms = refused.map(({ source }) => verdictProgram(source));
const functionPrograms = Object.values(functions).map((source) => verdictProgram(source, types));

describe.each(judges)("TypeScript %s", { tags: ["slow"] }, (compiler) => {
  const findings = judge(
    compiler,
    [...acceptedPrograms, ...refusedPrograms, ...functionPrograms].map(({ text }) => text),
  );
  const found = (name: keyof typeof functions) =>
    findings[accepted.length + refused.length + Object.keys(functions).indexOf(name)];
  const place = (name: keyof typeof functions) => {
    const { line, column } = functionPrograms[Object.keys(functions).indexOf(name)] ?? {};
    return { line, column };
  };

  it.each(accepted.map((one, index) => ({ ...one, index })))("accepts $source", ({ index }) => {
    expect(findings[index]).toEqual([]);
  });

  it.each(refused.map((one, index) => ({ ...one, index })))("refuses $source", ({ text, index }) => {
    const { line, column } = refusedPrograms[index] ?? {};
    const message = text === undefined ? expect.any(String) : expect.stringContaining(`type '"${text}"'.`);
    expect(findings[accepted.length + index]).toMatchObject([{ line, column, message }]);
  });

  it("refuses a model with a further input in a function that takes a model with stated inputs", () => {
    expect(found("taking")).toEqual([]);
    expect(found("takingMore")).toMatchObject([place("takingMore")]);
    expect(found("takingGenerated")).toEqual([]);
    expect(found("takingMoreGenerated")).toMatchObject([place("takingMoreGenerated")]);
    expect(found("takingPlain")).toEqual([]);
  });

  it("checks indices that are members of an enum", () => {
    expect(found("enumerated")).toEqual([]);
    expect(found("enumeratedSelect")?.[0]).toMatchObject({
      ...place("enumeratedSelect"),
      message: expect.stringContaining("select 2 is out of range: step 0 produces the outputs of 2 models"),
    });
    expect(found("enumeratedEdit")?.[0]).toMatchObject({
      ...place("enumeratedEdit"),
      message: expect.stringContaining("replaceStep 2 is out of range: the pipeline has 2 steps"),
    });
  });

  it("accepts one generic infer of a registry of deployments by key", () => {
    expect(found("registry")).toEqual([]);
    expect(found("wrongRegistry")).toMatchObject([
      { ...place("wrongRegistry"), message: expect.stringContaining("'t' does not exist in type") },
    ]);
  });

  it("says early that a variable which gets a step needs an annotation", () => {
    expect(found("loop")).toMatchObject([place("loop")]);
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
