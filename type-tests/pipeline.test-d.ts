import { expectAssignable, expectError, expectNotAssignable, expectType } from "tsd";
import {
  defineModel,
  pipeline,
  type AnyPipeline,
  type ArrowTable,
  type Deployable,
  type InferInput,
  type InferOutput,
  type LogRow,
  type LogRows,
  type Model,
  type ModelOf,
  type RowOf,
  type ShapedInput,
  type Target,
  type Tensor,
  type ValidationsOf,
} from "../dist/src/index.js";
import type { Comparison, LocalTarget } from "../dist/src/targets/local/index.js";

type F<S extends readonly (number | string | null)[]> = Tensor<"float32", S>;
interface A extends Model<
  "a",
  { readonly image: F<readonly ["batch", 64]> },
  { readonly embedding: F<readonly ["batch", 8]> }
> {}
interface Champ extends Model<
  "champ",
  { readonly input: F<readonly ["batch", 8]> },
  { readonly dense_1: F<readonly ["batch", 1]> }
> {}
interface C1 extends Model<
  "c1",
  { readonly features: F<readonly ["batch", 8]> },
  { readonly variable: F<readonly ["batch", 1]> }
> {}
interface C2 extends Model<
  "c2",
  { readonly x: F<readonly ["batch", 8]> },
  { readonly scores: F<readonly ["batch", 3]> }
> {}
declare const a: A;
declare const champ: Champ;
declare const c1: C1;
declare const c2: C2;
declare const target: Target;

// The first example of the README.
const fraud = pipeline("fraud")
  .model(a)
  .shadow(champ, [c1, c2])
  .validate("amt", (x) => x.out < 1);

// The row of a lambda.
pipeline("p")
  .model(champ)
  .validate("v", (x) => {
    expectType<number & { dense_1: readonly [number] }>(x.out);
    expectType<readonly [number]>(x.out.dense_1);
    expectType<number>(x.in[7]);
    expectError(x.models);
    return x.out < 1 && x.out === 1 && Math.abs(x.out) < 1 && x.out.dense_1[0] < 1;
  });
fraud.validate("v", (x) => {
  expectType<number & { variable: readonly [number] }>(x.models["c1"]);
  expectType<readonly [number, number, number]>(x.models.c2.scores);
  expectType<number & { dense_1: readonly [number] }>(x.models.champ);
  expectError(x.models.c3);
  return x.models.c2.every((v) => v >= 0) && x.models.c2.scores.every((v) => v >= 0);
});
expectError(fraud.validate("v", (x) => x.out.dense_2[0] < 1));
expectError(fraud.validate("v", (x) => x.out));
expectError(fraud.validate("amt", (x) => x.out < 1));
// After the next inference step, a lambda cannot read the models of a shadow step.
expectError(fraud.model(champ, { input: "dense_1" }).validate("v", (x) => x.models.c1 < 1));

// An alert sees the rows of a window and does not change the outputs.
const watched = fraud.alert(
  "drift",
  (all) => {
    expectType<number>(all.avg((x) => x.out));
    expectType<number>(all.quantile(0.5, (x) => x.models.c2[0]));
    expectError(all.sum((x) => x.out < 1));
    expectError(all.share((x) => x.out));
    expectError(all.avg((x) => x.models.c3));
    return all.count() > 10 && all.share((x) => x.models.c2.scores.every((v) => v >= 0)) < 0.5;
  },
  { over: "5m", for: "1m" },
);
expectType<F<readonly ["batch", 1]>>(watched.outputs.dense_1);
watched
  .validate("v", (x) => x.models.c1 < 1)
  .alert("busy", (all) => all.count((x) => x.out > 0.9) > 100, { over: "30d" });
expectError(watched.alert("drift", (all) => all.count() > 1, { over: "1h" }));
expectError(watched.alert("other", (all) => all.count() > 1, { over: "31d" }));
expectError(watched.alert("other", (all) => all.count() > 1, {}));
expectError(watched.alert("other", (all) => all.count(), { over: "1h" }));

