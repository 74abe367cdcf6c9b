import { renderModels } from "../../codegen/models/write/render-models.js";

/** The files of a generated project, by name. */
export type Project = Readonly<Record<string, string>>;

/** A chain of `steps` calls, in one statement. */
export type Chain = (dsl: string, steps: number) => Project;

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const begin = `export const chain = pipeline("p", { inputs: { x: { dtype: "float32", shape: ["batch", 10] } } })`;
const importing = (dsl: string) => `import { pipeline, type Model, type Tensor } from ${JSON.stringify(dsl)};`;

/**
 * A model with one port `x` on both sides. Each step needs its own model: the compiler caches repeated ones, and the
 * cost would look too low.
 */
function handle(name: string, dims: string, outputs = dims): string {
  const ports = (shape: string) => `{ readonly x: Tensor<"float32", readonly ${shape}> }`;
  return `interface I${name} extends Model<"${name}", ${ports(dims)}, ${ports(outputs)}> {} declare const ${name}: I${name};`;
}

/** A project of one file: models, then a chain. */
function chain(handles: readonly string[], calls: readonly string[]): (dsl: string) => Project {
  return (dsl) => ({
    "chain.ts": [importing(dsl), ...handles, begin, ...calls.map((call) => `  .${call}`), ";"].join("\n"),
  });
}

export const equalDims: Chain = (dsl, steps) =>
  chain(
    range(steps).map((i) => handle(`m${i}`, `["batch", 10]`)),
    range(steps).map((i) => `model(m${i})`),
  )(dsl);

export const rebindingDims: Chain = (dsl, steps) =>
  chain(
    range(steps).map((i) => handle(`m${i}`, `["batch", "n${i}"]`)),
    range(steps).map((i) => `model(m${i})`),
  )(dsl);

export const validations: Chain = (dsl, steps) =>
  chain(
    [handle("m", `["batch", 10]`)],
    ["model(m)", ...range(steps).map((i) => `validate("v${i}", (x) => x.out[0] < ${i})`)],
  )(dsl);

/** All kinds of steps in turn. */
const turn: readonly ((i: number) => string)[] = [
  (i) => `model(a${i})`,
  (i) => `validate("v${i}", (x) => x.out[0] < 1)`,
  (i) => `model(n${i})`,
  (i) => `shadow(a${i}, [b${i}])`,
  (i) => `model(a${i}, { x: "x" })`,
  (i) => `models([a${i}, b${i}])`,
  () => "select(0)",
  (i) => `keySplit("k", { default: a${i}, routes: { r: b${i} } })`,
  (i) => `randomSplit([[1, a${i}], [2, b${i}]])`,
  (i) => `validate("w${i}", (x) => x.out[9] > 0)`,
];
export const mixedSteps: Chain = (dsl, steps) =>
  chain(
    range(steps).flatMap((i) => [
      handle(`a${i}`, `["batch", 10]`),
      handle(`b${i}`, `["batch", 10]`),
      handle(`n${i}`, `["batch", "n"]`),
    ]),
    range(steps).map((i) => turn[i % turn.length]?.(i) ?? ""),
  )(dsl);

/** Tensors of rank 4 to 8 in turn, with a symbol in each; every fifth step reads a value. */
export const highRanks: Chain = (dsl, steps) => {
  const shape = (i: number) => JSON.stringify(["batch", "n", 3, 4, 2, 5, 2, 3].slice(0, 4 + (i % 5)));
  const value = (i: number) => `x.out.x${"[0]".repeat(2 + (i % 5))} !== undefined`;
  return chain(
    [handle("first", `["batch", 10]`, shape(0)), ...range(steps).map((i) => handle(`m${i}`, shape(i), shape(i + 1)))],
    [
      "model(first)",
      ...range(steps).flatMap((i) => [
        `model(m${i})`,
        ...(i % 5 === 4 ? [`validate("v${i}", (x) => ${value(i + 1)})`] : []),
      ]),
    ],
  )(dsl);
};

