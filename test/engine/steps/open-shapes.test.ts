import { describe, expect, test } from "vitest";
import {
  build,
  checkPipeline,
  defineModel,
  dtypes,
  pipeline,
  ShapelineError,
  type AnyPipeline,
  type Dim,
  type DType,
  type Model,
} from "shapeline";
import { folder, writeModel } from "../make-config.js";
import { openTestEngine } from "../open-engine.js";

const dir = folder();

let models = 0;
/** An identity model. With `null` for a size or the shape, it accepts any size or rank. */
function identityModel(dtype: DType, input: readonly Dim[] | null, output = input): Model {
  const name = `m${models++}`;
  const fileShape = (shape: readonly Dim[] | null) =>
    shape?.map((_, axis) => (axis === 0 ? "batch" : `d${axis}`)) ?? null;
  const { sha256 } = writeModel(dir, name, {
    inputs: [{ name: "x", dtype, shape: fileShape(input) }],
    outputs: [{ name: "y", dtype, shape: fileShape(output) }],
    nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
  });
  return defineModel({
    name,
    sha256,
    inputs: { x: { dtype, shape: input } },
    outputs: { y: { dtype, shape: output } },
  });
}

/** The builder without its types: the shapes of these tests are known only at run time. */
interface Untyped extends AnyPipeline {
  model(model: Model): Untyped;
  refine(sizes: Readonly<Record<string, number>>): Untyped;
}
const untyped = (options?: { inputs: object }): Untyped =>
  (pipeline as unknown as (name: string, options?: object) => Untyped)("p", options);

const one: Readonly<Record<DType, unknown>> = {
  float16: 0.5,
  float32: 0.5,
  float64: 0.5,
  int8: -1,
  int16: -1,
  int32: -1,
  int64: -1n,
  uint8: 1,
  uint16: 1,
  uint32: 1,
  uint64: 1n,
  bool: true,
  string: "a",
};

/** One row: `sizes` without the batch. */
function row(dtype: DType, sizes: readonly number[]): unknown {
  const [first, ...rest] = sizes;
  return first === undefined ? one[dtype] : Array.from({ length: first }, () => row(dtype, rest));
}

async function outcome(pipe: AnyPipeline, values: readonly unknown[]): Promise<string> {
  const config = await build(pipe);
  const engine = await openTestEngine(dir, config, { seed: 1 });
  const rows = values.map((value) => ({ [config.inputs[0]?.name ?? ""]: value }));
  return engine.infer(rows, {}).then(
    () => "accepted",
    (error: unknown) =>
      error instanceof ShapelineError ? `${error.code} ${error.message}` : Promise.reject(error as Error),
  );
}

/** `count` sizes of 2; `last` replaces the last ones. */
const sizes = (count: number, ...last: number[]): number[] => [
  ...Array.from({ length: count - last.length }, () => 2),
  ...last,
];
const tensorText = (dtype: DType, shape: readonly Dim[]) => `${dtype}[${shape.map((dim) => dim ?? "?").join(", ")}]`;
const ranks = [1, 2, 3, 4, 5, 6, 7, 8];

