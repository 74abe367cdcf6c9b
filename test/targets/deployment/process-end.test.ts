import { execFile } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { config, folder, run, shadow, writeModel } from "../../engine/make-config.js";
import { counting } from "../../engine/odd-models.js";
import { float32 } from "../../engine/recorded-models.js";
import { slow as slowTests } from "../../slow.js";
import { bundleLocal, openEngine, root } from "../local-engine.js";

const dir = folder();

const same = {
  inputs: [float32("x", "batch", 1)],
  outputs: [float32("y", "batch", 1)],
  nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
};
/** Draws 8 million random numbers per run, which takes about a fifth of a second. */
const slow = {
  inputs: [float32("x", "batch", 1)],
  outputs: [float32("y", "batch", 1)],
  nodes: [
    { op: "RandomUniform", inputs: [], outputs: ["r"], attributes: { shape: [8_000_000] } },
    { op: "ReduceMean", inputs: ["r"], outputs: ["m"], attributes: { keepdims: 0 } },
    { op: "Add", inputs: ["x", "m"], outputs: ["y"] },
  ],
};

beforeAll(async () => {
  const champion = writeModel(dir, "champion", same);
  const quick = writeModel(dir, "quick", {
    ...same,
    outputs: [float32("z", "batch", 1)],
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
  await bundleLocal(dir);
});

/** How a process ended. */
interface ProcessEnd {
  /** The exit code, or the signal that ended the process. */
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script in a process of its own; `local` and `config(name)` are defined in it. */
function script(text: string, at = dir): Promise<ProcessEnd> {
  const file = join(at, `script-${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(
    file,
    `import { readFileSync } from "node:fs";\nimport { local } from "./local.mjs";\nconst config = (name) => JSON.parse(readFileSync(${JSON.stringify(dir)} + "/" + name + ".json", "utf8"));\n${text}`,
  );
  return new Promise((resolve) => {
    execFile(process.execPath, [file], { cwd: at, timeout: 150_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? null), stdout, stderr }),
    );
  });
}

const loggedRows = async (data: string, name: string) => (await openEngine({ data }).pipeline(name)).logs();

describe("a script that ends without close()", () => {
  test.each(["commit", "relaxed"] as const)(
    "exits, and the log holds its rows and challenger results (%s)",
    async (durability) => {
      const data = folder();
      const end = await script(`
      const live = await local({ models: ".", data: ${JSON.stringify(data)}, durability: "${durability}" }).deploy(config("quick"));
      for (let i = 0; i < 50; i++) await live.infer([{ x: [i] }]);
    `);
      expect(end).toEqual({ code: 0, stdout: "", stderr: "" });
      const rows = await loggedRows(data, "quick");
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
    expect((await loggedRows(data, "late"))[0]?.out_late?.["y"]).toEqual([expect.closeTo(1.5, 1)]);
  });
});

test("process.exit while a challenger runs keeps the exit code", async () => {
  const end = await script(`
    const live = await local({ models: ".", data: ${JSON.stringify(folder())} }).deploy(config("late"));
    await live.infer([{ x: [1] }]);
    setTimeout(() => process.exit(3), 50);
  `);
  expect(end).toEqual({ code: 3, stdout: "", stderr: "" });
});

describe("a model that runs for an hour", () => {
  /** The request fails after 50 ms, but the model keeps running. */
  const startLongRun = (data: string) => `
    const target = local({ models: ".", data: ${JSON.stringify(data)}, durability: "relaxed" });
    const [live, other] = [await target.deploy(config("long")), await target.deploy(config("alone"))];
    console.log((await live.infer([{ x: [1_400_000_000] }], { timeoutMs: 50 }).catch((e) => e)).code);
  `;

  test("blocks no other request, no undeploy or close, and not the exit of the process", async () => {
    const data = folder();
    const end = await script(`${startLongRun(data)}
      console.log((await live.infer([{ x: [5] }]))[0].out.y);
      console.log((await other.infer({ x: new Float32Array(100_000).fill(3) })).out.y.length);
      await other.infer([{ x: [7] }]);
      console.log((await live.logs()).length);
      await live.undeploy();
      await target.close();
      process.once("exit", () => console.log("exit"));
    `);
    expect(end).toEqual({ code: 0, stdout: "SL6004\n[ 5 ]\n100000\n1\nexit\n", stderr: "" });
    expect((await loggedRows(data, "long")).map((row) => row.out["y"])).toEqual([[5]]);
  });

  const ends = [
    ["process.exit(3)", 3, ""],
    ["throw new RangeError('thrown by the script')", 1, "RangeError: thrown by the script"],
  ] as const;
  test.each(slowTests ? ends : ends.slice(0, 1))(
    "%s keeps the exit code, the rows and the exit listeners",
    { tags: ["slow"] },
    async (statement, code, message) => {
      const data = folder();
      const end = await script(`${startLongRun(data)}
      process.once("exit", (code) => console.log("exit", code));
      await other.infer([{ x: [7] }]);
      ${statement};
    `);
      expect(end).toMatchObject({ code, stdout: `SL6004\nexit ${code}\n` });
      if (message === "") expect(end.stderr).toBe("");
      else expect(end.stderr).toContain(message);
      expect((await loggedRows(data, "alone")).map((row) => row.out["y"])).toEqual([[7]]);
    },
  );
});

test("without onnxruntime-node, deploy fails with the one command that installs what is missing, and writes nothing", async () => {
  const at = folder();
  for (const name of readdirSync(dir).filter((each) => /\.mjs$/.test(each) && !each.startsWith("script-")))
    copyFileSync(join(dir, name), join(at, name));
  const end = await script(
    `
    const error = await local({ models: ${JSON.stringify(dir)}, data: "data" }).deploy(config("alone")).catch((e) => e);
    console.log(error.name, error.code, error.message);
  `,
    at,
  );
  expect(end.stdout.trim()).toBe(
    "TargetError SL6001 onnxruntime-node is not installed, and the embedded engine runs models with it; run: npm install --ignore-scripts onnxruntime-node @duckdb/node-api (the install script of onnxruntime-node only fetches GPU parts)",
  );
  expect(existsSync(join(at, "data"))).toBe(false);
});