// Values by dtype and rank.
const mixed = defineModel({
  name: "mixed",
  sha256: "0".repeat(64),
  inputs: { id: { dtype: "int64", shape: ["batch"] }, grid: { dtype: "float64", shape: ["batch", 2, 2] } },
  outputs: {
    label: { dtype: "string", shape: ["batch"] },
    sure: { dtype: "bool", shape: ["batch"] },
    count: { dtype: "uint64", shape: ["batch", 1] },
    long: { dtype: "float32", shape: ["batch", 300] },
    open: { dtype: "float16", shape: ["batch", "n"] },
  },
});
pipeline("p")
  .model(mixed)
  .validate("v", (x) => {
    expectType<bigint>(x.in.id);
    expectType<readonly [readonly [number, number], readonly [number, number]]>(x.in.grid);
    expectType<string>(x.out.label);
    expectType<boolean>(x.out.sure);
    expectType<readonly [bigint]>(x.out.count);
    expectType<300>(x.out.long.length);
    expectType<readonly number[]>(x.out.open);
    return x.out.sure && x.out.count[0] > 1n;
  });

// Dimensions: unknown ones are accepted, symbols bind, the batch is kept; symbols of outputs only get the model's name
// as prefix.
declare const encoder: Model<
  "encoder",
  { readonly tokens: Tensor<"int64", readonly ["batch", "seq"]> },
  { readonly hidden: F<readonly ["batch", "seq", "k"]> }
>;
declare const pool: Model<
  "pool",
  { readonly h: F<readonly ["batch", "len", "d"]> },
  { readonly y: F<readonly ["batch", "d"]>; readonly z: F<readonly ["batch", "len", 3]> }
>;
declare const loose: Model<
  "loose",
  { readonly x: F<readonly ["batch", null]> },
  { readonly y: F<readonly ["batch", null]> }
>;
declare const unranked: Model<"unranked", { readonly x: Tensor<"float32"> }, { readonly y: Tensor<"float32"> }>;
expectType<{ readonly hidden: F<readonly ["batch", "seq", "encoder.k"]> }>(pipeline("p").model(encoder).outputs);
expectType<{ readonly y: F<readonly ["batch", "encoder.k"]>; readonly z: F<readonly ["batch", "seq", 3]> }>(
  pipeline("p").model(encoder).model(pool).outputs,
);
expectType<{ readonly y: F<readonly ["batch", null]> }>(pipeline("p").model(a).model(loose).outputs);
expectType<{ readonly dense_1: F<readonly ["batch", 1]> }>(pipeline("p").model(a).model(loose).model(champ).outputs);
expectType<{ readonly dense_1: F<readonly ["batch", 1]> }>(pipeline("p").model(unranked).model(champ).outputs);

// Request columns: stated, or the inputs of the first inference step with its renaming.
expectType<{ readonly tensor: F<readonly ["batch", 64]> }>(pipeline("p").model(a, { image: "tensor" }).inputs);
expectType<{ readonly tensor: F<readonly ["batch", 64]> }>(
  pipeline("p", { inputs: { tensor: { dtype: "float32", shape: ["batch", 64] } } }).model(a).inputs,
);
pipeline("p")
  .model(a, { image: "tensor" })
  .model(champ, { input: "embedding" })
  .validate("v", (x) => x.in.tensor[63] < 1);
expectError(pipeline("p").model(a).model(champ, { inpt: "embedding" }));
expectError(pipeline("p").model(a).model(champ, { input: "dense" }));

// Annotations for exported pipelines.
expectAssignable<AnyPipeline>(fraud);
expectAssignable<AnyPipeline>(pipeline("p"));
export const annotated: AnyPipeline = fraud;
export const typed: Deployable<A["inputs"], Champ["outputs"], "amt"> = fraud;
expectNotAssignable<Deployable<Champ["inputs"], Champ["outputs"], "amt">>(fraud);

// Requests and answers.
expectType<{ readonly image: readonly number[] | Float32Array | ShapedInput<Float32Array> }>(
  {} as InferInput<typeof fraud>,
);
const row = {} as InferOutput<typeof fraud>;
expectType<Date>(row.time);
expectType<readonly [number]>(row.out.dense_1);
expectType<number>(row.in.image[63]);
expectType<number>(row.anomaly.count);
expectType<boolean>(row.anomaly.amt);
expectType<number>(row.check_failures);
expectType<{ variable: readonly [number] | null } | undefined>(row.out_c1);
expectError(row.out_champ);
expectError(row.anomaly.other);
// A logged row may be from a version without this validation.
expectType<boolean | null>(({} as LogRow<typeof fraud>).anomaly.amt);

