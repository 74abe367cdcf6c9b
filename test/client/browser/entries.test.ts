// The bundles for browsers, run by Node: what is loaded on demand works with the rest. Needs `npm run build`.
import { expect, onTestFinished, test } from "vitest";
import type * as client from "shapeline/client";
import type * as main from "shapeline";
import { createServer } from "shapeline/server";
import { folder, writeModel } from "../../engine/make-config.js";
import { entry } from "./entry.js";

const { server, openInference } = await entry<typeof client>("client-browser");
const { pipeline, build, defineModel, tensor, TargetError } = await entry<typeof main>("index-browser");

const models = folder();
const { sha256 } = writeModel(models, "same", {
  inputs: [{ name: "x", dtype: "float32", shape: ["batch", 2] }],
  outputs: [{ name: "y", dtype: "float32", shape: ["batch", 2] }],
  nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
});
const same = defineModel({
  name: "same",
  sha256,
  inputs: { x: tensor("float32", ["batch", 2]) },
  outputs: { y: tensor("float32", ["batch", 2]) },
});
const numbers = pipeline("numbers").model(same);
const token = "a-token-of-24-characters";

async function start(): Promise<string> {
  const running = await createServer({ data: folder(), models, token });
  onTestFinished(() => running.close());
  return running.listen({ port: 0 });
}

test("reads the config only where the deployed version differs, to name the difference", async () => {
  const url = await start();
  const paths: string[] = [];
  const fetch: client.Fetch = (path, init) => {
    paths.push(path.slice(`${url}/api/v1/pipelines`.length));
    return globalThis.fetch(path, init);
  };
  const target = server({ url, token, fetch });
  const deployed = await numbers.deploy(target, { config: await build(numbers) });
  const live = await numbers.connect(target);
  expect((await live.infer([{ x: [1, 2] }]))[0]?.out.y).toEqual([1, 2]);
  expect(paths).toEqual(["", "/numbers/outline", "/numbers/infer"]);
  expect((await deployed.logs({ dataset: ["out"] })).map(({ out }) => out)).toEqual([{ y: [1, 2] }]);

  paths.length = 0;
  const other = pipeline("numbers").model(same, { x: "rows" });
  await expect(other.connect(target)).rejects.toThrow(
    `the deployed version 1 of 'numbers' is not of this pipeline 'numbers': step 0 is model(same) there, and ` +
      `model(same, { x: "rows" }) in the pipeline; deploy the pipeline, or connect with the source of that version`,
  );
  expect(paths).toEqual(["/numbers/outline", "/numbers/configuration?version=1"]);
  await target.close();
});

test("names the problems of an edit, which the steps do not show", async () => {
  const target = server({ url: await start(), token });
  await numbers.deploy(target);
  const failed = (numbers as unknown as main.UncheckedPipeline).removeStep(7);
  await expect(failed.connect(target)).rejects.toThrow("pipeline 'numbers': removeStep 7 is out of range");
  await target.close();
});

test("throws errors of the classes of the main entry", async () => {
  const url = await start();
  const target = server({ url, token: "another-token-of-28-characters" });
  await expect(target.pipelines()).rejects.toBeInstanceOf(TargetError);
  await expect(target.pipelines()).rejects.toThrow("the server does not accept the token");
  await numbers.deploy(server({ url, token }));
  const live = await openInference({ url, token }).connect(same);
  expect((await live.infer([{ x: [3, 4] }]))[0]?.out.y).toEqual([3, 4]);
});