describe.each(ranks.map((rank) => ({ rank })))("at rank $rank", ({ rank }) => {
  const nulls = Array.from({ length: rank - 1 }, () => null);

  test.skipIf(rank < 2)("checks an open size if the next model needs a fixed one", async () => {
    const needed = ["batch", ...sizes(rank - 1, 3)];
    const [from, to] = [identityModel("float32", ["batch", ...nulls]), identityModel("float32", needed)];
    const pipe = untyped().model(from).model(to);
    const arrived = [1, ...sizes(rank - 1, 2)];
    expect(await outcome(pipe, [row("float32", sizes(rank - 1, 2))])).toBe(
      `SL6003 model '${to.name}' input 'x' expects ${tensorText("float32", needed)} but step 0 (model '${from.name}') produces ${tensorText("float32", arrived)}`,
    );
    expect(await outcome(pipe, [row("float32", sizes(rank - 1, 3))])).toBe("accepted");
  });

  test("checks an open rank", async () => {
    const needed = ["batch", ...nulls];
    const [from, to] = [identityModel("float32", null), identityModel("float32", needed)];
    const pipe = untyped().model(from).model(to);
    expect(checkPipeline(pipe).checks).toMatchObject([{ axis: null, expects: rank - 1 }]);
    expect(await outcome(pipe, [row("float32", sizes(rank))])).toBe(
      `SL6003 model '${to.name}' input 'x' expects ${tensorText("float32", needed)} but step 0 (model '${from.name}') produces ${tensorText("float32", [1, ...sizes(rank)])}`,
    );
    expect(await outcome(pipe, [row("float32", sizes(rank - 1))])).toBe("accepted");
  });

  test.skipIf(rank < 3)("checks an open size against a symbol that occurs twice", async () => {
    const needed = ["batch", ...nulls.slice(2), "n", "n"];
    const [from, to] = [identityModel("float32", ["batch", ...nulls]), identityModel("float32", needed)];
    const pipe = untyped().model(from).model(to);
    expect(await outcome(pipe, [row("float32", sizes(rank - 1, 2, 3))])).toBe(
      `SL6003 model '${to.name}' binds 'n' to 3 in input 'x' but to 2 in input 'x'`,
    );
    expect(await outcome(pipe, [row("float32", sizes(rank - 1, 3, 3))])).toBe("accepted");
  });

  test.skipIf(rank < 2)("checks a refined symbol, of the request and of a model's output", async () => {
    const named = ["batch", ...nulls.slice(1), "n"];
    const first = identityModel("float32", named);
    const request = untyped({ inputs: { x: { dtype: "float32", shape: named } } })
      .refine({ n: 3 })
      .model(first);
    expect(await outcome(request, [row("float32", sizes(rank - 1, 2))])).toBe(
      `SL5016 'x' is refined to 3 along axis ${rank - 2} of a row but the pipeline's input has ${tensorText("float32", [1, ...sizes(rank - 1)])}`,
    );
    expect(await outcome(request, [row("float32", sizes(rank - 1, 3))])).toBe("accepted");
    const output = untyped({ inputs: { x: { dtype: "float32", shape: named } } })
      .model(first)
      .refine({ n: 3 });
    expect(await outcome(output, [row("float32", sizes(rank - 1, 2))])).toBe(
      `SL6003 'y' is refined to 3 along axis ${rank - 2} of a row but step 0 (model '${first.name}') produces ${tensorText("float32", [1, ...sizes(rank - 1)])}`,
    );
    expect(await outcome(output, [row("float32", sizes(rank - 1, 3))])).toBe("accepted");
  });
});

describe.each(dtypes.map((dtype) => ({ dtype })))("with dtype $dtype", ({ dtype }) => {
  test("checks an open size and an open rank", async () => {
    const [size, needs, rank] = [
      identityModel(dtype, ["batch", null]),
      identityModel(dtype, ["batch", 3]),
      identityModel(dtype, null),
    ];
    const text = (from: Model, arrived: string) =>
      `SL6003 model '${needs.name}' input 'x' expects ${dtype}[batch, 3] but step 0 (model '${from.name}') produces ${dtype}[${arrived}]`;
    expect(await outcome(untyped().model(size).model(needs), [row(dtype, [2])])).toBe(text(size, "1, 2"));
    expect(await outcome(untyped().model(size).model(needs), [row(dtype, [3])])).toBe("accepted");
    expect(await outcome(untyped().model(rank).model(needs), [row(dtype, [3, 1])])).toBe(text(rank, "1, 3, 1"));
    expect(await outcome(untyped().model(rank).model(needs), [row(dtype, [3])])).toBe("accepted");
  });
});

test("a model that takes a scalar (rank 0) runs once for each row", async () => {
  const [from, to] = [identityModel("float32", null), identityModel("float32", [])];
  const pipe = untyped().model(from).model(to);
  expect(checkPipeline(pipe).checks).toMatchObject([{ axis: null, expects: 0 }]);
  expect(await outcome(pipe, [0.5, 0.25])).toBe("accepted");
});