const live = await fraud.deploy(target);
const image = [0.5];
expectType<[InferOutput<typeof fraud>]>(await live.infer([{ image }], { timeoutMs: 10 }));
// As many answers as rows, where the rows are written out; a list of unknown length otherwise.
const [first, second] = await live.infer([{ image }, { image }]);
expectType<InferOutput<typeof fraud>>(first);
expectType<InferOutput<typeof fraud>>(second);
declare const requests: InferInput<typeof fraud>[];
expectType<InferOutput<typeof fraud>[]>(await live.infer(requests));
expectType<InferOutput<typeof fraud>[]>(await live.infer(requests.map((each) => each)));
// Lengths of lists that are written out.
expectError(await live.infer([{ image: [0.5, 1] }]));
await live.infer([{ image: [...image] }]);
await live.infer([{ image: new Float32Array(64) }]);
await live.infer([{ image: { data: new Float32Array(64), shape: [64] } }]);
const columns = await live.infer({ image: [image] });
expectType<readonly (readonly [number])[]>(columns.out.dense_1);
expectType<readonly boolean[]>(columns.anomaly.amt);
await live.infer({ image: new Float32Array(64) });
expectType<ArrowTable>(await live.infer({} as ArrowTable));
expectType<LogRows<LogRow<typeof fraud>>>(
  await live.logs({ limit: 3, start: new Date(), end: "2026-01-01", valid: false }),
);
expectType<ArrowTable>(await live.logs({ arrow: true }));
expectError(await live.infer([{}]));
expectError(await live.infer([{ imag: image }]));
expectError(await live.infer([{ image: [image] }]));
expectError(await live.infer({ image }));
expectError(await live.infer([{ image }], { timeout: 5 }));
// An input without a row axis, beside one with it, has one value in the columns form.
declare const vad: Model<
  "vad",
  { readonly a: F<readonly ["batch", 2]>; readonly sr: Tensor<"int64", readonly []> },
  { readonly speech: F<readonly ["batch", 1]> }
>;
const detector = await pipeline("p").model(vad).deploy(target);
const speech = await detector.infer({ a: [[0.5, 1]], sr: 16000n });
expectType<readonly (readonly [number])[]>(speech.out.speech);
await detector.infer({ a: new Float32Array(4), sr: 16000n });
await detector.infer([{ a: [0.5, 1], sr: 16000n }]);
expectError(await detector.infer({ a: [[0.5, 1]], sr: [16000n] }));
expectError(await detector.infer({ a: [[0.5, 1]] }));
await detector.infer([
  { a: [0.5, 1], sr: 16000n },
  { a: [0.5, 1], sr: 16000n },
]);
expectError(
  await detector.infer([
    { a: [0.5, 1], sr: 16000n },
    { a: [0.5, 1, 2], sr: 16000n },
  ]),
);

// A compiled config, and what is deployed: typed by the pipeline. The target adds its own members.
declare const compiled: {
  shapeline: number;
  name: string;
  inputs: { name: string }[];
  steps: { kind: string }[];
  hash: string;
};
expectType<InferOutput<typeof fraud>>((await (await fraud.deploy(target, { config: compiled })).infer([{ image }]))[0]);
expectError(fraud.deploy(target, { config: { steps: [] } }));
expectError(fraud.deploy(target, { confg: compiled }));
declare const engine: LocalTarget;
const deployed = await fraud.deploy(engine);
expectType<InferOutput<typeof fraud>>((await deployed.infer([{ image }]))[0]);
expectType<Comparison>(await deployed.compare());
expectType<"local">((await deployed.status()).target);
const connected = await fraud.connect(engine);
expectType<InferOutput<typeof fraud>>((await connected.infer([{ image }]))[0]);
expectType<Comparison>(await connected.compare());

// Helper types, also of pipelines that are not known.
const isLow = (x: RowOf<typeof fraud>) => x.out < 1 && x.models.c1 < 1 && x.in.image[63] < 1;
fraud.validate("low", isLow);
expectType<"amt">({} as ValidationsOf<typeof fraud>);
expectType<"a" | "champ" | "c1" | "c2">({} as ModelOf<typeof fraud>["name"]);
expectType<Readonly<Record<string, unknown>>>({} as InferInput<AnyPipeline>);
expectType<unknown>(({} as InferOutput<AnyPipeline>).out["risk"]);
expectType<unknown>(({} as LogRow<AnyPipeline>).out["risk"]);
expectType<string>({} as ValidationsOf<AnyPipeline>);
expectType<string>({} as ModelOf<AnyPipeline>["name"]);
expectAssignable<RowOf<AnyPipeline>>({ in: { a: 1 }, out: { b: [1, 2] } });
const untyped = await annotated.deploy(target);
expectType<unknown>((await untyped.infer([{ image }]))[0]?.out["dense_1"]);

