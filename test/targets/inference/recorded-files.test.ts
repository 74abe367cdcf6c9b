import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { Table, tableFromIPC } from "apache-arrow";
import { afterAll, describe, expect, test } from "vitest";
import type { Port } from "../../../dsl/tensor.js";
import { local } from "../../../src/targets/local/index.js";
import { config, folder, modelAt, run } from "../../engine/make-config.js";
import { float32, near, recordedModels } from "../../engine/recorded-models.js";
import { recordings } from "../../recordings.js";

const target = local({ models: recordedModels, data: folder() });
afterAll(() => target.close());
const float64 = (name: string, ...shape: Port["shape"] & object): Port => ({ name, dtype: "float64", shape });

interface Recorded {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

const models: Readonly<Record<string, Recorded>> = {
  "ccfraud.onnx": { inputs: [float32("dense_input", "batch", 29)], outputs: [float32("dense_1", "batch", 1)] },
  "xgboost_ccfraud.onnx": {
    inputs: [float32("feature_input", "batch", 29)],
    outputs: [float32("variable", "batch", 1)],
  },
  "modelA.onnx": { inputs: [float32("float_input", "batch", 29)], outputs: [float32("variable", "batch", 1)] },
  "rf_model.onnx": { inputs: [float32("float_input", "batch", 18)], outputs: [float32("variable", "batch", 1)] },
  "gbr_model.onnx": { inputs: [float32("float_input", "batch", 18)], outputs: [float32("variable", "batch", 1)] },
  "xgb_model.onnx": { inputs: [float32("input", "batch", 18)], outputs: [float32("variable", "batch", 1)] },
  "housing_model_xgb.onnx": { inputs: [float32("input", "batch", 18)], outputs: [float32("variable", "batch", 1)] },
  "house_price_keras.onnx": {
    inputs: [float32("dense_input", "batch", 17)],
    outputs: [float32("dense_2", "batch", 1)],
  },
  "demand_curve_v1.onnx": { inputs: [float64("double_input", "batch", 3)], outputs: [float64("variable", "batch", 1)] },
  "embedder.onnx": { inputs: [float32("input", "batch", 100)], outputs: [float32("flatten_1", "batch", 800)] },
  "sentiment_model.onnx": { inputs: [float32("embeddings", "batch", 800)], outputs: [float32("dense_1", "batch", 1)] },
  "multi_io.onnx": {
    inputs: [float32("input_1", "batch", 10), float32("input_2", "batch", 5)],
    outputs: [float32("output_1", "batch", 3), float32("output_2", "batch", 2)],
  },
};

/** Every recorded request, and the models that take rows of its width. */
const requests: Readonly<Record<string, readonly string[]>> = {
  "ccfraud-1.df.json": ["ccfraud.onnx", "xgboost_ccfraud.onnx", "modelA.onnx"],
  "ccfraud-1k.df.json": ["ccfraud.onnx", "xgboost_ccfraud.onnx", "modelA.onnx"],
  "ccfraud-high.json": ["ccfraud.onnx", "xgboost_ccfraud.onnx", "modelA.onnx"],
  "house-1.df.json": ["rf_model.onnx", "gbr_model.onnx", "xgb_model.onnx", "housing_model_xgb.onnx"],
  "house-1k.arrow": ["rf_model.onnx", "gbr_model.onnx", "xgb_model.onnx", "housing_model_xgb.onnx"],
  "house-normal.df.json": ["rf_model.onnx", "gbr_model.onnx", "xgb_model.onnx", "housing_model_xgb.onnx"],
  // float64, which no model takes: it has its own test.
  "imdb-1.arrow": [],
  "imdb-1.df.json": ["embedder.onnx"],
};

const at = (kind: "inputs" | "models", file: string): string => join(recordings ?? "", kind, file);

function deployed(file: string, more: { readonly column?: string } = {}) {
  const { inputs, outputs } = models[file] ?? { inputs: [], outputs: [] };
  const name = file.replace(".onnx", "").replaceAll("_", "-").toLowerCase();
  const model = modelAt(name, at("models", file), inputs, outputs);
  const [port] = inputs;
  const column = more.column;
  if (column === undefined || port === undefined || column === port.name)
    return target.deploy(config(name, [model], [run(name)]));
  return target.deploy(
    config(name, [model], [run(name, { [port.name]: column })], { inputs: [{ ...port, name: column }] }),
  );
}

/** Runs a model directly in ONNX Runtime. */
async function raw(
  file: string,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const session = await InferenceSession.create(at("models", file), { intraOpNumThreads: 1, logSeverityLevel: 4 });
  const answer = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(answer).map(([name, { data }]) => [name, Array.from(data as Float32Array)]));
}

