import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { generateModels } from "../../../codegen/models/generate.js";
import { local, type LocalDeployment } from "../../../src/targets/local/index.js";
import { config, folder, run, writeModel } from "../../engine/make-config.js";
import { float32 } from "../../engine/recorded-models.js";
import { refusal } from "../../refusal.js";
import { openEngine } from "../local-engine.js";

const dir = folder();
const model = writeModel(dir, "plain", {
  inputs: [float32("x", "batch", 2)],
  outputs: [float32("y", "batch", 2)],
  nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
});
const urls = [
  "s3://bucket/logs",
  "s3:/bucket/logs",
  "gs://bucket/logs",
  "https://example.com/logs",
  "file:///tmp/logs",
];

describe.each(urls)("the URL %s as a path creates nothing", (url) => {
  let live: LocalDeployment;
  let before: readonly string[];

  beforeAll(() => {
    before = readdirSync(process.cwd());
  });

  const expectRefused = async (work: () => unknown, code: string) => {
    expect(await refusal(work)).toMatch(new RegExp(`^${code}.*'${url}(\\.json)?' is a URL; give (the path|a path)`));
    expect(readdirSync(process.cwd())).toEqual(before);
  };

  test("of local()", async () => {
    await expectRefused(() => local({ data: url }), "SL6011");
    await expectRefused(() => local({ models: url }), "SL6011");
  });

  test("of exportLogs() and inferFromFile()", async () => {
    live = await openEngine({ models: dir }).deploy(config("plain", [model], [run("plain")]));
    await live.infer([{ x: [1, 2] }]);
    await expectRefused(() => live.exportLogs({ directory: url }), "SL6011");
    await expectRefused(() => live.inferFromFile(`${url}.json`), "SL5030");
    expect((await live.exportLogs({ directory: join(folder(), "s3", "bucket") })).rows).toBe(1);
  });

  test("of generated typings", async () => {
    await expectRefused(() => generateModels({ models: [join(dir, "plain.onnx")], out: url }), "SL3056");
  });
});

test("a folder whose name holds a colon is written where it is named explicitly", async () => {
  if (process.platform === "win32") return;
  const live = await openEngine({ models: dir }).deploy(config("plain", [model], [run("plain")]));
  await live.infer([{ x: [1, 2] }]);
  const at = folder();
  mkdirSync(join(at, "runs:1"));
  for (const name of ["runs:1", "a:b"]) {
    const { files } = await live.exportLogs({ directory: join(at, name) });
    expect(files).toEqual([join(at, name, "plain-1.json")]);
  }
});
