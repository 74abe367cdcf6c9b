import { performance } from "node:perf_hooks";
import { afterEach, describe, expect, test } from "vitest";
import { type Engine, openEngine } from "../../src/engine/engine.js";
import { findModelFiles } from "../../src/engine/session/model-files.js";
import { WorkerHandle } from "../../src/engine/scheduling/worker-handle.js";
import { INLINE_MS, LatencyEstimate } from "../../src/engine/scheduling/latency-estimate.js";
import { WorkerPool } from "../../src/engine/scheduling/worker-pool.js";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { refusal } from "../refusal.js";
import { config, folder, run, shadow, writeModel } from "./make-config.js";
import { counting, single } from "./odd-models.js";
import type { Graph } from "./onnx-writer.js";

const open: Engine[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((engine) => engine.close()));
});

async function engineOf(graph: Graph, ...challengers: readonly Graph[]): Promise<Engine> {
  const dir = folder();
  const champion = writeModel(dir, "champion", graph);
  const others = challengers.map((challenger, i) => writeModel(dir, `c${i}`, challenger));
  const step = others.length === 0 ? run("champion") : shadow("champion", ...others.map(({ name }) => name));
  const built = config("p", [champion, ...others], [step]);
  const engine = await openEngine(built, await findModelFiles(dir, built.models), { challengers: "log", seed: null });
  open.push(engine);
  return engine;
}

/** The longest that the event loop did nothing else while something ran. */
async function longestPause(work: Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 5);
  await work.finally(() => clearInterval(timer));
  return longest;
}

/** About half a second. */
const LONG = 200_000;

describe("a model that takes long", () => {
  test("leaves the event loop alone, and its answer is right", async () => {
    const engine = await engineOf(counting());
    const begun = performance.now();
    const answer = engine.infer([{ x: [LONG] }, { x: [7] }]);
    const pause = await longestPause(answer);
    expect((await answer).batch.outputs.get("y")?.data).toEqual(Float32Array.of(LONG, LONG));
    expect(pause).toBeLessThan((performance.now() - begun) / 2);
  });

  test("ends with the request's time or signal, and says which", async () => {
    const engine = await engineOf(counting());
    const begun = performance.now();
    expect(await refusal(engine.infer([{ x: [LONG] }], { timeoutMs: 30 }))).toBe(
      "SL6004 pipeline 'p': no answer within 30 ms; nothing was logged",
    );
    const controller = new AbortController();
    const aborted = refusal(engine.infer([{ x: [1] }], { signal: controller.signal }));
    setTimeout(() => controller.abort(), 20);
    expect(await aborted).toBe("SL6005 pipeline 'p': the request was aborted; nothing was logged");
    expect(performance.now() - begun).toBeLessThan(400);
  });

  test("a run that waits behind it is not begun when its request has ended", async () => {
    const engine = await engineOf(counting());
    const first = engine.infer([{ x: [LONG] }]);
    const second = refusal(engine.infer([{ x: [LONG * 100] }], { timeoutMs: 20 }));
    expect(await second).toMatch(/^SL6004 /);
    await first;
    const begun = performance.now();
    await engine.infer([{ x: [1] }]);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  test("as a challenger it does not hold up the end of the deployment", async () => {
    const engine = await engineOf(single("Identity"), counting());
    const { deferred } = await engine.infer([{ x: [LONG * 4] }]);
    const answers = Array.from({ length: 20 }, () =>
      deferred.map((challenge) => engine.runChallenger(challenge)),
    ).flat();
    const begun = performance.now();
    await engine.close();
    expect(performance.now() - begun).toBeLessThan(1500);
    const notes = new Set((await Promise.all(answers)).map(({ note }) => note));
    expect(notes).toEqual(new Set(["the deployment was closed before it ended"]));
  });
});

test("a thread that has ended is replaced, and its models are opened again", async () => {
  const dir = folder();
  const model = writeModel(dir, "same", single("Identity"));
  const threads: WorkerHandle[] = [];
  const pool = new WorkerPool(1, () => {
    const thread = new WorkerHandle("test", 1);
    threads.push(thread);
    return thread;
  });
  const on = { name: "same", sha256: model.sha256, bytes: readFileSync(join(dir, "same.onnx")), path: "same.onnx" };
  pool.retain(on);
  const answer = async () =>
    (await pool.run(on, 0, { x: { dtype: "float32", dims: [1, 1], data: Float32Array.of(3) } }, ["y"], Infinity).done)
      .outputs[0]?.data;
  expect(await answer()).toEqual(Float32Array.of(3));
  threads[0]?.retire("the test says so");
  expect(await answer()).toEqual(Float32Array.of(3));
  expect(threads).toHaveLength(2);
  threads[1]?.retire("the end");
});

describe("what is run on the event loop", () => {
  test("is learnt from the runs", () => {
    const pace = new LatencyEstimate();
    expect([pace.isShort(30), pace.isShort(1_000_000)]).toEqual([true, false]);
    pace.record(64, INLINE_MS / 100);
    expect([pace.isShort(1), pace.isShort(64 * 32), pace.isShort(64 * 256)]).toEqual([true, true, false]);
    pace.record(64 * 256, INLINE_MS / 2);
    expect(pace.isShort(64 * 256)).toBe(true);
  });

  test("one slow run of many changes nothing, many slow ones do", () => {
    const pace = new LatencyEstimate();
    for (let i = 0; i < 10; i++) pace.record(64, 0.02);
    pace.record(64, INLINE_MS * 5);
    expect(pace.isShort(64)).toBe(true);
    for (let i = 0; i < 20; i++) pace.record(64, INLINE_MS * 5);
    expect(pace.isShort(64)).toBe(false);
  });
});
