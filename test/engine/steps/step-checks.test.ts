import { describe, expect, test } from "vitest";
import { build, defineModel, pipeline, ShapelineError, type AnyPipeline } from "shapeline";
import type { ModelConfig } from "../../../src/config/schema.js";
import { folder, writeModel } from "../make-config.js";
import { refusal } from "../../refusal.js";
import { openTestEngine } from "../open-engine.js";

const dir = folder();

/** An identity model whose signature has rows of `input` and `output` numbers. */
function identityModel(name: string, input: number | string | null, output: number | string | null) {
  const { sha256 }: ModelConfig = writeModel(dir, name, {
    inputs: [{ name: "x", dtype: "float32", shape: ["batch", input] }],
    outputs: [{ name: "y", dtype: "float32", shape: ["batch", output] }],
    nodes: [
      { op: "Identity", inputs: ["x"], outputs: [`${name}_x`] },
      { op: "Identity", inputs: [`${name}_x`], outputs: ["y"] },
    ],
  });
  return defineModel({
    name,
    sha256,
    inputs: { x: { dtype: "float32", shape: ["batch", input] } },
    outputs: { y: { dtype: "float32", shape: ["batch", output] } },
  });
}

const openEnd = identityModel("open", null, null);
const left = identityModel("left", 3, 3);
const right = identityModel("right", 3, 3);
const named = identityModel("named", "k", "k");
const other = identityModel("other", null, null);

async function outcome(made: AnyPipeline, width: number, metadata?: Record<string, string | number>): Promise<string> {
  const config = await build(made);
  const engine = await openTestEngine(dir, config, { seed: 1 });
  const row = { [config.inputs[0]?.name ?? ""]: new Array<number>(width).fill(1) };
  return engine.infer([row], metadata === undefined ? {} : { metadata }).then(
    () => "accepted",
    (error: unknown) =>
      error instanceof ShapelineError ? `${error.code} ${error.message}` : Promise.reject(error as Error),
  );
}

describe("a size that the types left open is checked for every batch", () => {
  test.each([
    ["several models", pipeline("p").model(openEnd).models([left, right]), undefined, "left"],
    [
      "the default of a key split",
      pipeline("p")
        .model(openEnd)
        .keySplit("key", { default: left, routes: { r: right } }),
      undefined,
      "left",
    ],
    [
      "a route of a key split",
      pipeline("p")
        .model(openEnd)
        .keySplit("key", { default: left, routes: { r: right } }),
      { key: "r" },
      "right",
    ],
    [
      "the first model of a random split",
      pipeline("p")
        .model(openEnd)
        .randomSplit(
          [
            [1, left],
            [1, right],
          ],
          { hashKey: "key" },
        ),
      { key: 0 },
      "left",
    ],
    [
      "the last model of a random split",
      pipeline("p")
        .model(openEnd)
        .randomSplit(
          [
            [1, left],
            [1, right],
          ],
          { hashKey: "key" },
        ),
      { key: 1 },
      "right",
    ],
  ] as [string, AnyPipeline, Record<string, string | number> | undefined, string][])(
    "by %s",
    async (_, made, metadata, model) => {
      expect(await outcome(made, 2, metadata)).toBe(
        `SL6003 model '${model}' input 'x' expects float32[batch, 3] but step 0 (model 'open') produces float32[1, 2]`,
      );
      expect(await outcome(made, 3, metadata)).toBe("accepted");
    },
  );

  test("by the champion of a shadow step, and by its challenger, whose error becomes a note", async () => {
    const wide = identityModel("wide", null, null);
    const made = (champion: typeof left, challenger: typeof wide) =>
      pipeline("p")
        .model(openEnd)
        .shadow(champion as never, [challenger] as never) as AnyPipeline;
    expect(await outcome(made(left, wide as never), 2)).toBe(
      "SL6003 model 'left' input 'x' expects float32[batch, 3] but step 0 (model 'open') produces float32[1, 2]",
    );
    const config = await build(made(wide, left));
    const engine = await openTestEngine(dir, config, { seed: 1 });
    const notes = async (width: number) => {
      const { deferred } = await engine.infer([{ x: new Array<number>(width).fill(1) }]);
      return (await Promise.all(deferred.map((run) => engine.runChallenger(run)))).map(({ note }) => note);
    };
    expect(await notes(2)).toEqual([
      "model 'left' input 'x' expects float32[batch, 3] but step 0 (model 'open') produces float32[1, 2]",
    ]);
    expect(await notes(3)).toEqual([null]);
  });

  test("of a request column that a later step reads: the request is named, not the step before", async () => {
    const columns = {
      x: { dtype: "float32", shape: ["batch", 2] },
      mask: { dtype: "float32", shape: ["batch", null] },
    } as const;
    const made = pipeline("p", { inputs: columns }).model(openEnd).model(left, { x: "in.mask" });
    const engine = await openTestEngine(dir, await build(made));
    const infer = (mask: number[]) => refusal(engine.infer([{ x: [1, 1], mask }]));
    expect(await infer([1, 1])).toBe(
      "SL5016 model 'left' input 'x' expects float32[batch, 3] but request column 'mask' has float32[1, 2]",
    );
    expect((await engine.infer([{ x: [1, 1], mask: [1, 1, 1] }])).batch.rows).toBe(1);
  });

  test("of an earlier step's output that a later step reads", async () => {
    const made = pipeline("p").model(openEnd).model(other).model(left, { x: "open.y" }) as AnyPipeline;
    expect(await outcome(made, 2)).toBe(
      "SL6003 model 'left' input 'x' expects float32[batch, 3] but model 'open' output 'y' is float32[1, 2]",
    );
  });

  test("by refine, of a request and of a model's output", async () => {
    const request = pipeline("p", { inputs: { x: { dtype: "float32", shape: ["batch", "n"] } } })
      .refine({ n: 3 })
      .model(left);
    expect(await outcome(request, 2)).toMatchInlineSnapshot(
      `"SL5016 'x' is refined to 3 along axis 0 of a row but the pipeline's input has float32[1, 2]"`,
    );
    expect(await outcome(request, 3)).toBe("accepted");
    const output = pipeline("p")
      .model(named)
      .refine({ k: 3 } as never)
      .model(left as never) as AnyPipeline;
    expect(await outcome(output, 2)).toMatchInlineSnapshot(
      `"SL6003 'y' is refined to 3 along axis 0 of a row but step 0 (model 'named') produces float32[1, 2]"`,
    );
    expect(await outcome(output, 3)).toBe("accepted");
  });
});
