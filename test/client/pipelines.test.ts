import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { defineModel, pipeline } from "shapeline";
import { openInference } from "shapeline/client";
import { refusal } from "../refusal.js";
import { boosting, forest, models, regression, rows } from "../targets/breast-cancer.js";
import { openEngine } from "../targets/local-engine.js";
import { onnxModel } from "./onnx-server.js";
import { type Element, type ServerModel, startServer, type Tensor } from "./protocol-server.js";

const triage = pipeline("triage")
  .shadow(boosting, [regression, forest])
  .validate("sure", (x) => x.out.probabilities[1] < 0.9)
  .validate("calm", (x) => x.out.probabilities[0] < 0.5);

const ports = {
  inputs: [{ name: "features", datatype: "FP32", shape: [-1, 30] }],
  outputs: [{ name: "probabilities", datatype: "FP32", shape: [-1, 2] }],
};

/** The pipeline as `shapeline serve` serves it: as one model, with its validations as outputs if they are asked for. */
async function served(): Promise<ServerModel> {
  const live = await triage.deploy(openEngine({ models }));
  return {
    ...ports,
    run: async ([features], parameters) => {
      const data = Float32Array.from((features?.data ?? []) as number[]);
      const { out, anomaly } = await live.infer({ features: data });
      const count = anomaly.count.length;
      const flags = (name: string, datatype: string, values: readonly Element[]): Tensor => ({
        name: `anomaly.${name}`,
        datatype,
        shape: [count],
        data: values,
      });
      return [
        { name: "probabilities", datatype: "FP32", shape: [count, 2], data: out.probabilities.flat() },
        ...(parameters["anomaly"] === true
          ? [
              flags("sure", "BOOL", anomaly.sure),
              flags("calm", "BOOL", anomaly.calm),
              flags("count", "INT64", anomaly.count),
            ]
          : []),
      ];
    },
  };
}

describe.each(["json", "binary"] as const)("with tensors as %s", (encoding) => {
  test("a pipeline answers as it does where it is deployed", async () => {
    const local = await triage.deploy(openEngine({ models }));
    const { url, received } = await startServer({ triage: await served() });
    const live = await openInference({ url, encoding }).connect(triage);
    const before = Date.now();
    const records = await live.infer(rows);
    const expected = await local.infer(rows);
    const untimed = (list: readonly { readonly time: Date }[]) => list.map((row) => ({ ...row, time: null }));
    expect(untimed(records)).toEqual(untimed(expected));
    expect(records.filter(({ anomaly }) => anomaly.sure || anomaly.calm).length).toBeGreaterThan(0);
    expect(records[0]?.time.getTime()).toBeGreaterThanOrEqual(before);
    expect(received.at(-1)?.json.parameters).toMatchObject({ anomaly: true });
    const columns = await live.infer({ features: Float32Array.from(rows.flatMap(({ features }) => features)) });
    expect(columns.anomaly).toEqual((await local.infer({ features: rows.map(({ features }) => features) })).anomaly);
  });
});

test("a pipeline connects itself to a server of models, and differences are named", async () => {
  const { url } = await startServer({ triage: await served() });
  const live = await triage.connect(openInference({ url }));
  const [row] = await live.infer(rows.slice(0, 1));
  expect(row?.anomaly.sure).toBeTypeOf("boolean");
  const other = pipeline("triage").model(
    defineModel({
      name: "narrow",
      sha256: "0".repeat(64),
      inputs: { features: { dtype: "float32", shape: ["batch", 29] } },
      outputs: { probabilities: { dtype: "float32", shape: ["batch", 2] } },
    }),
  );
  expect(await refusal(other.connect(openInference({ url })), [url, "URL"])).toBe(
    "SL6056 pipeline 'triage' on URL differs from the pipeline: input 'features': expected FP32[-1, 29], found FP32[-1, 30]; deploy the pipeline again",
  );
});

test("a server that does not evaluate validations is named as such", async () => {
  const { url } = await startServer({
    triage: { ...ports, ...(await onnxModel(join(models, "gradient-boosting.onnx"))), ...ports },
  });
  const live = await openInference({ url }).connect(triage);
  // It refuses an output that it does not know, or leaves it out.
  expect(await refusal(live.infer(rows), [url, "URL"])).toMatch(/validation|anomaly\.sure/);
});

