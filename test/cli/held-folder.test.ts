import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { createServer } from "shapeline/server";
import { compiledProject, main, shapeline } from "./shapeline.js";

const token = "a-token-of-the-test";

test("all commands work alike on a folder that a server holds", async () => {
  const folder = await compiledProject("fraud");
  const held = join(folder, "held");
  const running = await createServer({ data: held, models: join(folder, "none"), token });
  onTestFinished(() => running.close());
  const url = await running.listen({ port: 0 });
  const file = join(held, "shapeline.server.json");
  expect(statSync(file).mode & 0o777).toBe(0o600);

  writeFileSync(join(folder, "bad.json"), '[{"pixels": [1]}]');
  const commands = [
    ["deploy", "fraud.pipeline.json", "--models", "models", "--log-redact", "in.pixels"],
    ["pipelines"],
    ["infer", "fraud", "rows.df.json", "--dataset", "out,anomaly"],
    ["infer", "fraud", "rows.df.json", "--arrow", "--out", "answer.arrow"],
    ["infer", "fraud", "bad.json"],
    ["infer", "frau", "rows.df.json"],
    ["logs", "fraud", "--limit", "3", "--dataset", "out,in"],
    ["logs", "fraud", "--limit", "3", "--arrow", "--out", "rows.arrow"],
    ["logs", "fraud", "--start", "yesterday"],
    ["export-logs", "fraud", "--directory", "exported", "--dataset", "out", "--limit", "5"],
    ["export-logs", "fraud", "--size-limit", "0"],
    ["report", "fraud"],
    ["versions", "fraud"],
    ["status", "fraud"],
    ["undeploy", "fraud"],
    ["status", "fraud"],
    ["infer", "fraud", "rows.df.json"],
  ];
  for (const command of commands) {
    const [plain, through] = await Promise.all(
      ["plain", "held"].map(async (data) => {
        const run = await shapeline(folder, [...command, "--data", data, "--json"]);
        return withoutTimes({ ...run, out: run.out.replaceAll(join(folder, data), "DATA") });
      }),
    );
    expect(through, command.join(" ")).toEqual(plain);
  }

  expect(
    (await shapeline(folder, ["deploy", "fraud.pipeline.json", "--models", "models", "--data", "held"])).code,
  ).toBe(0);
  const elsewhere = `
    import { readFileSync } from "node:fs";
    import { local } from "shapeline/local";
    const config = JSON.parse(readFileSync("fraud.pipeline.json", "utf8"));
    await local({ data: "held" }).deploy(config).catch(({ code, message }) => console.log(code, message));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", elsewhere], {
    cwd: folder,
  });
  expect(stdout).toBe(
    `SL7003 the log '${join(held, "shapeline.duckdb")}' is held by the server at ${url} (process ${process.pid}); ` +
      `use it with server({ url: "${url}" }) of shapeline/client, stop it, or choose another data folder\n`,
  );
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ url, pid: process.pid });
  await running.close();
  expect(existsSync(file)).toBe(false);
});

/** Latencies and times differ from run to run. */
function withoutTimes<T extends { readonly out: string }>(run: T): T {
  const out = run.out
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/"(p\d+|first|last|time|from|to|process)": ([\d.e+-]+|null)/g, '"$1": 0');
  return { ...run, out };
}

test("a file of a server that was killed is ignored, and so is one that others can read", async () => {
  const folder = await compiledProject("fraud");
  const data = join(folder, "left");
  mkdirSync(data, { mode: 0o700 });
  const left = (pid: number, mode: number) =>
    writeFileSync(join(data, "shapeline.server.json"), JSON.stringify({ url: "http://127.0.0.1:9", pid, token }), {
      mode,
    });
  for (const [pid, mode] of [
    [2 ** 30, 0o600],
    [process.pid, 0o600],
    [process.pid, 0o644],
  ] as const) {
    left(pid, mode);
    expect((await shapeline(folder, ["versions", "fraud", "--data", "left", "--json"])).out).toContain("SL6007");
  }
});

test("status says why a server logs nothing any more", async () => {
  const folder = await compiledProject("fraud");
  const data = join(folder, "lost");
  await shapeline(folder, ["deploy", "fraud.pipeline.json", "--models", "models", "--data", "lost"]);
  const running = await createServer({ data, token });
  onTestFinished(() => running.close().catch(() => undefined));
  await running.listen({ port: 0 });
  rmSync(join(data, "shapeline.journal-a"));
  const problem = `the file 'shapeline.journal-a' of the data folder '${data}' was deleted while the log was open`;
  expect((await shapeline(folder, ["status", "fraud", "--data", "lost"])).out).toContain(
    `nothing is logged now: ${problem}`,
  );
});

test("serve takes durability and memory of the log from its options, else from the settings", async () => {
  const folder = await compiledProject("fraud");
  const settings = { durability: "relaxed", databaseMemory: "64 MiB", data: join(folder, "served"), models: "models" };
  writeFileSync(join(folder, "shapeline.config.json"), JSON.stringify({ targets: { local: settings } }));
  await shapeline(folder, ["deploy", "fraud.pipeline.json", "--models", "models"]);
  expect((await shapeline(folder, ["serve", "--port", "0", "--durability", "sometimes"])).err).toContain(
    `SL6011: local(): the option 'durability' is "sometimes"; use one of "commit", "relaxed", "off"`,
  );
  expect((await shapeline(folder, ["logs", "fraud", "--database-memory", "1MB"])).err).toContain(
    "SL6011: local(): the option 'databaseMemory' is 1000000; give bytes, at least 64 MB",
  );
  const server = spawn(process.execPath, [main, "serve", "--port", "0"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void server.kill("SIGKILL"));
  await once(server.stdout, "data");
  const status = JSON.parse((await shapeline(folder, ["status", "fraud", "--json"])).out) as {
    log: { durability: string };
    process: number;
  };
  expect([status.log.durability, status.process]).toEqual(["relaxed", server.pid]);
  expect((await shapeline(folder, ["status", "fraud"])).out).toContain(
    `\nprocess ${server.pid} has its data folder open\n`,
  );
});
