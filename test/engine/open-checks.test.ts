import { afterEach, describe, expect, test } from "vitest";
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
import { openEngine, type Engine } from "../../src/engine/engine.js";
import { findModelFiles } from "../../src/engine/session/model-files.js";
import { folder, writeModel } from "./make-config.js";

const dir = folder();
const open: Engine[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((engine) => engine.close()));
});

let models = 0;
/** A model that hands its input on, whatever its size and, with an open rank, whatever its rank. */
function same(dtype: DType, input: readonly Dim[] | null, output = input): Model {
  const name = `m${models++}`;
  const inFile = (shape: readonly Dim[] | null) => shape?.map((_, axis) => (axis === 0 ? "N" : `d${axis}`)) ?? null;
  const { sha256 } = writeModel(dir, name, {
    inputs: [{ name: "x", dtype, shape: inFile(input) }],
    outputs: [{ name: "y", dtype, shape: inFile(output) }],
    nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
  });
  return defineModel({
    name,
    sha256,
    inputs: { x: { dtype, shape: input } },
    outputs: { y: { dtype, shape: output } },
  });
}

/** The builder without its types: shapes are only known at run time here. */
interface Loose extends AnyPipeline {
  model(model: Model): Loose;
  refine(sizes: Readonly<Record<string, number>>): Loose;
}
const loose = (options?: { inputs: object }): Loose =>
  (pipeline as unknown as (name: string, options?: object) => Loose)("p", options);

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

async function said(made: AnyPipeline, values: readonly unknown[]): Promise<string> {
  const config = await build(made);
  const engine = await openEngine(config, await findModelFiles(dir, config.models), { challengers: "log", seed: 1 });
  open.push(engine);
  const rows = values.map((value) => ({ [config.inputs[0]?.name ?? ""]: value }));
  return engine.infer(rows, {}).then(
    () => "accepted",
    (error: unknown) =>
      error instanceof ShapelineError ? `${error.code} ${error.message}` : Promise.reject(error as Error),
  );
}

/** `count` sizes of 2, or others at the end. */
const sizes = (count: number, ...last: number[]): number[] => [
  ...Array.from({ length: count - last.length }, () => 2),
  ...last,
];
const shown = (dtype: DType, shape: readonly Dim[]) => `${dtype}[${shape.map((dim) => dim ?? "?").join(", ")}]`;
const ranks = [1, 2, 3, 4, 5, 6, 7, 8];

describe.each(ranks.map((rank) => ({ rank })))("at rank $rank", ({ rank }) => {
  const nulls = Array.from({ length: rank - 1 }, () => null);

  test("an open size, where the next model needs one", async () => {
    const needed = rank === 1 ? [3] : ["batch", ...sizes(rank - 1, 3)];
    const [from, to] = [
      same("float32", ["batch", ...nulls], rank === 1 ? null : ["batch", ...nulls]),
      same("float32", needed),
    ];
    const made = loose().model(from).model(to);
    const batch = (last: number) =>
      rank === 1 ? Array.from({ length: last }, () => 0.5) : [row("float32", sizes(rank - 1, last))];
    const arrived = rank === 1 ? [2] : [1, ...sizes(rank - 1, 2)];
    expect(await said(made, batch(2))).toBe(
      `SL6003 model '${to.name}' input 'x' expects ${shown("float32", needed)} but step 0 (model '${from.name}') produces ${shown("float32", arrived)}`,
    );
    expect(await said(made, batch(3))).toBe("accepted");
  });

  test("an open rank", async () => {
    const needed = ["batch", ...nulls];
    const [from, to] = [same("float32", null), same("float32", needed)];
    const made = loose().model(from).model(to);
    expect(checkPipeline(made).checks).toMatchObject([{ axis: null, expects: rank }]);
    expect(await said(made, [row("float32", sizes(rank))])).toBe(
      `SL6003 model '${to.name}' input 'x' expects ${shown("float32", needed)} but step 0 (model '${from.name}') produces ${shown("float32", [1, ...sizes(rank)])}`,
    );
    expect(await said(made, [row("float32", sizes(rank - 1))])).toBe("accepted");
  });

  test.skipIf(rank < 3)("an open size of a symbol that stands twice", async () => {
    const needed = ["batch", ...nulls.slice(2), "n", "n"];
    const [from, to] = [same("float32", ["batch", ...nulls]), same("float32", needed)];
    const made = loose().model(from).model(to);
    expect(await said(made, [row("float32", sizes(rank - 1, 2, 3))])).toBe(
      `SL6003 model '${to.name}' binds 'n' to 3 in input 'x' but to 2 in input 'x'`,
    );
    expect(await said(made, [row("float32", sizes(rank - 1, 3, 3))])).toBe("accepted");
  });

  test.skipIf(rank < 2)("a refined symbol of the request and of a model's output", async () => {
    const named = ["batch", ...nulls.slice(1), "n"];
    const first = same("float32", named);
    const request = loose({ inputs: { x: { dtype: "float32", shape: named } } })
      .refine({ n: 3 })
      .model(first);
    expect(await said(request, [row("float32", sizes(rank - 1, 2))])).toBe(
      `SL5016 'x' is refined to 3 along axis ${rank - 1} but the pipeline's input has ${shown("float32", [1, ...sizes(rank - 1)])}`,
    );
    expect(await said(request, [row("float32", sizes(rank - 1, 3))])).toBe("accepted");
    const output = loose({ inputs: { x: { dtype: "float32", shape: named } } })
      .model(first)
      .refine({ n: 3 });
    expect(await said(output, [row("float32", sizes(rank - 1, 2))])).toBe(
      `SL6003 'y' is refined to 3 along axis ${rank - 1} but step 0 (model '${first.name}') produces ${shown("float32", [1, ...sizes(rank - 1)])}`,
    );
    expect(await said(output, [row("float32", sizes(rank - 1, 3))])).toBe("accepted");
  });
});

describe.each(dtypes.map((dtype) => ({ dtype })))("of $dtype", ({ dtype }) => {
  test("an open size and an open rank", async () => {
    const [size, needs, rank] = [same(dtype, ["batch", null]), same(dtype, ["batch", 3]), same(dtype, null)];
    const text = (from: Model, arrived: string) =>
      `SL6003 model '${needs.name}' input 'x' expects ${dtype}[batch, 3] but step 0 (model '${from.name}') produces ${dtype}[${arrived}]`;
    expect(await said(loose().model(size).model(needs), [row(dtype, [2])])).toBe(text(size, "1, 2"));
    expect(await said(loose().model(size).model(needs), [row(dtype, [3])])).toBe("accepted");
    expect(await said(loose().model(rank).model(needs), [row(dtype, [3, 1])])).toBe(text(rank, "1, 3, 1"));
    expect(await said(loose().model(rank).model(needs), [row(dtype, [3])])).toBe("accepted");
  });
});

test("rank 0 has no dimension for the rows: a model that takes a scalar is refused before any request", async () => {
  const [from, to] = [same("float32", null), same("float32", [])];
  const made = loose().model(from).model(to);
  expect(checkPipeline(made).checks).toMatchObject([{ axis: null, expects: 0 }]);
  await expect(said(made, [0.5])).rejects.toThrow(
    `model '${to.name}' input 'x' is float32[], which has no dimension for the rows; export it with a batch dimension first`,
  );
});
