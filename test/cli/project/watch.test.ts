import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { deployedProject, main, project, shapeline } from "../shapeline.js";

/** A command that runs until it is stopped. */
interface Running {
  readonly out: () => string;
  readonly err: () => string;
  /** The exit code and the signal that ended the process. */
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
  /** Sends Ctrl-C, and waits for the end. */
  stop(): Running["ended"];
  /** Reads no more of the output, as a reader in a pipe that has ended. */
  closeOutput(): void;
}

function start(cwd: string, args: readonly string[]): Running {
  const child = spawn(process.execPath, [main, ...args], { cwd });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) =>
    child.on("exit", (code, signal) => resolve([code, signal])),
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    out: () => out,
    err: () => err,
    ended,
    stop: () => (child.kill("SIGINT"), ended),
    closeOutput: () => void child.stdout.destroy(),
  };
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 40_000, interval: 50 });

it("`compile --watch` follows imports and new files, survives errors, and exits with 0 on Ctrl-C", async () => {
  const folder = project("fraud");
  await shapeline(folder, ["generate", "models/*.onnx"]);
  const path = join(folder, "fraud.pipeline.ts");
  const text = readFileSync(path, "utf8");
  const config = (name = "fraud"): string => readFileSync(join(folder, `${name}.pipeline.json`), "utf8");
  const watching = start(folder, ["compile", "--watch"]);
  await until(() => expect(watching.out()).toContain("wrote fraud.pipeline.json: 3 steps"));

  // A file that is imported, but not there yet: the watch goes on, and sees it in a folder that is new.
  writeFileSync(path, `import { most } from "./limits/most.js";\n${text.replace("x.out < 1", "x.out < most")}`);
  await until(() => expect(watching.out()).toContain('Could not resolve "./limits/most.js"'));
  mkdirSync(join(folder, "limits"));
  writeFileSync(join(folder, "limits", "most.ts"), "export const most = 2;\n");
  await until(() => expect(config()).toContain('"value": 2'));
  // Only the imported file changes.
  writeFileSync(join(folder, "limits", "most.ts"), "export const most = 3;\n");
  await until(() => expect(config()).toContain('"value": 3'));

  writeFileSync(join(folder, "second.pipeline.ts"), text.replaceAll("fraud", "second"));
  await until(() => expect(config("second")).toContain('"name": "second"'));
  expect(await watching.stop()).toEqual([0, null]);
  expect(watching.err()).toContain("nothing was written");
});

it("`generate --watch` reacts to models and settings, and exits with 0 on Ctrl-C", async () => {
  const folder = project("fraud");
  const watching = start(folder, ["generate", "models/c1.onnx", "models/new*.onnx", "--watch"]);
  // A glob without a match is reported; the watch continues.
  await until(() => expect(watching.err()).toContain("error SL3015: 'models/new*.onnx' matches no model file"));
  copyFileSync(join(folder, "models/c2.onnx"), join(folder, "models/new.onnx"));
  await until(() => expect(watching.out()).toContain("wrote models.gen.ts: 2 models"));
  expect(watching.out().match(/^c1: /gm)).toHaveLength(1);
  writeFileSync(join(folder, "shapeline.config.json"), JSON.stringify({ overrides: { new: { version: "5" } } }));
  await until(() => expect(readFileSync(join(folder, "models.gen.ts"), "utf8")).toContain('version: "5"'));
  // After the first run it prints only the changes.
  await until(() => expect(watching.out()).toMatch(/^new: version 1 -> 5\nwrote models\.gen\.ts: 2 models$/m));
  expect(watching.out().match(/^c1: /gm)).toHaveLength(1);
  expect(await watching.stop()).toEqual([0, null]);
  expect(existsSync(join(folder, "models.gen.ts"))).toBe(true);
});

it.each(["generate", "compile"])("`%s` refuses --watch with --check or --json", async (command) => {
  const folder = project("fraud");
  expect(await shapeline(folder, [command, "--watch", "--check"])).toMatchObject({ code: 1 });
  const json = await shapeline(folder, [command, "--watch", "--json"]);
  expect([json.code, JSON.parse(json.out)]).toMatchObject([1, { error: { code: "SL8001" } }]);
});

it("`logs --follow` prints rows as they are logged, and exits with 0 on Ctrl-C or when its reader ends", async () => {
  const folder = await deployedProject("fraud");
  const rows = JSON.parse(readFileSync(join(folder, "rows.df.json"), "utf8")) as object[];
  writeFileSync(join(folder, "two.json"), JSON.stringify(rows.slice(0, 2)));
  expect(await shapeline(folder, ["infer", "fraud", "two.json"])).toMatchObject({ code: 0 });

  const following = start(folder, ["logs", "fraud", "--follow", "--dataset", "out"]);
  const untilLines = (lines: number) => until(() => expect(following.out().split("\n")).toHaveLength(lines + 1));
  await untilLines(4);
  expect(following.out()).toMatch(/^time +out\.risk\n-+ +-+\n\S+Z +\[\S+\]\n\S+Z +\[\S+\]\n$/);
  expect(await shapeline(folder, ["infer", "fraud", "two.json"])).toMatchObject({ code: 0 });
  await untilLines(6);
  expect(await following.stop()).toEqual([0, null]);

  // As with `| head -1`.
  const cut = start(folder, ["logs", "fraud", "--follow", "--limit", "1"]);
  await until(() => expect(cut.out()).toContain("\n"));
  cut.closeOutput();
  expect(await shapeline(folder, ["infer", "fraud", "two.json"])).toMatchObject({ code: 0 });
  expect(await cut.ended).toEqual([0, null]);
  expect(cut.err()).toBe("");

  const json = await shapeline(folder, ["logs", "fraud", "--follow", "--json"]);
  expect([json.code, JSON.parse(json.out)]).toMatchObject([1, { error: { code: "SL8001" } }]);
});
