import { execFile } from "node:child_process";
import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { local } from "../../../src/targets/local/index.js";
import { compileModelWorker } from "../../model-worker.js";
import { config, folder, run, shadow, writeModel } from "../../engine/make-config.js";
import { counting } from "../../engine/odd-models.js";
import { float32 } from "../../engine/recorded-models.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const dir = folder();

const same = {
  inputs: [float32("x", "N", 1)],
  outputs: [float32("y", "N", 1)],
  nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
};
/** Draws twenty million random numbers before it answers: about half a second. */
const slow = {
  inputs: [float32("x", "N", 1)],
  outputs: [float32("y", "N", 1)],
  nodes: [
    { op: "RandomUniform", inputs: [], outputs: ["r"], attributes: { shape: [20_000_000] } },
    { op: "ReduceMean", inputs: ["r"], outputs: ["m"], attributes: { keepdims: 0 } },
    { op: "Add", inputs: ["x", "m"], outputs: ["y"] },
  ],
};

beforeAll(async () => {
  const champion = writeModel(dir, "champion", same);
  const quick = writeModel(dir, "quick", {
    ...same,
    outputs: [float32("z", "N", 1)],
    nodes: [{ op: "Neg", inputs: ["x"], outputs: ["z"] }],
  });
  const late = writeModel(dir, "late", slow);
  writeFileSync(
    join(dir, "quick.json"),
    JSON.stringify(config("quick", [champion, quick], [shadow("champion", "quick")])),
  );
  writeFileSync(join(dir, "late.json"), JSON.stringify(config("late", [champion, late], [shadow("champion", "late")])));
  writeFileSync(join(dir, "alone.json"), JSON.stringify(config("alone", [champion], [run("champion")])));
  writeFileSync(
    join(dir, "long.json"),
    JSON.stringify(config("long", [writeModel(dir, "long", counting())], [run("long")])),
  );
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  await bundle(dir, { packages: "external" });
  compileModelWorker(dir);
});

/** `shapeline/local` as one file that Node runs as it is. */
async function bundle(at: string, more: BuildOptions): Promise<void> {
  await build({
    entryPoints: { local: join(root, "src/targets/local/index.ts") },
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    splitting: true,
    outdir: at,
    outExtension: { ".js": ".mjs" },
    ...more,
  });
}

interface End {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script as a process of its own. */
function script(text: string, at = dir): Promise<End> {
  const file = join(at, `script-${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(
    file,
    `import { readFileSync } from "node:fs";\nimport { local } from "./local.mjs";\nconst config = (name) => JSON.parse(readFileSync(${JSON.stringify(dir)} + "/" + name + ".json", "utf8"));\n${text}`,
  );
  return new Promise((resolve) => {
    execFile(process.execPath, [file], { cwd: at, timeout: 25_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

const rowsOf = async (data: string, name: string) => {
  const target = local({ data });
  try {
    return await (await target.pipeline(name)).logs();
  } finally {
    await target.close();
  }
};

describe("a script that ends without close()", () => {
  test.each(["commit", "relaxed"] as const)(
    "ends by itself, and its rows and their challengers are in the log (%s)",
    async (durability) => {
      const data = folder();
      const end = await script(`
      const live = await local({ models: ".", data: ${JSON.stringify(data)}, durability: "${durability}" }).deploy(config("quick"));
      for (let i = 0; i < 50; i++) await live.infer([{ x: [i] }]);
    `);
      expect(end).toEqual({ code: 0, stdout: "", stderr: "" });
      const rows = await rowsOf(data, "quick");
      expect(rows).toHaveLength(50);
      expect(rows.map((row) => row.out_quick?.["z"])).toEqual(
        rows.map((row) => [-Number((row.in["x"] as number[])[0])]).map(([z]) => [z]),
      );
    },
  );

  test("waits for a slow challenger", async () => {
    const data = folder();
    const end = await script(`
      const live = await local({ models: ".", data: ${JSON.stringify(data)} }).deploy(config("late"));
      await live.infer([{ x: [1] }]);
    `);
    expect(end).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await rowsOf(data, "late"))[0]?.out_late?.["y"]).toEqual([expect.closeTo(1.5, 1)]);
  });
});

test("process.exit while a challenger runs ends with the code it was given", async () => {
  const end = await script(`
    const live = await local({ models: ".", data: ${JSON.stringify(folder())} }).deploy(config("late"));
    await live.infer([{ x: [1] }]);
    setTimeout(() => process.exit(3), 50);
  `);
  expect(end).toEqual({ code: 3, stdout: "", stderr: "" });
});

describe("a model that runs for a minute", () => {
  /** Its request has ended after 50 ms; the run goes on. */
  const begun = (data: string) => `
    const target = local({ models: ".", data: ${JSON.stringify(data)}, durability: "relaxed" });
    const [live, other] = [await target.deploy(config("long")), await target.deploy(config("alone"))];
    const since = performance.now();
    console.log((await live.infer([{ x: [24_000_000] }], { timeoutMs: 50 }).catch((e) => e)).code);
  `;

  test("holds up no other request of its deployment or another, nor their end, nor the process's", async () => {
    const data = folder();
    const end = await script(`${begun(data)}
      console.log((await live.infer([{ x: [5] }]))[0].out.y);
      console.log((await other.infer({ x: new Float32Array(100_000).fill(3) })).out.y.length);
      await other.infer([{ x: [7] }]);
      console.log((await live.logs()).length);
      await live.undeploy();
      await target.close();
      console.log(performance.now() - since < 15_000);
      process.once("exit", () => console.log("the end", performance.now() - since < 16_000));
    `);
    expect(end).toEqual({ code: 0, stdout: "SL6004\n[ 5 ]\n100000\n1\ntrue\nthe end true\n", stderr: "" });
    expect((await rowsOf(data, "long")).map((row) => row.out["y"])).toEqual([[5]]);
  }, 25_000);

  test.each([
    ["process.exit(3)", 3, ""],
    ["throw new RangeError('the script says so')", 1, "RangeError: the script says so"],
  ])(
    "keeps code, rows and listeners at %s",
    async (how, code, told) => {
      const data = folder();
      const end = await script(`${begun(data)}
      process.once("exit", (code) => console.log("the end", code, performance.now() - since < 15_000));
      await other.infer([{ x: [7] }]);
      ${how};
    `);
      expect(end).toMatchObject({ code, stdout: `SL6004\nthe end ${code} true\n` });
      if (told === "") expect(end.stderr).toBe("");
      else expect(end.stderr).toContain(told);
      expect((await rowsOf(data, "alone")).map((row) => row.out["y"])).toEqual([[7]]);
    },
    25_000,
  );
});

test("without onnxruntime-node the command that installs it is named, and nothing is written", async () => {
  const at = folder();
  await bundle(at, { external: ["onnxruntime-node", "@duckdb/node-api", "ts-morph", "esbuild"] });
  const end = await script(
    `
    const error = await local({ models: ${JSON.stringify(dir)}, data: "data" }).deploy(config("alone")).catch((e) => e);
    console.log(error.name, error.code, error.message);
  `,
    at,
  );
  expect(end.stdout.trim()).toBe(
    "TargetError SL6001 onnxruntime-node is not installed, and the embedded engine runs models with it: npm install onnxruntime-node (or npm install --ignore-scripts onnxruntime-node, where its install script cannot reach the network: the script only fetches GPU parts)",
  );
  expect(existsSync(join(at, "data"))).toBe(false);
});
