import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Engine } from "../../../src/engine/engine.js";
import { defaultSession } from "../../../src/engine/session/session-options.js";
import { RequestDeadline } from "../../../src/engine/request-deadline.js";
import { inlineMs, LatencyEstimate } from "../../../src/engine/scheduling/latency-estimate.js";
import { WorkerHandle } from "../../../src/engine/scheduling/worker-handle.js";
import { WorkerPool } from "../../../src/engine/scheduling/worker-pool.js";
import type { WorkerRun } from "../../../src/engine/scheduling/worker-messages.js";
import { refusal } from "../../refusal.js";
import { config, folder, run, shadow, writeModel } from "../make-config.js";
import { counting, single } from "../odd-models.js";
import { type Graph, onnxFile } from "../onnx-writer.js";
import { openTestEngine } from "../open-engine.js";

async function engineFor(graph: Graph, ...challengers: readonly Graph[]): Promise<Engine> {
  const dir = folder();
  const champion = writeModel(dir, "champion", graph);
  const others = challengers.map((challenger, i) => writeModel(dir, `c${i}`, challenger));
  const step = others.length === 0 ? run("champion") : shadow("champion", ...others.map(({ name }) => name));
  return openTestEngine(dir, config("p", [champion, ...others], [step]));
}

/** A pool of one worker, or of more, for one model, whose input is a single number. */
function poolFor(graph: Graph, size = 1, onStart: (worker: WorkerHandle) => void = () => undefined) {
  const dir = folder();
  const { sha256 } = writeModel(dir, "m", graph);
  const workers: WorkerHandle[] = [];
  const pool = new WorkerPool(size, () => {
    const worker = new WorkerHandle("test", 1);
    workers.push(worker);
    onStart(worker);
    return worker;
  });
  onTestFinished(() => workers.forEach((worker) => worker.retire("the test has ended")));
  const bytes = readFileSync(join(dir, "m.onnx"));
  const model = { name: "m", key: sha256, bytes, options: defaultSession.options, path: "m.onnx", reread: null };
  pool.retain(model);
  const start = (x: number) =>
    pool.run(model, 0, { x: { dtype: "float32", dims: [1, 1], data: Float32Array.of(x) } }, ["y"], Infinity);
  return { workers, start };
}

const resultOf = ({ outputs }: WorkerRun) => outputs[0]?.data;
const isRunning = (worker: WorkerHandle | undefined) => worker?.awaitNativeCall(0) === false;

/** As the input of `counting`: about half a second. */
const LONG = 200_000;

/** As `engineFor`, as servers open it. */
function serverEngineFor(graph: Graph): Promise<Engine> {
  const dir = folder();
  return openTestEngine(dir, config("p", [writeModel(dir, "champion", graph)], [run("champion")]), { runAtOnce: true });
}

describe("a server's short run", () => {
  /** Whether each promise is settled by the end of this turn of the event loop. */
  async function settledInTurn(promises: readonly Promise<unknown>[]): Promise<boolean[]> {
    const settled = promises.map(() => false);
    promises.forEach((promise, i) => void promise.finally(() => (settled[i] = true)));
    // Jobs of promises run before timers and immediates do.
    for (let i = 0; i < 50; i++) await Promise.resolve();
    return settled;
  }
  const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

  test("takes place at once if it is the first of a turn, and has the same answer", async () => {
    const engine = await serverEngineFor(single("Identity"));
    for (const turn of [1, 2]) {
      const three = [1, 2, 3].map((x) => engine.infer([{ x: [x * turn] }]));
      expect(await settledInTurn(three)).toEqual([true, false, false]);
      const answers = await Promise.all(three);
      expect(answers.map(({ batch }) => batch.outputs.get("y")?.data[0])).toEqual([turn, 2 * turn, 3 * turn]);
      await nextTurn();
    }
  });

  test("an embedded engine runs in a later turn, so that its caller can abort", async () => {
    const engine = await engineFor(single("Identity"));
    const one = engine.infer([{ x: [1] }]);
    expect(await settledInTurn([one])).toEqual([false]);
    await one;
  });
});

