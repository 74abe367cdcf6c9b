import { expectAssignable, expectError, expectType } from "tsd";
import { pipeline, type AnyPipeline, type ArrowTable, type Model, type Tensor } from "../dist/src/index.js";
import { openInference, type AnyConnectedModel, type ConnectedModel } from "../dist/src/client/index.js";

type F<S extends readonly (number | string | null)[]> = Tensor<"float32", S>;
interface A extends Model<
  "a",
  { readonly image: F<readonly ["batch", 64]> },
  { readonly embedding: F<readonly ["batch", 2]> }
> {}
interface Vad extends Model<
  "vad",
  { readonly state: F<readonly [2, "batch", 3]>; readonly sr: Tensor<"int64", readonly []> },
  { readonly speech: F<readonly ["batch"]>; readonly at: Tensor<"int64", readonly ["batch"]> }
> {}
declare const a: A;
declare const vad: Vad;
declare const table: ArrowTable;
declare const some: Model | A;
declare const any: AnyPipeline;

const server = openInference({ url: "http://localhost:8080", token: "t", encoding: "binary", fetch });
const model = await server.connect(a);
expectType<ConnectedModel<A["inputs"], A["outputs"], never>>(model);

// Records: a tuple of records where their number is known, typed by the handle.
const [row] = await model.infer([{ image: new Float32Array(64) }]);
expectType<readonly [number, number]>(row.out.embedding);
expectType<Date>(row.time);
expectType<number>(row.anomaly.count);
// Columns: a flat typed array of all rows, or a list with an entry per row.
const columns = await model.infer({ image: new Float32Array(128) });
expectType<readonly (readonly [number, number])[]>(columns.out.embedding);
await model.infer({ image: [new Float32Array(64)] }, { timeoutMs: 100, metadata: { segment: "gold" } });
// Selected columns are not typed.
expectType<[Readonly<Record<string, unknown>>]>(
  await model.infer([{ image: new Float32Array(64) }], { dataset: ["out"] }),
);
expectError(model.infer([{ image: new Float32Array(64), more: 1 }]));
expectError(model.infer([{ image: ["a"] }]));
expectError(model.infer(table));
expectError(model.infer([{ image: new Float32Array(64) }], { timeout: 1 }));
expectError(model.logs());

// A row axis at another place, a shared input and a bigint.
const speech = await server.connect(vad, {
  model: "silero",
  version: "3",
  checkMetadata: false,
  oneRowPerRequest: true,
});
const [said] = await speech.infer([
  {
    state: [
      [1, 2, 3],
      [4, 5, 6],
    ],
    sr: 16000n,
  },
]);
expectType<number>(said.out.speech);
expectType<bigint>(said.out.at);
await speech.infer({
  state: [
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ],
  sr: 16000n,
});

// A pipeline: its columns, outputs and validations.
const made = pipeline("p")
  .model(a, { image: "tensor" })
  .validate("low", (x) => x.out.embedding[0] < 1);
const live = await server.connect(made);
const [checked] = await live.infer([{ tensor: new Float32Array(64) }]);
expectType<boolean>(checked.anomaly.low);
expectType<readonly [number, number]>(checked.out.embedding);
expectError(checked.anomaly.high);
expectError(live.infer([{ image: new Float32Array(64) }]));

// The pipeline connects itself, with the same types. Only `infer` is there.
expectType<typeof live>(await made.connect(server));
expectError((await made.connect(server)).logs());

// Types that are not known: any record.
expectAssignable<AnyConnectedModel>(await server.connect(any));
await (await server.connect(some)).infer([{ image: new Float32Array(64) }]);

expectError(server.connect("a"));
expectError(server.connect(a, { name: "b" }));
expectError(openInference({}));
expectError(openInference({ url: "http://localhost:8080", encoding: "arrow" }));
// Nothing can be deployed there.
expectError(made.deploy(server));
