import type { DType } from "../dsl/index.js";

/** A pipeline that the types accept, and a type that they infer from it. */
export interface Accepted {
  readonly source: string;
  /**
   * `outputs` and `inputs` of the pipeline, what a lambda sees (`x.…`), or a client type (`InferInput<typeof made>`).
   */
  readonly of: string;
  readonly type: string;
}

const tokens = `{ inputs: { image: { dtype: "float32", shape: ["batch", 64] }, prefix: { dtype: "int64", shape: ["batch", 4] } } }`;
const table = `{ inputs: { a: { dtype: "float32", shape: ["batch", 32] }, b: { dtype: "float32", shape: ["batch", 32] } } }`;
const port = (dtype: DType, shape: string) =>
  `pipeline("p", { inputs: { x: { dtype: "${dtype}", shape: ${shape} } } })`;
const model = (dtype: DType, shape: string) =>
  `pipeline("p").model(defineModel({ name: "m", sha256, inputs: { x: { dtype: "${dtype}", shape: ${shape} } }, outputs: { y: { dtype: "${dtype}", shape: ${shape} } } }))`;
const Y = (shape: string) => `{ readonly y: F<readonly ${shape}> }`;

const outputs = (source: string, type: string): Accepted => ({ source, of: "outputs", type });
const inputs = (source: string, type: string): Accepted => ({ source, of: "inputs", type });
/** The outputs of the pipeline that a function returns. */
const outputsOf = (source: string, type: string): Accepted => ({
  source,
  of: `ReturnType<typeof made>["outputs"]`,
  type,
});
const row = (source: string, of: `x.${string}`, type: string): Accepted => ({ source, of, type });

const values: Readonly<Record<DType, string>> = {
  float16: "number",
  float32: "number",
  float64: "number",
  int8: "number",
  int16: "number",
  int32: "number",
  int64: "bigint",
  uint8: "number",
  uint16: "number",
  uint32: "number",
  uint64: "bigint",
  bool: "boolean",
  string: "string",
};
const input: Readonly<Record<DType, string>> = { ...values, int64: "number | bigint", uint64: "number | bigint" };
/** The typed array of a dtype, as a row of a request may be given. Float16Array is not in every compiler's library. */
const arrays: Readonly<Record<DType, string | null>> = {
  float16: "Uint16Array | Float16",
  float32: "Float32Array",
  float64: "Float64Array",
  int8: "Int8Array",
  int16: "Int16Array",
  int32: "Int32Array",
  int64: "BigInt64Array",
  uint8: "Uint8Array",
  uint16: "Uint16Array",
  uint32: "Uint32Array",
  uint64: "BigUint64Array",
  bool: "Uint8Array",
  string: null,
};
const flat = (dtype: DType): string =>
  arrays[dtype] === null ? "" : ` | ${arrays[dtype]} | ShapedInput<${arrays[dtype]}>`;
const dtypes = Object.keys(values) as DType[];
/** Rank 0 to 8, with size 1 in all dimensions except the batch. */
const ranks = Array.from({ length: 9 }, (_, rank) => ["batch", ...Array.from({ length: 8 }, () => 1)].slice(0, rank));
const nested = (rank: number): string => (rank <= 1 ? "number" : `readonly [${nested(rank - 1)}]`);