/** The only column of a recorded request: its name and its values, row by row. */
function column(file: string): { readonly name: string; readonly rows: number; readonly values: readonly number[] } {
  const bytes = readFileSync(at("inputs", file));
  if (file.endsWith(".arrow")) {
    const table = tableFromIPC(bytes);
    const name = String(table.schema.fields[0]?.name);
    return {
      name,
      rows: table.numRows,
      values: [...(table.getChild(name) ?? [])].flatMap((list: Iterable<number>) => [...list]),
    };
  }
  const rows = JSON.parse(bytes.toString()) as Record<string, number[]>[];
  const name = Object.keys(rows[0] ?? {})[0] ?? "";
  return { name, rows: rows.length, values: rows.flatMap((row) => row[name] ?? []) };
}

const differing = (got: readonly number[], wanted: readonly number[]) =>
  got.filter((value, i) => !near(value, wanted[i] ?? NaN));

describe.skipIf(recordings === null)("the recorded files", () => {
  test("are all covered by these tests", () => {
    expect(Object.keys(models).sort()).toEqual(readdirSync(recordedModels).sort());
    expect(Object.keys(requests).sort()).toEqual(readdirSync(at("inputs", "")).sort());
  });

  test.each(Object.entries(requests).flatMap(([request, each]) => each.map((model) => ({ request, model }))))(
    "$request through $model: answer and log equal the output of ONNX Runtime",
    async ({ request, model }) => {
      const { name, rows, values } = column(request);
      const [input] = models[model]?.inputs ?? [];
      const [output] = models[model]?.outputs ?? [];
      const live = await deployed(model, { column: name });
      const answer: unknown = await live.inferFromFile(at("inputs", request));
      const got =
        answer instanceof Table
          ? [...(answer.getChild(`out.${output?.name}`) ?? [])].flatMap((list: Iterable<number>) => [...list])
          : (answer as { out: Record<string, number[]> }[]).flatMap(({ out }) => out[output?.name ?? ""] ?? []);
      const wanted =
        (
          await raw(model, {
            [input?.name ?? ""]: new Tensor("float32", Float32Array.from(values), [rows, values.length / rows]),
          })
        )[output?.name ?? ""] ?? [];
      expect(got).toHaveLength(wanted.length);
      expect(differing(got, wanted)).toEqual([]);
      const logged = await live.logs({ limit: rows });
      expect(
        differing(
          [...logged].reverse().flatMap((row) => row.out[output?.name ?? ""] as number[]),
          wanted,
        ),
      ).toEqual([]);
    },
  );

  test("imdb-1.arrow has float64 values: it is refused with a hint; after the cast, answers equal those for JSON", async () => {
    const live = await deployed("embedder.onnx", { column: "tensor" });
    const refused: unknown = await live.inferFromFile(at("inputs", "imdb-1.arrow")).catch((error: unknown) => error);
    expect(String(refused)).toMatchInlineSnapshot(
      `"InputError: column 'tensor': found float64, expected float32 for port 'tensor' (float32[batch, 100]); cast the column to float32 first"`,
    );
    const [cast] = await live
      .infer({ tensor: Float32Array.from(column("imdb-1.arrow").values) })
      .then(({ out }) => [out["flatten_1"]]);
    const [row] = (await live.inferFromFile(at("inputs", "imdb-1.df.json"))) as { out: Record<string, number[]> }[];
    expect([cast].flat(2)).toEqual(row?.out["flatten_1"]);
  });

  test.each(["house_price_keras.onnx", "demand_curve_v1.onnx", "sentiment_model.onnx", "multi_io.onnx"])(
    "%s (no recorded request): answer and log equal the output of ONNX Runtime",
    async (file) => {
      const { inputs, outputs } = models[file] ?? { inputs: [], outputs: [] };
      const live = await deployed(file);
      const rows = Array.from({ length: 50 }, (_, row) =>
        Object.fromEntries(
          inputs.map(({ name, shape }) => [
            name,
            Array.from({ length: Number(shape?.[1]) }, (_, i) => Math.fround(Math.sin(row * 7 + i))),
          ]),
        ),
      );
      const feeds = Object.fromEntries(
        inputs.map(({ name, dtype, shape }) => {
          const values = rows.flatMap((row) => row[name] ?? []);
          return [
            name,
            new Tensor(
              dtype as "float32",
              dtype === "float64" ? (Float64Array.from(values) as unknown as Float32Array) : Float32Array.from(values),
              [rows.length, Number(shape?.[1])],
            ),
          ];
        }),
      );
      const wanted = await raw(file, feeds);
      const answer = await live.infer(rows);
      const logged = [...(await live.logs({ limit: 50 }))].reverse();
      for (const { name } of outputs) {
        expect(wanted[name]).toHaveLength(50 * Number(outputs.find((port) => port.name === name)?.shape?.[1]));
        for (const records of [answer, logged])
          expect(
            differing(
              records.flatMap((row) => row.out[name] as number[]),
              wanted[name] ?? [],
            ),
          ).toEqual([]);
      }
    },
  );
});
