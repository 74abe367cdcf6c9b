import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { slow } from "../../slow.js";
import type { Port } from "../../../dsl/tensor.js";
import { local, type LocalOptions } from "../../../src/targets/local/index.js";
import { config, folder, run, shadow, writeModel } from "../../engine/make-config.js";
import { float32 } from "../../engine/recorded-models.js";
import { bundleLocal, root } from "../local-engine.js";

const dir = folder();
const string = (name: string, ...shape: NonNullable<Port["shape"]>): Port => ({ name, dtype: "string", shape });
const secret = "kornelia.privat@example.org";
const number = 8675.309;

/** Every byte sequence that would reveal a value: the text, and the number in each width, alone and in a list. */
const traces: readonly Buffer[] = [
  Buffer.from(secret),
  Buffer.from("8675.309"),
  Buffer.from(Float32Array.of(number).buffer),
  Buffer.from(Float64Array.of(number).buffer),
  Buffer.from(Float64Array.of(Math.fround(number)).buffer),
];

function filesIn(at: string): string[] {
  return readdirSync(at).flatMap((name) => {
    const path = join(at, name);
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? [] : found.isDirectory() ? filesIn(path) : found.isFile() ? [path] : [];
  });
}

/** The files that hold a trace of the values. */
function leaks(at: string): string[] {
  return filesIn(at).filter((file) => {
    const bytes = readFileSync(file);
    return traces.some((trace) => bytes.includes(trace));
  });
}

const ports = {
  inputs: [string("email", "batch", 1), float32("income", "batch", 2), float32("age", "batch", 1)],
  outputs: [string("echo", "batch", 1), float32("scaled", "batch", 2), float32("score", "batch", 1)],
  nodes: [
    { op: "Identity", inputs: ["email"], outputs: ["echo"] },
    { op: "Identity", inputs: ["income"], outputs: ["scaled"] },
    { op: "Identity", inputs: ["age"], outputs: ["score"] },
  ],
};
const settings = {
  exclude: ["in.email", "out.scaled", "out_rival"],
  redact: ["in.income", "out.echo"],
};

beforeAll(async () => {
  const champion = writeModel(dir, "champion", ports);
  const rival = writeModel(dir, "rival", ports);
  writeFileSync(
    join(dir, "people.json"),
    JSON.stringify(config("people", [champion, rival], [shadow("champion", "rival")])),
  );
  writeFileSync(join(dir, "alone.json"), JSON.stringify(config("people", [champion], [run("champion")])));
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  await bundleLocal(dir);
});

/** Runs a script that infers rows with the secret values, and returns the signal or code with which it ended. */
function script(data: string, file: string, options: object, text: string): Promise<string | number> {
  const at = join(dir, `script-${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(
    at,
    `import { readFileSync } from "node:fs";
import { local } from "./local.mjs";
const config = JSON.parse(readFileSync(${JSON.stringify(join(dir, file))}, "utf8"));
const target = local(${JSON.stringify({ models: dir, data, log: settings, ...options })});
const live = await target.deploy(config);
const row = { email: [${JSON.stringify(secret)}], income: [${number}, ${number}], age: [41] };
${text}`,
  );
  return new Promise((resolve) => {
    execFile(process.execPath, [at], { cwd: dir, timeout: 60_000 }, (error) =>
      resolve(error === null ? 0 : (error.signal ?? error.code ?? 1)),
    );
  });
}

test("the search finds values that are logged", async () => {
  const data = folder();
  expect(await script(data, "alone.json", { log: undefined }, "await live.infer([row]); await target.close();")).toBe(
    0,
  );
  expect(leaks(data)).not.toEqual([]);
});

describe.each(slow ? (["commit", "relaxed"] as const) : (["relaxed"] as const))(
  "with durability %s, no byte of a withheld value is on disk",
  (durability) => {
    test.each([
      ["after a normal end", "await live.infer([row]); await target.close();", 0],
      [
        "after a kill with the rows in the journal",
        "await live.infer([row]); process.kill(process.pid, 'SIGKILL');",
        "SIGKILL",
      ],
      [
        "after a kill in the middle of many requests",
        "for (let i = 0; i < 300; i++) { const all = live.infer([row, row, row]); if (i % 10 === 0) await all; } await live.logs({ limit: 5 }); process.kill(process.pid, 'SIGKILL');",
        "SIGKILL",
      ],
      [
        "after a kill beside a running challenger",
        "await live.infer(Array(500).fill(row)); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 120);",
        "SIGKILL",
      ],
      ["after process.exit", "await live.infer([row]); process.exit(0);", 0],
    ])("%s", { tags: durability === "commit" ? ["slow"] : [] }, async (_, text, end) => {
      const data = folder();
      expect(await script(data, "people.json", { durability }, text)).toBe(end);
      expect(filesIn(data).length).toBeGreaterThan(0);
      expect(leaks(data)).toEqual([]);
      // The next process imports the journal and the write-ahead log; then every form of export.
      const target = local({ models: dir, data });
      const live = await target.pipeline("people");
      const rows = await live.logs({ limit: 10_000 });
      if (durability === "commit" || end === 0) expect(rows.length).toBeGreaterThan(0);
      expect(JSON.stringify(rows)).not.toContain(secret);
      const directory = folder();
      for (const format of ["json", "arrow", "parquet"] as const)
        await live.exportLogs({ directory, format, dataset: ["*", "metadata"] });
      await live.compare();
      await target.close();
      expect(leaks(directory)).toEqual([]);
      expect(leaks(data)).toEqual([]);
      // What may be logged is there, so the search did look at the rows.
      if (rows.length > 0)
        expect(rows[0]).toMatchObject({ in: { income: null, age: [41] }, out: { echo: ["[redacted]"], score: [41] } });
    });
  },
);

test("a challenger's error that quotes a value is not logged", async () => {
  const inputs: Port[] = [{ name: "account", dtype: "int64", shape: ["batch", 1] }];
  const champion = writeModel(dir, "same", {
    inputs,
    outputs: [{ name: "copy", dtype: "int64", shape: ["batch", 1] }],
    nodes: [{ op: "Identity", inputs: ["account"], outputs: ["copy"] }],
  });
  const lookup = writeModel(dir, "lookup", {
    inputs,
    outputs: [float32("found", "batch", 1)],
    weights: [{ name: "table", dims: [4], values: Float32Array.of(1, 2, 3, 4) }],
    nodes: [{ op: "Gather", inputs: ["table", "account"], outputs: ["found"] }],
  });
  const account = 8_675_309;
  const noteWith = async (data: string, log: LocalOptions["log"]): Promise<string | undefined> => {
    const target = local({ models: dir, data, ...(log && { log }) });
    const live = await target.deploy(config("accounts", [champion, lookup], [shadow("same", "lookup")]));
    await live.infer([{ account: [account] }]);
    const [row] = (await live.logs({ dataset: ["metadata.notes"] })) as unknown as Notes[];
    await target.close();
    return row?.metadata.notes?.lookup;
  };
  expect(await noteWith(folder(), undefined)).toContain(String(account));
  const data = folder();
  expect(await noteWith(data, { redact: ["in"], exclude: ["out"] })).toMatch(
    /^it failed; its error message is not logged/,
  );
  const quoted = [Buffer.from(String(account)), Buffer.from(BigInt64Array.of(BigInt(account)).buffer)];
  for (const file of filesIn(data)) for (const trace of quoted) expect(readFileSync(file).includes(trace)).toBe(false);
});

interface Notes {
  readonly metadata: { readonly notes: Readonly<Record<string, string>> | null };
}