// Several models: a tuple until one is selected; lambdas read each output by model name.
declare const c3: Model<
  "c3",
  { readonly x: F<readonly ["batch", 8]> },
  { readonly variable: F<readonly ["batch", 1]> }
>;
const several = pipeline("p").model(a).models([champ, c2, c1]);
expectType<
  readonly [
    { readonly dense_1: F<readonly ["batch", 1]> },
    { readonly scores: F<readonly ["batch", 3]> },
    { readonly variable: F<readonly ["batch", 1]> },
  ]
>(several.outputs);
several.validate("v", (x) => {
  expectType<number & { dense_1: readonly [number] }>(x.models.champ);
  expectType<readonly [number, number, number]>(x.models.c2.scores);
  expectType<number>(x.in.image[63]);
  expectError(x.out);
  return x.models.champ < x.models.c1;
});
expectType<{ readonly scores: F<readonly ["batch", 3]> }>(several.select(1).outputs);
several
  .audit("1:")
  .select(1)
  .validate("v", (x) => x.out.scores[0] < x.models.champ && x.models.c2[2] > 0);
expectError(
  several
    .select(1)
    .model(c3, { x: "scores" })
    .validate("v", (x) => x.models.champ < 1),
);
const unselected = {} as LogRow<typeof several>;
expectType<readonly [number]>(unselected.out_champ.dense_1);
expectType<readonly [number, number, number]>(unselected.out_c2.scores);
expectError(unselected.out.dense_1);
expectError(unselected.out_a);
const selected = several
  .audit("1:")
  .validate("low", (x) => x.models.c1 < 1)
  .select(0);
const audited = {} as LogRow<typeof selected>;
expectType<readonly [number]>(audited.out.dense_1);
expectType<{ scores: readonly [number, number, number] | null } | undefined>(audited.out_c2);
expectType<{ variable: readonly [number] | null } | undefined>(audited.out_c1);
expectError(audited.out_champ);
expectType<boolean | null>(audited.anomaly.low);
for (const row of await (await several.deploy(target)).infer([{ image }]))
  expectType<readonly [number]>(row.out_c1.variable);
expectType<readonly (readonly [number])[]>(
  (await (await several.deploy(target)).infer({ image: [image] })).out_champ.dense_1,
);
const middle = {} as LogRow<ReturnType<typeof auditMiddle>>;
const auditMiddle = () => several.audit(":2").select(2);
expectError(middle.out_c1);
expectType<{ dense_1: readonly [number] | null } | undefined>(middle.out_champ);
expectAssignable<AnyPipeline>(several);
expectAssignable<readonly Model[]>(several.modelList);
several.audit(":" as string).select(0 as number);
pipeline("p")
  .models([c1, c3])
  .select(1)
  .validate("v", (x) => x.out < 1 && x.in.features[7] < 1);

// Splits: one of several models with the same outputs runs.
const keyed = pipeline("p")
  .model(a)
  .keySplit("segment", { default: c1, routes: { gold: c3, "very-gold": c1 } });
expectType<{ readonly variable: F<readonly ["batch", 1]> }>(keyed.outputs);
expectType<{ readonly features: F<readonly ["batch", 8]> }>(
  pipeline("p").keySplit("k", { default: c1, routes: { gold: c3 } }).inputs,
);
expectError(keyed.validate("v", (x) => x.models.c1 < 1));
expectError(pipeline("p").keySplit("segment", { routes: { gold: c3 } }));
expectType<{ readonly variable: F<readonly ["batch", 1]> }>(
  pipeline("p")
    .model(a)
    .randomSplit(
      [
        [2, c1],
        [0.5, c3],
      ],
      { hashKey: "session_id" },
    ).outputs,
);
expectType<{ readonly x: F<readonly ["batch", 8]> }>(
  pipeline("p").randomSplit([
    [1, c3],
    [1, c1],
  ]).inputs,
);
keyed.validate("v", (x) => x.out < 1 && x.out.variable[0] < 1);
await (await keyed.deploy(target)).infer([{ image }], { metadata: { segment: "gold" } });
declare const weight: number;
pipeline("p").randomSplit([[weight, c1]]);

