import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { local, type LocalOptions } from "../../../src/targets/local/index.js";
import { config, folder, run, writeModel } from "../../engine/make-config.js";
import { float32 } from "../../engine/recorded-models.js";

const dir = folder();
const identity = {
  inputs: [float32("x", "batch", 1)],
  outputs: [float32("y", "batch", 1)],
  nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
};
const plain = config("plain", [writeModel(dir, "plain", identity)], [run("plain")]);

const deployed = async (name: string, options: LocalOptions) => {
  const data = join(folder(), name);
  const target = local({ models: dir, data, ...options });
  return { data, target, live: await target.deploy(plain) };
};

describe.skipIf(process.platform === "win32")("requests, when the data folder is deleted under the engine,", () => {
  test('fail at once with durability "commit", and the status says why', async () => {
    const { data, target, live } = await deployed("commit", { durability: "commit" });
    await live.infer([{ x: [1] }]);
    expect((await live.status()).log?.problem).toBeNull();
    rmSync(data, { recursive: true });
    const answers = await Promise.allSettled(Array.from({ length: 500 }, (_, i) => live.infer([{ x: [i] }])));
    expect(answers.filter(({ status }) => status === "fulfilled")).toEqual([]);
    await expect(live.infer([{ x: [2] }])).rejects.toMatchObject({ code: "SL7001" });
    expect((await live.status()).log?.problem).toMatch(/was deleted while the log was open; nothing more is logged/);
    await expect(target.close()).rejects.toMatchObject({ code: "SL7001" });
  });

  test('fail within a thousand rows with durability "relaxed"', async () => {
    const { data, target, live } = await deployed("relaxed", { durability: "relaxed" });
    await live.infer([{ x: [1] }]);
    rmSync(data, { recursive: true });
    let answered = 0;
    const error = await (async () => {
      for (;;) answered += (await live.infer([{ x: [answered] }])).length;
    })().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "SL7009" });
    expect(answered).toBeLessThanOrEqual(1100);
    await target.close().catch(() => undefined);
  });
});

test("twelve folders in one process add one listener for its end", async () => {
  const before = process.listenerCount("exit");
  const targets = await Promise.all(Array.from({ length: 12 }, (_, i) => deployed(`folder-${i}`, {})));
  expect(process.listenerCount("exit") - before).toBeLessThanOrEqual(2);
  for (const { target } of targets) await target.close();
});