/** Edits of a pipeline of fifty steps. Each edit starts from the same pipeline. */
export const edits: Chain = (dsl, count) => {
  const fifty =
    chain(
      range(50).map((i) => handle(`m${i}`, `["batch", 10]`)),
      range(50).map((i) => (i % 5 === 4 ? `validate("v${i}", (x) => x.out[0] < 1)` : `model(m${i})`)),
    )(dsl)["chain.ts"] ?? "";
  const kinds = [
    (i: number) => `replaceStep(${2 * i}, (at) => at.model(e${i}))`,
    (i: number) => `insertStep(${2 * i + 1}, (at) => at.validate("e${i}", (x) => x.out[1] < 1))`,
    (i: number) => `insertStep(${2 * i}, (at) => at.model(e${i}))`,
    (i: number) => `removeStep(${2 * i})`,
  ];
  const lines = range(count).flatMap((i) => [
    handle(`e${i}`, `["batch", 10]`),
    `export const edited${i} = chain.${kinds[i % kinds.length]?.(i) ?? ""};`,
  ]);
  return { "chain.ts": [fifty, ...lines].join("\n") };
};

/** Pipelines of five steps, one per file. */
export function pipelines(dsl: string, count: number): Project {
  const file = (i: number) => [
    importing(dsl),
    ...["a", "b", "c", "d"].map((name) => handle(`${name}${i}`, `["batch", ${10 + i}]`)),
    `export const made = pipeline("p-${i}").model(a${i}).validate("low", (x) => x.out[0] < 1).shadow(b${i}, [c${i}]).model(d${i}).validate("high", (x) => x.out[9] > 0);`,
  ];
  return Object.fromEntries(range(count).map((i) => [`pipeline-${i}.ts`, file(i).join("\n")]));
}

/** The output of `shapeline generate` for `count` models. */
export function generatedModels(dsl: string, count: number): Project {
  const port = (name: string, size: number) => ({ name, dtype: "float32" as const, shape: ["batch", size] });
  const signatures = range(count).map((i) => ({
    name: `model-${i}`,
    sha256: i.toString(16).padStart(64, "0"),
    file: `model-${i}.onnx`,
    opset: { "": 17 },
    irVersion: 8,
    producer: "",
    doc: "",
    metadata: {},
    inputs: [port(`input_${i}`, i), port("mask", 1)],
    outputs: [port(`output_${i}`, i + 1)],
  }));
  return { "models.gen.ts": renderModels(signatures, dsl) };
}

/** The same number of interfaces with the same members, and one value of each, without any library. */
export function plainInterfaces(count: number): Project {
  const tensor = (type: boolean, size: number) =>
    type
      ? `{ readonly dtype: "float32"; readonly shape: readonly ["batch", ${size}] }`
      : `{ dtype: "float32", shape: ["batch", ${size}] }`;
  const model = (i: number) => {
    const ports = (type: boolean) => {
      const [sep, ro] = type ? [";", "readonly "] : [",", ""];
      return `${ro}inputs: { ${ro}input_${i}: ${tensor(type, i)}${sep} ${ro}mask: ${tensor(type, 1)} }${sep} ${ro}outputs: { ${ro}output_${i}: ${tensor(type, i + 1)} }${sep}`;
    };
    const sha256 = i.toString(16).padStart(64, "0");
    return [
      `export interface Model${i} { readonly name: "model-${i}"; readonly version: string; readonly sha256: string; ${ports(true)} }`,
      `export const model${i}: Model${i} = { name: "model-${i}", version: "1", sha256: "${sha256}", ${ports(false)} };`,
    ];
  };
  return { "models.ts": range(count).flatMap(model).join("\n") };
}

/** Chains of other libraries, one call per step, in the style of their documentation. */
export const peers: Readonly<Record<string, Chain>> = {
  "Kysely .where": (_, steps) => ({
    "chain.ts": [
      `import type { Kysely } from "kysely";`,
      ...range(steps).map((i) => `interface T${i} { a${i}: number }`),
      `interface Row extends ${
        range(steps)
          .map((i) => `T${i}`)
          .join(", ") || "Object"
      } { id: number }`,
      `declare const db: Kysely<{ row: Row }>;`,
      `export const chain = db.selectFrom("row")`,
      ...range(steps).map((i) => `  .where("a${i}", "=", ${i})`),
      ";",
    ].join("\n"),
  }),
  "Hono .get": (_, steps) => ({
    "chain.ts": [
      `import { Hono } from "hono";`,
      "export const chain = new Hono()",
      ...range(steps).map((i) => `  .get("/p${i}", (c) => c.json({ a${i}: ${i} }))`),
      ";",
    ].join("\n"),
  }),
  "Zod .extend": (_, steps) => ({
    "chain.ts": [
      `import { z } from "zod";`,
      "export const chain = z.object({ a: z.string() })",
      ...range(steps).map((i) => `  .extend({ a${i}: z.number() })`),
      ";",
    ].join("\n"),
  }),
};
