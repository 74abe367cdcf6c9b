import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { local } from "../../../src/targets/local/index.js";
import { config, folder, run, writeModel } from "../../engine/make-config.js";
import { float32 } from "../../engine/recorded-models.js";
import { failStatements } from "../../logs/support/stores.js";

test('requests with durability "relaxed" fail once 20,000 rows wait for a full disk, and none of these is lost', async () => {
  const dir = folder();
  const identity = {
    inputs: [float32("x", "batch", 1)],
    outputs: [float32("y", "batch", 1)],
    nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
  };
  const plain = config("plain", [writeModel(dir, "plain", identity)], [run("plain")]);
  const target = local({ models: dir, data: join(dir, "data"), durability: "relaxed" });
  const live = await target.deploy(plain);
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  const restore = failStatements("COMMIT", "IO Error: No space left on device");

  const request = (rows: number) => live.infer({ x: Array.from({ length: rows }, (_, i) => [i]) });
  await request(19_999);
  await vi.waitFor(async () => expect((await live.status()).log?.problem).not.toBeNull());
  expect((await live.status()).log?.problem).toMatch(
    /^19999 acknowledged rows wait in memory.* No space left on device/,
  );
  await request(1);
  for (let i = 0; i < 100; i++) await expect(request(1)).rejects.toMatchObject({ code: "SL7009" });
  expect(warned).toHaveBeenCalledOnce();

  restore();
  await vi.waitFor(async () => expect((await live.status()).log?.problem).toBeNull(), { timeout: 10_000 });
  await request(1);
  expect(warned.mock.calls.map(([text]) => text)).toEqual([
    expect.stringMatching(/^the log cannot be written: .*; infer fails with SL7009 once 20000 rows wait/),
    "the log can be written again: 20000 waiting rows are in it now; 100 rows were refused with SL7009 meanwhile",
  ]);
  expect(await live.logs({ limit: 30_000 })).toHaveLength(20_001);
  await target.close();
});