test("a pipeline without validations runs on any server", async () => {
  const { url, received } = await startServer({
    plain: { ...(await onnxModel(join(models, "gradient-boosting.onnx"))), ...ports },
  });
  const live = await openInference({ url }).connect(pipeline("plain").model(boosting));
  const [row] = await live.infer(rows);
  expect(row?.out.probabilities).toHaveLength(2);
  expect(row?.anomaly).toEqual({ count: 0 });
  expect(received.at(-1)?.json.parameters).toBeUndefined();
});

test("a pipeline whose first model is whole travels one row a request", async () => {
  const crop = defineModel({
    name: "crop",
    sha256: "0".repeat(64),
    inputs: { image: { dtype: "uint8", shape: ["height", "width"] } },
    outputs: { patch: { dtype: "float32", shape: [1, 2] } },
  });
  const head = defineModel({
    name: "head",
    sha256: "1".repeat(64),
    inputs: { patch: { dtype: "float32", shape: ["batch", 1, 2] } },
    outputs: { score: { dtype: "float32", shape: ["batch", 1] } },
  });
  const made = pipeline("whole").model(crop).model(head);
  const { url, received } = await startServer({
    whole: {
      inputs: [{ name: "image", datatype: "UINT8", shape: [-1, -1] }],
      outputs: [{ name: "score", datatype: "FP32", shape: [-1, 1] }],
      run: ([image]) => [{ name: "score", datatype: "FP32", shape: [1, 1], data: [image?.data.length ?? 0] }],
    },
  });
  const live = await openInference({ url }).connect(made);
  const images = [{ image: { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] } }, { image: [[7]] }];
  const records = await live.infer(images);
  expect(records.map(({ out }) => out.score)).toEqual([[6], [1]]);
  const shapes = received.slice(1).map(({ json }) => json.inputs?.[0]?.shape?.join());
  expect(shapes.sort()).toEqual(["1,1", "2,3"]);
});

test("a pipeline that ends with several models answers each in its own group", async () => {
  const names = ["gradient-boosting", "logistic-regression"];
  const { url } = await startServer({
    several: {
      inputs: ports.inputs,
      outputs: names.map((model) => ({ name: `out_${model}.probabilities`, datatype: "FP32", shape: [-1, 2] })),
      run: () =>
        names.map((model, i) => ({
          name: `out_${model}.probabilities`,
          datatype: "FP32",
          shape: [1, 2],
          data: [i, 1],
        })),
    },
  });
  const live = await openInference({ url }).connect(pipeline("several").models([boosting, regression]));
  const first = rows.slice(0, 1);
  const [row] = await live.infer(first);
  expect(row).toMatchObject({
    out: {},
    "out_gradient-boosting": { probabilities: [0, 1] },
    "out_logistic-regression": { probabilities: [1, 1] },
  });
  expect(await live.infer(first, { dataset: ["out_logistic-regression.probabilities"] })).toEqual([
    { "out_logistic-regression": { probabilities: [1, 1] } },
  ]);
});

test("a whole model at the end of a pipeline with rows answers with the rows first", async () => {
  const boxes = defineModel({
    name: "boxes",
    sha256: "0".repeat(64),
    inputs: { probabilities: { dtype: "float32", shape: [2] } },
    outputs: { box: { dtype: "float32", shape: [3] } },
  });
  const made = pipeline("detector").model(boosting).model(boxes);
  const { url, received } = await startServer({
    detector: {
      inputs: ports.inputs,
      outputs: [{ name: "box", datatype: "FP32", shape: [-1, 3] }],
      run: () => [{ name: "box", datatype: "FP32", shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }],
    },
  });
  const live = await openInference({ url }).connect(made);
  const records = await live.infer(rows.slice(0, 2));
  expect(records.map(({ out }) => out.box)).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(received.filter(({ method }) => method === "POST")).toHaveLength(1);
});

test("metadata that no split would get are refused", async () => {
  const { url } = await startServer({
    plain: { ...(await onnxModel(join(models, "gradient-boosting.onnx"))), ...ports },
  });
  const live = await openInference({ url }).connect(pipeline("plain").model(boosting));
  expect(await refusal(live.infer(rows, { metadata: { priority: 1 } }))).toBe(
    "SL5040 the metadata cannot have 'priority': it is a parameter of the protocol's servers",
  );
});
