import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { wallaroo, type WallarooTarget } from "shapeline/wallaroo";
import { pipeline } from "shapeline";
import { fraud } from "../../../examples/fraud/fraud.pipeline.js";
import { a, c1, c2, champ } from "../../../examples/fraud/models.gen.js";
import { pyarrowScore, schemaText, times, vectors } from "../../support/arrow-schemas.js";
import { exampleRows, models, servePlatform } from "./fraud-platform.js";

let served: Awaited<ReturnType<typeof servePlatform>>;
/** Of a user whose program has no models. */
const platform = (): WallarooTarget => wallaroo({ url: served.url, testAuth: true, models });

const schemas = {
  a: [schemaText(vectors("pixels", 64)), schemaText(vectors("embedding", 16))],
  c1: [schemaText(vectors("float_input", 16)), schemaText(vectors("variable", 1))],
  c2: [schemaText(vectors("x", 16)), pyarrowScore],
  champ: [schemaText(vectors("embedding", 16)), schemaText(vectors("risk", 1))],
} as const;

async function configure(model: typeof a | typeof c1 | typeof c2 | typeof champ): Promise<void> {
  const version = await platform().uploadModel(model);
  const [inputSchema, outputSchema] = schemas[model.name];
  await version.configure({ inputSchema, outputSchema });
}

beforeAll(async () => {
  served = await servePlatform();
  await fraud.deploy(platform());
}, 60_000);

afterAll(() => served.close());

it("says which models have no schemas, and reads the ports of a deployed pipeline from those that there are", async () => {
  const untold = await platform().pipeline("fraud");
  await expect(untold.infer(exampleRows(1))).rejects.toMatchObject({
    code: "SL6000",
    message: expect.stringContaining("the platform has no schemas of 'a', 'champ', 'c1', 'c2'"),
  });
  for (const model of [a, c1, champ]) await configure(model);
  await expect(untold.builder()).rejects.toMatchObject({ code: "SL6000", details: { models: ["c2"] } });
  await configure(c2);

  // The same handle asks again.
  const [row] = await untold.infer(exampleRows(1));
  expect((row?.out as { readonly risk: readonly number[] }).risk[0]).toBeCloseTo(0.158211, 5);
  const live = await platform().pipeline("fraud");
  const { models: read, hash } = await live.configuration();
  expect(read.map(({ name, outputs }) => [name, outputs])).toEqual([
    ["a", [{ name: "embedding", dtype: "float32", shape: ["batch", 16] }]],
    ["champ", [{ name: "risk", dtype: "float32", shape: ["batch", 1] }]],
    ["c1", [{ name: "variable", dtype: "float32", shape: ["batch", 1] }]],
    ["c2", [{ name: "score", dtype: "float32", shape: ["batch", 1] }]],
  ]);
  expect([(await live.status()).hash, (await live.versions())[0]?.hash]).toEqual([hash, hash]);
});

it("gives a pipeline to the builder, typed by its ends, and compiles edits, without a file or a handle", async () => {
  const live = await platform().pipeline("fraud");
  const edited = (await live.builder({ inputsOf: a, outputsOf: champ })).validate("low", (x) => x.out < 0.1);
  const redeployed = await edited.deploy(platform());
  expect(await redeployed.infer(exampleRows(1))).toMatchObject([{ anomaly: { count: 1, low: true } }]);
  const added = (await platform().pipeline("fraud")).pipeline().addValidation("high", (x) => x.out.risk[0] > 0.99);
  expect(Object.keys((await added.steps()).at(-1) ?? {})).toEqual(["Check"]);
});

it("asks the platform for nothing where the pipeline's source says the ports", async () => {
  const asked: string[] = [];
  const target = wallaroo({
    url: served.url,
    testAuth: true,
    fetch: (to, init) => {
      asked.push(new URL(to).pathname);
      return fetch(to, init);
    },
  });
  await fraud.deploy(wallaroo({ url: served.url, testAuth: true, models }));
  const live = await fraud.connect(target);
  await live.infer(exampleRows(1));
  await live.status();
  expect(asked.filter((path) => path.endsWith("get_version_by_id"))).toEqual([]);
});

it("refuses schemas that say no ports, and goes on with the handles", async () => {
  const version = await platform().uploadModel(c2);
  const output = schemaText(vectors("score", 1));
  const signature = async (inputSchema: string, outputSchema = output): Promise<unknown> => {
    await version.configure({ inputSchema, outputSchema });
    return version.signature().catch((error: unknown) => error);
  };
  expect(await signature("no base64!")).toMatchObject({
    code: "SL6055",
    message: expect.stringMatching(
      /: version '[0-9a-f-]{36}' of model 'c2': its input schema is no Arrow schema in base64 \(.*\); configure the version again/,
    ),
  });
  for (const text of [btoa("not arrow"), schemas.c2[0].slice(0, 40), schemaText()])
    expect(await signature(text), text).toMatchObject({ code: "SL6055" });
  expect(await signature(schemaText(vectors("x", 1), vectors("x", 2)))).toMatchObject({
    message: expect.stringContaining("it has two columns 'x'"),
  });
  expect(await signature(schemas.c2[0], schemaText(times("at"), vectors("score", null)))).toMatchObject({
    name: "c2",
    sha256: c2.sha256,
    inputs: [{ name: "x", dtype: "float32", shape: ["batch", 16] }],
    outputs: [{ name: "at", unsupported: "a column of Timestamp" }, { shape: ["batch", null] }],
    tensorFields: null,
  });

  await signature("no base64!");
  const live = await platform().pipeline("fraud");
  await expect(live.builder()).rejects.toMatchObject({
    code: "SL6000",
    message: expect.stringContaining("its input schema is no Arrow schema in base64"),
  });
  await expect(live.status()).resolves.toMatchObject({ state: "running" });
  const told = await platform().pipeline("fraud", { models: [c2] });
  await expect(told.builder()).resolves.toMatchObject({ name: "fraud" });
});

it("takes the schemas of an upload as those of its first config", async () => {
  const form = new FormData();
  const metadata = { name: "posted", workspace_id: 1, input_schema: schemas.c1[0], output_schema: schemas.c1[1] };
  form.append("metadata", JSON.stringify(metadata));
  form.append("file", new Blob([readFileSync(`${models}/c1.onnx`)]), "c1.onnx");
  const answer = await fetch(`${served.url}/v1/api/models/upload`, { method: "POST", body: form });
  expect(answer.status, await answer.clone().text()).toBe(200);
  const { insert_models: made } = (await answer.json()) as {
    readonly insert_models: { readonly returning: readonly { readonly models: readonly { readonly id: number }[] }[] };
  };
  const id = made.returning[0]?.models[0]?.id;
  const posted = (await platform().objects()).modelVersion({ id });
  expect(await posted.signature()).toMatchObject({ name: "posted", inputs: [{ name: "float_input" }] });
  expect(await (await posted.config()).inputSchema()).toBe(schemas.c1[0]);
});

it("reads schemas on platforms of the older dialect, from the answers that have them", async () => {
  const target = wallaroo({ url: served.url, testAuth: true, dialect: "checks", models });
  const older = pipeline("older").model(a).model(champ);
  await older.deploy(target);
  const live = await wallaroo({ url: served.url, testAuth: true, dialect: "checks" }).pipeline("older");
  expect((await live.inputs()).map(({ name }) => name)).toEqual(["pixels"]);
});
