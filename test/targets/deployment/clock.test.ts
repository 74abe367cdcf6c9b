import { execFile } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { config, folder, run, shadow, writeModel } from "../../engine/make-config.js";
import { counting } from "../../engine/odd-models.js";
import { float32 } from "../../engine/recorded-models.js";
import { bundleLocal, root } from "../local-engine.js";

const dir = folder();
const execute = promisify(execFile);

beforeAll(async () => {
  const inThread = writeModel(dir, "threaded", counting());
  const inline = writeModel(dir, "inline", {
    inputs: [float32("x", "batch", 1)],
    outputs: [float32("y", "batch", 1)],
    nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
  });
  writeFileSync(join(dir, "threaded.json"), JSON.stringify(config("threaded", [inThread], [run("threaded")])));
  writeFileSync(
    join(dir, "shadowed.json"),
    JSON.stringify(config("shadowed", [inline, inThread], [shadow("inline", "threaded")])),
  );
  // `--import` runs in the main thread only: its time differs from that of the worker threads, as if the machine's
  // clock were set after a request was sent to one.
  writeFileSync(
    join(dir, "shifted-date.mjs"),
    "const { now } = Date; globalThis.setClock = (hours) => { Date.now = () => now() + hours * 3_600_000; }; setClock(Number(process.env.HOURS));",
  );
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  await bundleLocal(dir, { packages: "external" });
});

/** Runs a script in a process whose wall clock is off by some hours. */
async function script(hours: number, text: string): Promise<string> {
  const file = join(dir, `script-${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(
    file,
    `import { readFileSync } from "node:fs";\nimport { local } from "./local.mjs";\nconst config = (name) => JSON.parse(readFileSync(name + ".json", "utf8"));\n${text}`,
  );
  const { stdout } = await execute(process.execPath, ["--import", "./shifted-date.mjs", file], {
    cwd: dir,
    env: { ...process.env, HOURS: String(hours) },
    timeout: 60_000,
  });
  return stdout;
}

describe.each([-1, 1])("with the machine's time %i hour off", (hours) => {
  test("a model in a thread answers, and its timeout still holds", async () => {
    const out = await script(
      hours,
      `
      const live = await local({ models: ".", data: ${JSON.stringify(folder())} }).deploy(config("threaded"));
      console.log((await live.infer([{ x: [5] }]))[0].out.y);
      const started = performance.now();
      const late = await live.infer([{ x: [300_000_000] }], { timeoutMs: 300 }).catch((error) => error);
      console.log(late.code, performance.now() - started < 3000);
      await live.close();
    `,
    );
    expect(out).toBe("[ 5 ]\nSL6004 true\n");
  });

  test("a challenger in a thread answers, and the newest rows are those logged last", async () => {
    const out = await script(
      -hours,
      `
      const live = await local({ models: ".", data: ${JSON.stringify(folder())} }).deploy(config("shadowed"));
      for (let i = 1; i <= 5; i++) await live.infer([{ x: [i] }]);
      setClock(${hours});
      for (let i = 6; i <= 10; i++) await live.infer([{ x: [i] }]);
      console.log((await live.logs({ limit: 6 })).map((row) => [row.in.x[0], row.out_threaded.y[0]].join()).join(" "));
      await live.close();
    `,
    );
    expect(out).toBe("10,10 9,9 8,8 7,7 6,6 5,5\n");
  });
});
