import { spawn } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { deployedProject, main, project, shapeline } from "./shapeline.js";

it("`generate --watch` reacts to models and settings, and exits with 0 on Ctrl-C", async () => {
  const folder = project("fraud");
  const child = spawn(process.execPath, [main, "generate", "models/c1.onnx", "models/new*.onnx", "--watch"], {
    cwd: folder,
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) =>
    child.on("exit", (code, signal) => resolve([code, signal])),
  );
  const until = (check: () => void) => vi.waitFor(check, { timeout: 40_000, interval: 50 });
  try {
    // A glob without a match is reported; the watch continues.
    await until(() => expect(err).toContain("error SL3015: 'models/new*.onnx' matches no model file"));
    copyFileSync(join(folder, "models/c2.onnx"), join(folder, "models/new.onnx"));
    await until(() => expect(out).toContain("wrote models.gen.ts: 2 models"));
    expect(out.match(/^c1: /gm)).toHaveLength(1);
    writeFileSync(join(folder, "shapeline.config.json"), JSON.stringify({ overrides: { new: { version: "5" } } }));
    await until(() => expect(readFileSync(join(folder, "models.gen.ts"), "utf8")).toContain('version: "5"'));
    // After the first run it prints only the changes.
    await until(() => expect(out).toMatch(/^new: version 1 -> 5\nwrote models\.gen\.ts: 2 models$/m));
    expect(out.match(/^c1: /gm)).toHaveLength(1);
  } finally {
    child.kill("SIGINT");
  }
  expect(await ended).toEqual([0, null]);
  expect(existsSync(join(folder, "models.gen.ts"))).toBe(true);
});

it("refuses `--watch` with --check or --json", async () => {
  const folder = project("fraud");
  expect(await shapeline(folder, ["generate", "--watch", "--check"])).toMatchObject({ code: 1 });
  const json = await shapeline(folder, ["generate", "--watch", "--json"]);
  expect([json.code, JSON.parse(json.out)]).toMatchObject([1, { error: { code: "usage" } }]);
});

it("`logs --follow` prints rows as they are logged, and exits with 0 on Ctrl-C", async () => {
  const folder = await deployedProject("fraud");
  const rows = JSON.parse(readFileSync(join(folder, "rows.df.json"), "utf8")) as object[];
  writeFileSync(join(folder, "two.json"), JSON.stringify(rows.slice(0, 2)));
  expect(await shapeline(folder, ["infer", "fraud", "two.json"])).toMatchObject({ code: 0 });

  const child = spawn(process.execPath, [main, "logs", "fraud", "--follow", "--dataset", "out"], { cwd: folder });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve([code, signal])));
  const untilLines = (lines: number) =>
    vi.waitFor(() => expect(out.split("\n")).toHaveLength(lines + 1), { timeout: 40_000, interval: 50 });
  try {
    await untilLines(4);
    expect(out).toMatch(/^time +out\.risk\n-+ +-+\n\S+Z +\[\S+\]\n\S+Z +\[\S+\]\n$/);
    expect(await shapeline(folder, ["infer", "fraud", "two.json"])).toMatchObject({ code: 0 });
    await untilLines(6);
  } finally {
    child.kill("SIGINT");
  }
  expect(await ended).toEqual([0, null]);
  const json = await shapeline(folder, ["logs", "fraud", "--follow", "--json"]);
  expect([json.code, JSON.parse(json.out)]).toMatchObject([1, { error: { code: "usage" } }]);
});