describe.each([
  ["many short runs at once", engineFor],
  ["many short runs of a server at once", serverEngineFor],
])("%s", (_, engineFor) => {
  test("leave the event loop its turns", async () => {
    const engine = await engineFor(single("Identity"));
    let turns = 0;
    let ended = false;
    const countTurns = (): void => {
      turns++;
      if (!ended) setImmediate(countTurns);
    };
    setImmediate(countTurns);
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) => engine.infer([{ x: [i] }])));
    ended = true;
    expect(answers.map(({ batch }) => batch.outputs.get("y")?.data[0])).toEqual(answers.map((_, i) => i));
    // At most 64 runs take place between two turns.
    expect(turns).toBeGreaterThanOrEqual(Math.floor(1000 / 64));
  });

  test("end with their deadline or signal while they wait, and start no run", async () => {
    const engine = await engineFor(single("Identity"));
    const first = Array.from({ length: 200 }, (_, i) => engine.infer([{ x: [i] }]));
    const abort = new AbortController();
    const late = Array.from({ length: 100 }, () => refusal(engine.infer([{ x: [1] }], { signal: abort.signal })));
    abort.abort();
    expect(new Set((await Promise.all(late)).map((text) => text.slice(0, 6)))).toEqual(new Set(["SL6005"]));
    await Promise.all(first);
    // The turns of the canceled runs are free again.
    const again = await Promise.all(Array.from({ length: 200 }, (_, i) => engine.infer([{ x: [i] }])));
    expect(again).toHaveLength(200);
  });
});

describe("the thread of challengers", () => {
  /** By thread of this process: how far it gives way to others. */
  function niceValues(): Map<string, number> {
    const task = "/proc/self/task";
    return new Map(
      readdirSync(task).map((id) => {
        const stat = readFileSync(join(task, id, "stat"), "utf8");
        return [id, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16])];
      }),
    );
  }

  test.runIf(process.platform === "linux")("has a lower priority than all others", async () => {
    const before = new Set(niceValues().values());
    const engine = await engineFor(single("Identity"), counting());
    const { deferred } = await engine.infer([{ x: [3] }]);
    for (const challenger of deferred) expect((await engine.runChallenger(challenger)).note).toBeNull();
    const after = [...niceValues()].filter(([, nice]) => nice === 10);
    expect(after.length).toBeGreaterThan(0);
    expect(niceValues().get(String(process.pid))).toBe([...before].find((nice) => nice !== 10));
  });
});

describe("a long run", () => {
  test("does not block the event loop, and its answer is right", async () => {
    const engine = await engineFor(counting());
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const { batch } = await engine.infer([{ x: [LONG] }, { x: [7] }]).finally(() => clearInterval(timer));
    expect(batch.outputs.get("y")?.data).toEqual(Float32Array.of(LONG, LONG));
    // A run on the event loop would allow no tick at all.
    expect(ticks).toBeGreaterThan(0);
  });

  test("waits on a thread that has the model, while a second thread still loads it", async () => {
    const bytes = Buffer.from(onnxFile(counting()));
    let others = 0;
    let otherEnded = false;
    const { workers, start } = poolFor(counting(), 2, (worker) => {
      if (others++ === 0) return;
      // The second thread is busy: it loads the model after a long run of another one.
      worker
        .send({ kind: "open", key: "other", bytes, lent: false, options: defaultSession.options })
        .done.catch(() => undefined);
      const feeds = { x: { dtype: "float32", dims: [1, 1], data: Float32Array.of(LONG * 4) } } as const;
      const job = { kind: "run", key: "other", owner: 0, until: Infinity, feeds, fetches: ["y"] } as const;
      const end = (): void => void (otherEnded = true);
      worker.send(job).done.then(end, end);
    });
    await start(1).done;
    const first = start(LONG / 4);
    await new Promise(setImmediate);
    const second = start(7);
    expect(resultOf(await second.done)).toEqual(Float32Array.of(7));
    expect(workers).toHaveLength(2);
    expect(otherEnded).toBe(false);
    await first.done;
  });

  test("moves to a second thread once that one has loaded the model", async () => {
    const { workers, start } = poolFor(counting(), 2);
    await start(1).done;
    const first = start(LONG * 4);
    await new Promise(setImmediate);
    expect(resultOf(await start(7).done)).toEqual(Float32Array.of(7));
    expect(workers).toHaveLength(2);
    expect(isRunning(workers[0])).toBe(true);
    await first.done;
  });

  test("ends with the request's timeout or signal", async () => {
    const engine = await engineFor(counting());
    expect(await refusal(engine.infer([{ x: [LONG] }], { timeoutMs: 30 }))).toBe(
      "SL6004 pipeline 'p': no answer within 30 ms; nothing was logged",
    );
    const controller = new AbortController();
    const aborted = refusal(engine.infer([{ x: [LONG] }], { signal: controller.signal }));
    setTimeout(() => controller.abort(), 20);
    expect(await aborted).toBe("SL6005 pipeline 'p': the request was aborted; nothing was logged");
  });

  test("still runs when its request has timed out or was aborted", async () => {
    const { workers, start } = poolFor(counting());
    await start(1).done;
    const first = start(LONG * 4);
    expect(await refusal(new RequestDeadline(30).whileRunning("p", first.done))).toMatch(/^SL6004 /);
    expect(isRunning(workers[0])).toBe(true);
    const controller = new AbortController();
    const aborted = refusal(new RequestDeadline(Infinity, controller.signal).whileRunning("p", first.done));
    controller.abort();
    expect(await aborted).toMatch(/^SL6005 /);
    expect(isRunning(workers[0])).toBe(true);
    await first.done;
  });

  test("is not started when its request has ended while it waited", async () => {
    const engine = await engineFor(counting());
    const first = engine.infer([{ x: [LONG] }]);
    const second = refusal(engine.infer([{ x: [LONG * 100] }], { timeoutMs: 20 }));
    expect(await second).toMatch(/^SL6004 /);
    await first;
    await engine.infer([{ x: [1] }]);
  }, 40_000);

  test("is not started when it was canceled while it waited", async () => {
    const { workers, start } = poolFor(counting());
    const first = start(LONG);
    const second = start(LONG * 100);
    second.cancel();
    expect(await refusal(second.done)).toBe("SL6002 model 'm' failed on these rows: the run was canceled");
    await first.done;
    expect(resultOf(await start(1).done)).toEqual(Float32Array.of(1));
    expect(workers.map((worker) => worker.load)).toEqual([0]);
    expect(isRunning(workers[0])).toBe(false);
  });

  test("of a challenger does not delay closing: every outcome that is due becomes a note", async () => {
    const engine = await engineFor(single("Identity"), counting());
    const { deferred } = await engine.infer([{ x: [LONG * 8] }]);
    const outcomes = Array.from({ length: 20 }, () => deferred.map((run) => engine.runChallenger(run))).flat();
    await engine.close();
    const notes = (await Promise.all(outcomes)).map(({ note }) => note);
    expect(notes).toEqual(new Array(20).fill("the deployment was closed before it ended"));
  });
});