export const accepted: readonly Accepted[] = [
  // outputs after one model
  outputs(`pipeline("p").model(embed)`, `{ readonly embedding: F<readonly ["batch", 12]> }`),
  outputs(`pipeline("p").model(scorer)`, `{ readonly score: F<readonly ["batch", 1]> }`),
  outputs(`pipeline("p").model(embed).model(head)`, Y(`["batch", 1]`)),
  outputs(`pipeline("p").model(embed).model(head2)`, `{ readonly p: F<readonly ["batch", 3]> }`),
  outputs(`pipeline("p").model(single)`, Y(`[1, 2]`)),
  // the row axis: at any place, or nowhere
  outputs(
    `pipeline("p").model(stateful)`,
    `{ readonly y: F<readonly ["batch", 4]>; readonly stateN: F<readonly [2, "batch", 3]> }`,
  ),
  inputs(
    `pipeline("p").model(stateful)`,
    `{ readonly x: F<readonly ["batch", 4]>; readonly state: F<readonly [2, "batch", 3]> }`,
  ),
  outputs(`pipeline("p").model(stateful).model(cells, { x: "stateN" })`, Y(`["batch", 1]`)),
  outputs(`pipeline("p").model(matrix).model(cells)`, Y(`["batch", 1]`)),
  outputs(
    `pipeline("p").model(timeMajor).model(pair, { a: "probs", b: "probs" })`,
    `{ readonly c: F<readonly ["batch", "time"]> }`,
  ),
  row(`pipeline("p").model(stateful)`, "x.in.state[1]", "readonly [number, number, number]"),
  row(`pipeline("p").model(stateful)`, "x.out.stateN[1][2]", "number"),
  row(`pipeline("p").model(matrix)`, "x.out[1]", "readonly [number, number, number]"),
  row(`pipeline("p").model(shared)`, "x.in.t", "number"),
  outputs(`pipeline("p").model(ids)`, `{ readonly id: Tensor<"int64", readonly ["batch"]> }`),
  outputs(
    `pipeline("p").model(embed).model(split)`,
    `{ readonly a: F<readonly ["batch", 32]>; readonly b: F<readonly ["batch", 7]> }`,
  ),
  outputs(`pipeline("p").model(scalar)`, Y(`[]`)),
  // request columns
  inputs(`pipeline("p").model(embed)`, `{ readonly image: F<readonly ["batch", 64]> }`),
  inputs(`pipeline("p").model(embed, { image: "tensor" })`, `{ readonly tensor: F<readonly ["batch", 64]> }`),
  inputs(`pipeline("p").model(pair, { a: "t", b: "t" })`, `{ readonly t: F<readonly ["batch", "n"]> }`),
  inputs(
    `pipeline("p", ${table}).model(pair)`,
    `{ readonly a: F<readonly ["batch", 32]>; readonly b: F<readonly ["batch", 32]> }`,
  ),
  inputs(`pipeline("p").shadow(head, [head2])`, `{ readonly x: F<readonly ["batch", 12]> }`),
  inputs(`pipeline("p").models([twin, head])`, `{ readonly input: F<readonly ["batch", 12]> }`),
  inputs(
    `pipeline("p").keySplit("k", { default: head, routes: { gold: twin } })`,
    `{ readonly x: F<readonly ["batch", 12]> }`,
  ),
  inputs(`pipeline("p").randomSplit([[2, twin], [1, head]])`, `{ readonly input: F<readonly ["batch", 12]> }`),
  // sources
  inputs(
    `pipeline("p").model(decoder, { prefix: "in.ids", rate: constant(1n) })`,
    `{ readonly hidden: F<readonly ["batch", 12]>; readonly ids: Tensor<"int64", readonly ["batch", 4]> }`,
  ),
  outputs(
    `pipeline("p", ${tokens}).model(embed).model(decoder, { prefix: "in.prefix", rate: constant(16000n) })`,
    `{ readonly scores: F<readonly ["batch", 3]> }`,
  ),
  outputs(
    `pipeline("p", ${tokens}).model(embed).model(head).model(decoder, { hidden: "embed.embedding", prefix: "in.prefix", rate: constant(1n) })`,
    `{ readonly scores: F<readonly ["batch", 3]> }`,
  ),
  outputs(
    `pipeline("p").model(embed).model(split).model(pair, { a: "split.a", b: "a" })`,
    `{ readonly c: F<readonly ["batch", 32]> }`,
  ),
  outputs(`pipeline("p").model(embed).shadow(head, [head2]).model(loose, { x: "head-2.p" })`, Y(`["batch", null]`)),
  outputs(
    `pipeline("p").model(embed).models([head, twin]).select(0).model(pair, { a: "head.y", b: "twin.y" })`,
    `{ readonly c: F<readonly ["batch", 1]> }`,
  ),
  outputs(`pipeline("p").model(embed).model(scale, { factors: constant([0.5, 1, 2]) })`, Y(`["batch", 3]`)),
  outputs(`pipeline("p").model(embed).model(scale, { factors: constant(new Float32Array(3)) })`, Y(`["batch", 3]`)),
  outputs(`pipeline("p").model(scale, { x: "in.t", factors: { constant: [0.5, 1, 2] } })`, Y(`["batch", 3]`)),
  outputs(
    `pipeline("p").model(scale, { factors: constant({ data: [1, 2, 3], shape: [3] }) }).removeStep(0).model(embed)`,
    `{ readonly embedding: F<readonly ["batch", 12]> }`,
  ),
  outputs(
    `pipeline("p").model(embed).model(split).model(pair, { a: "split.a", b: constant([1].map((n) => n)) })`,
    `{ readonly c: F<readonly ["batch", 32]> }`,
  ),
  // symbols
  outputs(`pipeline("p").model(encoder)`, `{ readonly hidden: F<readonly ["batch", "seq", "encoder.k"]> }`),
  outputs(`pipeline("p").model(thirty).model(pair)`, `{ readonly c: F<readonly ["batch", 32]> }`),
  outputs(`pipeline("p", ${table}).model(pair)`, `{ readonly c: F<readonly ["batch", 32]> }`),
  outputs(`pipeline("p").model(pair)`, `{ readonly c: F<readonly ["batch", "n"]> }`),
  outputs(`pipeline("p").model(embed).model(loose)`, Y(`["batch", null]`)),
  outputs(`pipeline("p").model(loose).model(head)`, Y(`["batch", 1]`)),
  outputs(
    `pipeline("p").model(encoder).refine({ seq: 128 })`,
    `{ readonly hidden: F<readonly ["batch", 128, "encoder.k"]> }`,
  ),
  outputs(
    `pipeline("p").model(encoder).refine({ seq: 128, "encoder.k": 768 })`,
    `{ readonly hidden: F<readonly ["batch", 128, 768]> }`,
  ),
  outputs(`pipeline("p").model(encoder).refine({ seq: 128 }).model(pool)`, Y(`["batch", 2]`)),
  outputs(`pipeline("p").model(encoder).refine({ "encoder.k": 768 }).model(wide)`, Y(`["batch", "seq"]`)),
  outputs(`${port("float32", `["batch", "n", "n"]`)}.model(square)`, `{ readonly d: F<readonly ["batch", "n"]> }`),
  // a fixed batch size does not change the tensors
  outputs(
    `pipeline("p").model(defineModel({ name: "m", sha256: "0", inputs: { x: { dtype: "float32", shape: ["batch", 3] } }, outputs: { y: { dtype: "float32", shape: ["batch", 1] } }, batchSize: 4 })).model(loose)`,
    Y(`["batch", null]`),
  ),
  // renamings
  outputs(`pipeline("p").model(embed).model(head, { x: "embedding" })`, Y(`["batch", 1]`)),
  outputs(`pipeline("p").model(thirty).model(pair, { a: "b", b: "a" })`, `{ readonly c: F<readonly ["batch", 32]> }`),
  outputs(`pipeline("p").model(thirty).model(pair, { b: "a" })`, `{ readonly c: F<readonly ["batch", 32]> }`),
  // shadow, models, splits
  outputs(`pipeline("p").model(embed).shadow(head, [head2, broad])`, Y(`["batch", 1]`)),
  outputs(
    `pipeline("p").models([head, head2])`,
    `readonly [${Y(`["batch", 1]`)}, { readonly p: F<readonly ["batch", 3]> }]`,
  ),
  outputs(`pipeline("p").models([head, head2]).select(1)`, `{ readonly p: F<readonly ["batch", 3]> }`),
  outputs(`pipeline("p").models([head, twin]).audit("1:").select(0)`, Y(`["batch", 1]`)),
  outputs(`pipeline("p").model(embed).keySplit("k", { default: head, routes: { gold: twin } })`, Y(`["batch", 1]`)),
  outputs(
    `pipeline("p").model(embed).randomSplit([[2, head], [0.5, twin]], { hashKey: "session_id" })`,
    Y(`["batch", 1]`),
  ),
  // partly known text: `build()` checks the names
  outputs(
    `pipeline(\`fraud-\${Date()}\`).model(embed).model(head).validate(\`low_\${Date.now()}\`, (x) => x.out < 1).validate("low_1", (x) => x.out < 2)`,
    Y(`["batch", 1]`),
  ),
  outputs(
    `pipeline("p").model(embed).model(head).alert(\`drift_\${Date()}\`, (all) => all.count() > 1, { over: \`\${Date.now()}m\`, for: \`\${Date.now()}s\` }).alert("drift_a", (all) => all.count() > 1, { over: "5m" })`,
    Y(`["batch", 1]`),
  ),
  outputs(
    `pipeline("p").models([head, head2]).audit(\`\${Date.now()}:\${Date.now()}\`).select(1)`,
    `{ readonly p: F<readonly ["batch", 3]> }`,
  ),
  outputs(
    `pipeline("p").model(embed).model(head).insertStep(1, (at) => at.validate(\`low_\${Date.now()}\`, () => true)).insertStep(1, (at) => at.alert(\`busy_\${Date.now()}\`, () => true, { over: \`\${Date.now()}m\` }))`,
    Y(`["batch", 1]`),
  ),
  {
    source: `pipeline("p").model(embed).validate("low", () => true).validate(\`low_\${Date.now()}\`, () => true)`,
    of: "ValidationsOf<typeof made>",
    type: '"low" | `low_${number}`',
  },
  {
    source: `pipeline("p").model(embed).validate(\`low_\${Date.now()}\`, () => true)`,
    of: `InferOutput<typeof made>["anomaly"]["low_7"]`,
    type: "boolean",
  },
  // rows after an edit at an index that is not a literal: of any dtype and rank
  {
    source: `(index: number) => pipeline("p").model(embed).model(head).removeStep(index).validate("v", (x) => x.out < 1 && x.out.label === "a" && x.in.image.every((v: number) => v > 0))`,
    of: `ReturnType<typeof made>["name"]`,
    type: "string",
  },
  // names that are type parameters
  ...[
    `<N extends string>(name: N) => pipeline(name).model(embed)`,
    `<N extends string>(name: N) => pipeline("p").model(embed).validate(name, () => true)`,
    `<N extends "low" | "high">(name: N) => pipeline("p").model(embed).validate(name, () => true)`,
    `<N extends string>(name: N) => pipeline("p").model(embed).validate(\`low_\${name}\`, () => true)`,
    `<N extends string, D extends \`\${number}m\`>(name: N, over: D) => pipeline("p").model(embed).alert(name, () => true, { over, for: over })`,
  ].map((source) => outputsOf(source, `{ readonly embedding: F<readonly ["batch", 12]> }`)),
  {
    source: `(<N extends string>(name: N) => pipeline("p").model(embed).validate(name, () => true))("low")`,
    of: "ValidationsOf<typeof made>",
    type: `"low"`,
  },
  // edits
  outputs(`pipeline("p").model(embed).model(head).replaceStep(1, (at) => at.model(broad))`, Y(`["batch", 2]`)),
  outputs(`pipeline("p").model(embed).model(head).removeStep(1)`, `{ readonly embedding: F<readonly ["batch", 12]> }`),
  outputs(`pipeline("p").model(head).insertStep(0, (at) => at.model(embed))`, Y(`["batch", 1]`)),
  inputs(
    `pipeline("p").model(head).insertStep(0, (at) => at.model(embed))`,
    `{ readonly image: F<readonly ["batch", 64]> }`,
  ),
  outputs(`pipeline("p").model(encoder).clear().model(embed)`, `{ readonly embedding: F<readonly ["batch", 12]> }`),
  // what a lambda sees
  row(`pipeline("p").model(embed).model(head)`, "x.out", "number & { y: readonly [number] }"),
  row(`pipeline("p").model(embed).model(head)`, "x.out.y", "readonly [number]"),
  row(`pipeline("p").model(embed).model(head)`, "x.out < 1", "boolean"),
  row(`pipeline("p").model(embed).model(head2)`, "x.out[2]", "number"),
  row(`pipeline("p").model(embed)`, "x.in.image[63]", "number"),
  row(`pipeline("p").model(embed, { image: "tensor" }).model(head)`, "x.in.tensor[0]", "number"),
  row(`pipeline("p").model(embed).shadow(head, [head2])`, `x.models["head-2"].p`, "readonly [number, number, number]"),
  row(`pipeline("p").model(embed).shadow(head, [head2])`, "x.models.head", "number & { y: readonly [number] }"),
  row(`pipeline("p").models([head, head2])`, `x.models["head-2"].p[0]`, "number"),
  row(`pipeline("p").models([head, head2]).select(1)`, "x.out.p", "readonly [number, number, number]"),
  row(`pipeline("p").model(encoder)`, "x.out.hidden", "readonly (readonly number[])[]"),
  row(
    `pipeline("p").model(encoder).refine({ seq: 2, "encoder.k": 2 })`,
    "x.out.hidden",
    "readonly [readonly [number, number], readonly [number, number]]",
  ),
  row(model("float32", `["batch", 300]`), "x.out.y.length", "300"),
  row(model("float32", "null"), "x.out.y", "Ragged"),
  // sizes whose product is too large for nested tuples: two tuples, then an array with a typed length, then tuples
  // again
  row(model("float32", `["batch", 128, 128, 128, 128]`), "x.out.y !== undefined", "boolean"),
  row(model("float32", `["batch", 128, 128, 128, 128]`), "x.out.y[127][127].length", "128"),
  row(
    model("float32", `["batch", 128, 128, 128, 1]`),
    "x.out.y[0][0]",
    "readonly (readonly [number])[] & { readonly length: 128 }",
  ),
  row(model("float32", `["batch", 12, 128, 3, 2]`), "x.out.y[0][0][0]", "readonly [number, number]"),
  row(
    model("float32", `["batch", 1, 256, 256, 1, 2, 1]`),
    "x.out.y[0][0][0]",
    "readonly [readonly [readonly [number], readonly [number]]]",
  ),
  row(
    model("float32", `["batch", 300, 12, "n", 2]`),
    "x.out.y[0]",
    "readonly [N2, N2, N2, N2, N2, N2, N2, N2, N2, N2, N2, N2]",
  ),
  row(`pipeline("p").model(embed).model(many)`, "x.out.p_10", "number"),
  // every rank
  ...ranks
    .flatMap((shape, rank) => (rank === 1 ? [] : [{ shape, rank }]))
    .map(({ shape, rank }) => row(model("float32", JSON.stringify(shape)), "x.out.y", nested(rank))),
  // every dtype: a value of a row, and of a request
  ...dtypes.map((dtype) => row(model(dtype, `["batch"]`), "x.out.y", values[dtype])),
  ...dtypes.map((dtype): Accepted => ({
    source: model(dtype, `["batch", 2]`),
    of: "InferInput<typeof made>",
    type: `{ readonly x: readonly (${input[dtype]})[]${flat(dtype)} }`,
  })),
  // client types
  {
    source: `pipeline("p").model(embed)`,
    of: "InferInput<typeof made>",
    type: `{ readonly image: readonly number[]${flat("float32")} }`,
  },
  // a port of one number, open lists, row axes elsewhere, whole models, shared inputs, unknown rank, null for NaN
  {
    source: model("float32", `["batch", 1]`),
    of: "InferInput<typeof made>",
    type: `{ readonly x: number | readonly number[]${flat("float32")} }`,
  },
  {
    source: model("float32", `[2, "batch", "n"]`),
    of: "InferInput<typeof made>",
    type: `{ readonly x: readonly (readonly number[] | Float32Array)[]${flat("float32")} }`,
  },
  {
    source: model("string", `["n"]`),
    of: "InferInput<typeof made>",
    type: "{ readonly x: readonly string[] }",
  },
  {
    source: model("float32", "null"),
    of: "InferInput<typeof made>",
    type: `{ readonly x: RaggedInput${flat("float32")} }`,
  },
  {
    source: `pipeline("p", { inputs: { a: { dtype: "float32", shape: ["batch"] }, b: { dtype: "float64", shape: ["batch"] }, c: { dtype: "int32", shape: ["batch"] } }, missing: { b: "nan" } })`,
    of: "InferInput<typeof made>",
    type: "{ readonly a: number; readonly b: number | null; readonly c: number }",
  },
  {
    source: `pipeline("p", { inputs: { a: { dtype: "float32", shape: ["batch"] }, c: { dtype: "int32", shape: ["batch"] } }, missing: "nan" })`,
    of: "InferInput<typeof made>",
    type: "{ readonly a: number | null; readonly c: number }",
  },
  // what a pipeline's type says: names of validations and models, the row of a lambda, and rows of unknown pipelines
  ...[
    [
      `pipeline("p").model(embed).model(head).validate("low", () => true).validate("high", () => true)`,
      `"low" | "high"`,
    ],
    [`pipeline("p").model(embed).model(head)`, "never"],
    [`pipeline("p").model(embed) as AnyPipeline`, "string"],
  ].map(([source = "", type = ""]): Accepted => ({ source, of: "ValidationsOf<typeof made>", type })),
  ...[
    [`pipeline("p").model(embed).shadow(head, [head2])`, `"embed" | "head" | "head-2"`],
    [`pipeline("p").model(embed).models([head, head2]).select(0)`, `"embed" | "head" | "head-2"`],
    [`pipeline("p").keySplit("k", { default: embed, routes: { gold: embed } })`, `"embed"`],
    [`pipeline("p").randomSplit([[1, embed]]).model(head, { x: "embedding" })`, `"embed" | "head"`],
    [`pipeline("p").model(embed) as AnyPipeline`, "string"],
  ].map(([source = "", type = ""]): Accepted => ({ source, of: `ModelOf<typeof made>["name"]`, type })),
  {
    source: `pipeline("p").model(embed).shadow(head, [head2])`,
    of: `RowOf<typeof made>["models"]["head"]`,
    type: "number & { y: readonly [number] }",
  },
  {
    source: `pipeline("p").model(embed) as AnyPipeline`,
    of: "InferInput<typeof made>",
    type: "Readonly<Record<string, unknown>>",
  },
  {
    source: `pipeline("p").model(embed) as AnyPipeline`,
    of: `InferOutput<typeof made>["out"]`,
    type: "Readonly<Record<string, unknown>>",
  },
  {
    source: `async (target: Target) => (await pipeline("p").model(embed).model(head).deploy(target)).infer([{ image: new Float32Array(64) }, { image: new Float32Array(64) }])`,
    of: `Awaited<ReturnType<typeof made>>["length"]`,
    type: "2",
  },
  // typed arrays as the innermost lists, beside lists of numbers
  {
    source: `async (target: Target) => (await ${model("float32", `["batch", 2, 3]`)}.deploy(target)).infer([{ x: [new Float32Array(3), [1, 2, 3]] }])`,
    of: `Awaited<ReturnType<typeof made>>["length"]`,
    type: "1",
  },
  {
    source: `async (target: Target) => (await ${model("bool", `["batch", 2, "n"]`)}.deploy(target)).infer({ x: [[Uint8Array.of(1, 0), [true, false]]] }).then(() => 1 as const)`,
    of: `Awaited<ReturnType<typeof made>>`,
    type: "1",
  },
  {
    source: `async (target: Target, rows: unknown) => { const live = await pipeline("p").model(embed).model(head).deploy(target); return live.infer(rows as Parameters<typeof live.infer>[0]).then(() => 1 as const); }`,
    of: `Awaited<ReturnType<typeof made>>`,
    type: "1",
  },
  {
    source: `async (target: Target, rows: { readonly image: number[] }[]) => (await pipeline("p").model(embed).model(head).connect(target)).infer(rows)`,
    of: `Awaited<ReturnType<typeof made>>["length"]`,
    type: "number",
  },
  {
    source: `async (target: Target & { deploy(): Promise<AnyDeployment & { compare(): 7 }> }) => (await pipeline("p").model(embed).deploy(target)).compare()`,
    of: `Awaited<ReturnType<typeof made>>`,
    type: "7",
  },
  {
    source: `pipeline("p").model(embed).model(head)`,
    of: `InferOutput<typeof made>["out"]`,
    type: "{ y: readonly [number] }",
  },
  { source: `pipeline("p").model(embed).model(head)`, of: `LogRow<typeof made>["time"]`, type: "Date" },
  {
    source: `pipeline("p").model(embed).validate("low", (x) => x.out[0] < 1)`,
    of: `LogRow<typeof made>["anomaly"]["count"]`,
    type: "number",
  },
  {
    source: `pipeline("p").model(embed).shadow(head, [head2])`,
    of: `LogRow<typeof made>["out_head-2"]`,
    type: "{ p: readonly [number, number, number] | null } | undefined",
  },
  {
    source: `pipeline("p").models([head, head2])`,
    of: `LogRow<typeof made>["out_head"]`,
    type: "{ y: readonly [number] }",
  },
];