// Refine: a symbol becomes a size.
expectType<{ readonly hidden: F<readonly ["batch", 128, "encoder.k"]> }>(
  pipeline("p").model(encoder).refine({ seq: 128 }).outputs,
);
expectType<{ readonly hidden: F<readonly ["batch", 128, 768]> }>(
  pipeline("p").model(encoder).refine({ seq: 128, "encoder.k": 768 }).outputs,
);
expectType<{ readonly y: F<readonly ["batch", 768]>; readonly z: F<readonly ["batch", 128, 3]> }>(
  pipeline("p").model(encoder).refine({ seq: 128, "encoder.k": 768 }).model(pool).outputs,
);
pipeline("p", { inputs: { tokens: { dtype: "int64", shape: ["batch", "seq"] } } })
  .refine({ seq: 16 })
  .model(encoder)
  .validate("v", (x) => x.out[15].every((v) => v > 0));

// Edits: the same types as the pipeline written by hand.
const edited = pipeline("p")
  .model(a)
  .model(champ)
  .validate("low", (x) => x.out < 1);
expectType<{ readonly variable: F<readonly ["batch", 1]> }>(
  edited
    .removeStep(2)
    .replaceStep(1, (at) => at.model(c1))
    .insertStep(1, (at) => at.validate("v", (x) => x.out[0] < 1))
    .removeStep(1).outputs,
);
expectType<"low" | "high">({} as keyof Omit<InferOutput<ReturnType<typeof withHigh>>["anomaly"], "count">);
const withHigh = () => edited.insertStep(2, (at) => at.validate("high", (x) => x.out > 0));
expectType<boolean>(({} as InferOutput<ReturnType<typeof withHigh>>).anomaly.low);
edited.replaceStep(1, (at) => at.shadow(champ, [c1, c2])).validate("v", (x) => x.models.c1 < 1 && x.out < 1);
expectType<{ scores: readonly [number, number, number] | null } | undefined>(
  ({} as InferOutput<ReturnType<typeof withShadow>>).out_c2,
);
const withShadow = () => edited.replaceStep(1, (at) => at.shadow(champ, [c1, c2]));
expectType<{ readonly image: F<readonly ["batch", 64]> }>(edited.removeStep(2).removeStep(1).inputs);
expectType<{ readonly input: F<readonly ["batch", 8]> }>(pipeline("p").model(a).model(champ).removeStep(0).inputs);
expectType<{ readonly tensor: F<readonly ["batch", 64]> }>(
  pipeline("p")
    .model(a)
    .replaceStep(0, (at) => at.model(a, { image: "tensor" })).inputs,
);
edited
  .clear()
  .model(champ)
  .validate("low", (x) => x.out < 1);
expectType<{ readonly image: F<readonly ["batch", 64]> }>(
  pipeline("p", { inputs: { image: { dtype: "float32", shape: ["batch", 64] } } })
    .model(a)
    .clear().inputs,
);
pipeline("p")
  .insertStep(0, (at) => at.models([champ, c1]))
  .insertStep(1, (at) => at.audit("1:"))
  .insertStep(2, (at) => at.select(0))
  .validate("v", (x) => x.models.c1 < 1);
pipeline("p")
  .insertStep(0, (at) => at.keySplit("k", { default: c1, routes: { gold: c3 } }))
  .replaceStep(0, (at) =>
    at.randomSplit([
      [1, c1],
      [2, c3],
    ]),
  )
  .validate("v", (x) => x.out < 1);
pipeline("p")
  .model(encoder)
  .insertStep(1, (at) => at.refine({ seq: 128 }))
  .model(pool);
edited.insertStep(3, (at) => at.alert("drift", (all) => all.avg((x) => x.out) > 0.5, { over: "5m" })).removeStep(3);
expectError(edited.replaceStep(1, (at) => at));
expectError(edited.removeStep(1));
declare const index: number;
expectAssignable<AnyPipeline>(
  edited
    .replaceStep(index, (at) => at.model(c2))
    .removeStep(index)
    .insertStep(index, (at) => at.validate("v", (x) => x.out < 1)),
);

// Functions with a model parameter: any model as the first step; a model with known ports in any step.
const scored = <M extends Model>(m: M) => pipeline("p").model(m);
expectType<{ readonly dense_1: F<readonly ["batch", 1]> }>(scored(a).model(champ).outputs);
scored(champ).validate("v", (x) => x.out < 1);
const onTop = <N extends string>(
  m: Model<N, { readonly input: F<readonly ["batch", 8]> }, { readonly score: F<readonly ["batch", 1]> }>,
) =>
  pipeline("p")
    .model(a)
    .model(m, { input: "embedding" })
    .validate("low", (x) => x.out < 1);
expectType<{ readonly score: F<readonly ["batch", 1]> }>(
  onTop({} as Model<"top", { readonly input: F<readonly ["batch", 8]> }, { readonly score: F<readonly ["batch", 1]> }>)
    .outputs,
);