test("a worker that has ended is replaced, and its models are opened again", async () => {
  const { workers, start } = poolFor(single("Identity"));
  expect(resultOf(await start(3).done)).toEqual(Float32Array.of(3));
  workers[0]?.retire("the test retires it");
  expect(resultOf(await start(3).done)).toEqual(Float32Array.of(3));
  expect(workers).toHaveLength(2);
});

describe("the latency estimate", () => {
  test("is learned from the runs", () => {
    const latency = new LatencyEstimate();
    expect([latency.isShort(30), latency.isShort(1_000_000)]).toEqual([true, false]);
    latency.record(64, inlineMs / 100);
    expect([latency.isShort(1), latency.isShort(64 * 32), latency.isShort(64 * 256)]).toEqual([true, true, false]);
    latency.record(64 * 256, inlineMs / 2);
    expect(latency.isShort(64 * 256)).toBe(true);
  });

  test("ignores a single slow run, but not many", () => {
    const latency = new LatencyEstimate();
    for (let i = 0; i < 10; i++) latency.record(64, 0.02);
    latency.record(64, inlineMs * 5);
    expect(latency.isShort(64)).toBe(true);
    for (let i = 0; i < 20; i++) latency.record(64, inlineMs * 5);
    expect(latency.isShort(64)).toBe(false);
  });
});

describe("a message that a thread cannot get", () => {
  test("fails by itself: the process and the jobs beside it go on", async () => {
    const worker = new WorkerHandle("test", 8);
    onTestFinished(() => worker.retire("the test has ended"));
    const run = { kind: "run", key: "none", owner: 0, until: Infinity, fetches: [] } as const;
    const uncloneable = { x: { dtype: "float32", dims: [1], data: (() => 1) as never } } as const;
    const [before, failed, after] = [run, { ...run, feeds: uncloneable }, run].map((job) =>
      refusal(worker.send({ feeds: {}, ...job }).done),
    );
    expect(await failed).toMatch(
      /^SL6002 the rows cannot be sent to the thread .* send fewer or smaller rows at a time$/,
    );
    for (const other of [before, after]) expect(await other).toBe("SL6002 the model is not open in this worker");
  });
});
