import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { buildSync } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { local } from "../../../src/targets/local/index.js";
import { compileModelWorker } from "../../model-worker.js";
import { config, folder, run, writeModel } from "../../engine/make-config.js";
import { float32 } from "../../engine/recorded-models.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const cache = join(root, "node_modules/.cache/shapeline-tests/threads-local.mjs");
const dir = folder();
const identity = {
  inputs: [float32("x", "N", 1)],
  outputs: [float32("y", "N", 1)],
  nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
};
const plain = config("plain", [writeModel(dir, "plain", identity)], [run("plain")]);

beforeAll(() => {
  buildSync({
    entryPoints: [join(root, "src/targets/local/index.ts")],
    outfile: cache,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
  compileModelWorker(dirname(cache));
});

/** What a thread of this process gives that has `target`, of the data folder, and `config`. */
function inThread(data: string, text: string): Promise<unknown> {
  const file = join(dir, "config.json");
  writeFileSync(file, JSON.stringify(plain));
  const script = `
    const { parentPort } = require("node:worker_threads");
    import(${JSON.stringify(cache)}).then(async ({ local }) => {
      const config = JSON.parse(require("node:fs").readFileSync(${JSON.stringify(file)}, "utf8"));
      const target = local({ models: ${JSON.stringify(dir)}, data: ${JSON.stringify(data)} });
      const work = async () => { ${text} };
      parentPort.postMessage(await work().catch((error) => \`\${error.code} \${error.message}\`));
      await target.close();
    });`;
  return new Promise((resolve, reject) => {
    const thread = new Worker(script, { eval: true });
    let given: unknown;
    thread.on("message", (message: unknown) => (given = message));
    thread.on("error", reject);
    thread.on("exit", () => resolve(given));
  });
}

describe.skipIf(process.platform === "win32")("threads of one process on one data folder", () => {
  test("one has it, and no row that was answered is lost", async () => {
    const data = join(dir, "one");
    const target = local({ models: dir, data });
    const live = await target.deploy(plain);
    const others = Promise.all([
      inThread(data, "await target.deploy(config);"),
      inThread(data, "await target.deploy(config);"),
    ]);
    for (let i = 0; i < 50; i++) await live.infer([{ x: [i] }]);
    const refused = `SL7003 the log '${join(data, "shapeline.duckdb")}' is held elsewhere in this process, by another thread or another copy of Shapeline; use the log there, stop that thread or process, or choose another data folder`;
    expect(await others).toEqual([refused, refused]);
    for (let i = 50; i < 60; i++) await live.infer([{ x: [i] }]);
    await target.close();
    const again = local({ data });
    expect((await (await again.pipeline("plain")).logs()).map((row) => (row.in["x"] as number[])[0])).toEqual(
      Array.from({ length: 60 }, (_, i) => 59 - i),
    );
    await again.close();
  });

  test("the others read through that one", async () => {
    const data = join(dir, "read");
    const target = local({ models: dir, data });
    await (await target.deploy(plain)).infer([{ x: [1] }, { x: [2] }]);
    expect(await inThread(data, 'return (await (await target.pipeline("plain")).logs()).length;')).toBe(2);
    await target.close();
  });

  test("of many that begin at once, one gets it, also where a killed process left its socket", async () => {
    const data = join(dir, "race");
    const rows =
      "const live = await target.deploy(config); for (let i = 0; i < 20; i++) await live.infer([{ x: [i] }]); await new Promise((later) => setTimeout(later, 1000)); return 20;";
    for (const round of [1, 2]) {
      const given = await Promise.all(Array.from({ length: 3 }, () => inThread(data, rows)));
      expect(given.filter((each) => each === 20)).toEqual([20]);
      const target = local({ data });
      expect(await (await target.pipeline("plain")).logs()).toHaveLength(20 * round);
      await target.close();
      leaveSocket(join(data, "shapeline.sock"));
    }
  }, 30_000);

  test("one that was ended in the middle of its work leaves the folder to the next", async () => {
    const data = join(dir, "ended");
    const thread = inThread(
      data,
      "const live = await target.deploy(config); await live.infer([{ x: [1] }]); process.exit(0);",
    );
    await thread;
    const target = local({ models: dir, data });
    const live = await target.deploy(plain);
    await live.infer([{ x: [2] }]);
    expect(await live.logs()).toHaveLength(2);
    await target.close();
  });
});

/** What a process leaves that was killed while it listened. */
function leaveSocket(path: string): void {
  try {
    execFileSync(
      process.execPath,
      [
        "-e",
        `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`,
      ],
      { stdio: "ignore" },
    );
  } catch {
    // Killed, as it should be.
  }
}
