import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, expect, test, vi } from "vitest";
import { generateModels, type GenerateResult } from "../../../codegen/models/generate.js";
import { watchModels } from "../../../codegen/models/watch-models.js";
import { makeProject, smallModel } from "./workspace.js";

let cwd = "";
const put = (name: string, content: Uint8Array): void => writeFileSync(join(cwd, "models", name), content);

beforeEach(() => {
  cwd = makeProject();
  put("a.onnx", smallModel(1));
});

/** Watches `models/` and records results and error codes while `use` runs. */
async function watching(
  use: (seen: { readonly results: GenerateResult[]; readonly errors: string[] }) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const seen = { results: [] as GenerateResult[], errors: [] as string[] };
  const models = ["models/*.onnx"];
  const ended = watchModels({
    files: [],
    sources: async () => ({ models, cwd, furtherSources: [] }),
    // The output is in the watched folder; writing it must not start another run.
    run: async () => await generateModels({ models, cwd, out: "models/models.gen.ts" }),
    onResult: (result) => seen.results.push(result),
    onError: ({ code }) => seen.errors.push(code),
    signal: stop.signal,
  });
  try {
    await use(seen);
  } finally {
    stop.abort();
    await ended;
  }
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 20 });

test("runs once per burst of writes, and not for other files", async () => {
  await watching(async ({ results, errors }) => {
    await until(() => expect(results).toHaveLength(1));
    for (let size = 2; size <= 40; size++) put("a.onnx", smallModel(size));
    put("b.onnx", smallModel(3));
    await until(() => expect(results).toHaveLength(2));
    expect(results[1]?.models.map(({ name, inputs }) => [name, inputs[0]?.shape])).toEqual([
      ["a", ["batch", 40]],
      ["b", ["batch", 3]],
    ]);
    writeFileSync(join(cwd, "models/notes.txt"), "not a model");
    await delay(800);
    expect([results.length, errors]).toEqual([2, []]);
    rmSync(join(cwd, "models/b.onnx"));
    await until(() => expect(results[2]?.differences).toEqual(["b: model removed"]));
  });
});

test("waits for a file that is still being written", async () => {
  await watching(async ({ results, errors }) => {
    await until(() => expect(results).toHaveLength(1));
    const whole = smallModel(7);
    put("a.onnx", whole.subarray(0, 30));
    await delay(700);
    appendFileSync(join(cwd, "models/a.onnx"), whole.subarray(30));
    await until(() => expect(results).toHaveLength(2));
    expect(results[1]?.differences).toContain("a.x: 1 -> 7 features");
    expect(errors).toEqual([]);
  });
});

test("reports a broken file once, and reads the next valid version", async () => {
  await watching(async ({ results, errors }) => {
    await until(() => expect(results).toHaveLength(1));
    put("a.onnx", smallModel(7).subarray(0, 30));
    await until(() => expect(errors).toEqual(["SL3011"]));
    put("a.onnx", smallModel(8));
    await until(() => expect(results).toHaveLength(2));
    expect(errors).toHaveLength(1);
  });
});