/** The statements that check one accepted case, without imports. */
export function assertion({ source, of, type }: Accepted): readonly string[] {
  const found = of.includes("<") ? of : `(typeof made)[${JSON.stringify(of)}]`;
  return of.startsWith("x.")
    ? [`void ${source}.validate("probe", (x) => sees<${type}>()(${of}));`]
    : [`const made = ${source};`, `const same: Same<${found}, ${type}> = true;`, "void same;"];
}

/** The types that the assertions import. */
export const importedTypes: readonly string[] = [
  "AnyDeployment",
  "AnyPipeline",
  "InferInput",
  "InferOutput",
  "LogRow",
  "ModelOf",
  "RowOf",
  "Target",
  "Tensor",
  "ValidationsOf",
];

/** The helpers of the assertions: exact equality of types, as a value and as an argument. */
export const helpers: readonly string[] = [
  `type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : { found: A };`,
  `declare function sees<T>(): <V>(value: V) => Same<V, T> extends true ? boolean : { found: V };`,
  `type F<S extends readonly (number | string | null)[]> = Tensor<"float32", S>;`,
  `type ShapedInput<A> = { readonly data: A; readonly shape: readonly number[] };`,
  `type Float16 = typeof globalThis extends { readonly Float16Array: { readonly prototype: infer A } } ? A : never;`,
  `type N2 = readonly (readonly [number, number])[];`,
  `type RaggedInput = number | Float32Array | readonly RaggedInput[];`,
  `type Ragged = number | readonly Ragged[];`,
  `declare const sha256: string;`,
];
