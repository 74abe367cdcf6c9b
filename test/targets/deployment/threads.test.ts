import { execFileSync } from "node:child_process";
import { socketPath } from "../../../src/logs/remote/socket-place.js";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { beforeAll, describe, expect, test } from "vitest";
import { local } from "../../../src/targets/local/index.js";
import { config, folder, run, writeModel } from "../../engine/make-config.js";
import { float32 } from "../../engine/recorded-models.js";
import { bundleLocal, openEngine, root } from "../local-engine.js";

const dir = folder();
const identity = {
  inputs: [float32("x", "batch", 1)],
  outputs: [float32("y", "batch", 1)],
  nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
};
const plain = config("plain", [writeModel(dir, "plain", identity)], [run("plain")]);

beforeAll(async () => {
  writeFileSync(join(dir, "config.json"), JSON.stringify(plain));
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  // Every thread loads the bundle: few files load faster.
  await bundleLocal(dir, { splitting: false });
});

interface Thread {
  /** The result of the thread's code, or its error as `CODE message`; undefined if the thread exits before. */
  readonly result: Promise<unknown>;
  /** Resolves `released` in the thread. */
  release(): void;
}

/** Starts a thread that runs `code`, an async function body that sees `target`, `config` and the promise `released`. */
function startThread(data: string, code: string): Thread {
  const script = `
    const { parentPort } = require("node:worker_threads");
    const released = new Promise((resolve) => parentPort.once("message", resolve));
    import(${JSON.stringify(join(dir, "local.mjs"))}).then(async ({ local }) => {
      const config = JSON.parse(require("node:fs").readFileSync(${JSON.stringify(join(dir, "config.json"))}, "utf8"));
      const target = local({ models: ${JSON.stringify(dir)}, data: ${JSON.stringify(data)} });
      const work = async () => { ${code} };
      parentPort.postMessage(await work().catch((error) => \`\${error.code} \${error.message}\`));
      await target.close();
      parentPort.unref();
    });`;
  const worker = new Worker(script, { eval: true });
  const result = new Promise<unknown>((resolve, reject) => {
    let message: unknown;
    worker.on("message", (received: unknown) => (message = received));
    worker.on("error", reject);
    worker.on("exit", () => resolve(message));
  });
  return { result, release: () => worker.postMessage("release") };
}

describe.skipIf(process.platform === "win32")("threads of one process that share a data folder", () => {
  test("one thread opens it, and no answered row is lost", async () => {
    const data = join(dir, "one");
    const target = local({ models: dir, data });
    const live = await target.deploy(plain);
    const others = [1, 2].map(() => startThread(data, "await target.deploy(config);").result);
    for (let i = 0; i < 50; i++) await live.infer([{ x: [i] }]);
    const refused = `SL7003 the log '${join(data, "shapeline.duckdb")}' is held elsewhere in this process, by another thread or another copy of Shapeline; use the log there, stop that thread or process, or choose another data folder`;
    expect(await Promise.all(others)).toEqual([refused, refused]);
    for (let i = 50; i < 60; i++) await live.infer([{ x: [i] }]);
    await target.close();
    const logged = await (await openEngine({ data }).pipeline("plain")).logs();
    expect(logged.map((row) => (row.in["x"] as number[])[0])).toEqual(Array.from({ length: 60 }, (_, i) => 59 - i));
  });

  test("the other threads read through the one that opened it", async () => {
    const data = join(dir, "read");
    await (await openEngine({ models: dir, data }).deploy(plain)).infer([{ x: [1] }, { x: [2] }]);
    const reader = startThread(data, 'return (await (await target.pipeline("plain")).logs()).length;');
    expect(await reader.result).toBe(2);
  });

  test("of threads that start at once, one opens it, even if a killed process left its socket", async () => {
    const data = join(dir, "race");
    // The winner keeps the folder open until both other threads have been refused.
    const code =
      "const live = await target.deploy(config); for (let i = 0; i < 20; i++) await live.infer([{ x: [i] }]); await released; return 20;";
    for (const round of [1, 2]) {
      const threads = [1, 2, 3].map(() => startThread(data, code));
      let ended = 0;
      const results = threads.map(async ({ result }) => {
        const value = await result;
        if (++ended === 2) for (const { release } of threads) release();
        return value;
      });
      const values = await Promise.all(results);
      const refused = values.filter((value) => value !== 20).map(String);
      expect(refused).toEqual([expect.stringMatching(/^SL7003 /), expect.stringMatching(/^SL7003 /)]);
      const target = local({ data });
      expect(await (await target.pipeline("plain")).logs()).toHaveLength(20 * round);
      await target.close();
      leaveSocket(socketPath(data));
    }
  });

  test("a thread that was terminated while it worked leaves the folder to the next", async () => {
    const data = join(dir, "ended");
    const code = "const live = await target.deploy(config); await live.infer([{ x: [1] }]); process.exit(0);";
    await startThread(data, code).result;
    const live = await openEngine({ models: dir, data }).deploy(plain);
    await live.infer([{ x: [2] }]);
    expect(await live.logs()).toHaveLength(2);
  });
});

/** Leaves a socket file behind, as a process does that is killed while it listens. */
function leaveSocket(path: string | null): void {
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  expect(() => execFileSync(process.execPath, ["-e", script], { stdio: "ignore" })).toThrow();
}
