import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { expect, it, onTestFinished } from "vitest";
import { compiledProject, project, shapeline } from "./shapeline.js";

/** Creates a project whose pipeline is served by another process, which has inferred all rows. */
async function servedProject(): Promise<string> {
  const folder = await compiledProject("fraud");
  writeFileSync(
    join(folder, "serve.mjs"),
    `import { readFileSync } from "node:fs";
     import { local } from "shapeline/local";
     const live = await local({ models: "models", retention: { age: "1d" } }).deploy(JSON.parse(readFileSync("fraud.pipeline.json", "utf8")));
     await live.infer(JSON.parse(readFileSync("rows.df.json", "utf8")));
     await live.logs({ limit: 1 });
     console.log("serving");
     setInterval(() => {}, 1000);`,
  );
  const server = spawn(process.execPath, ["serve.mjs"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void server.kill("SIGKILL"));
  const [output] = (await Promise.race([once(server.stdout, "data"), once(server, "exit")])) as unknown[];
  expect(String(output)).toContain("serving");
  return folder;
}

it("reads, exports and compares the log of a pipeline while another process serves it", async () => {
  const folder = await servedProject();
  const logs = await shapeline(folder, ["logs", "fraud", "--limit", "3000", "--arrow", "--out", "all.arrow", "--json"]);
  expect(logs).toEqual({ code: 0, err: "", out: '{\n  "out": "all.arrow",\n  "rows": 1000\n}\n' });
  const table = tableFromIPC(readFileSync(join(folder, "all.arrow")));
  expect([table.numRows, table.schema.names.slice(0, 3)]).toEqual([1000, ["time", "in.pixels", "out.risk"]]);
  expect(tableFromIPC(readFileSync(join(folder, "all.arrow"))).getChild("out_c1.variable")?.nullCount).toBe(0);

  const exported = await shapeline(folder, ["export-logs", "fraud", "--parquet", "--directory", "exported", "--json"]);
  expect(JSON.parse(exported.out)).toMatchObject({ files: ["exported/fraud-1.parquet"], rows: 1000, cut: null });

  const report = await shapeline(folder, ["report", "fraud", "--json", "--html", "report.html"]);
  expect(report).toMatchObject({ code: 0, err: "" });
  const found = JSON.parse(report.out) as {
    rows: number;
    failures: object[];
    challengers: { name: string; answered: number; outputs: { agreeing: number }[]; validations: object[] }[];
  };
  expect(found).toMatchObject({ rows: 1000, failures: [{ validation: "amt", rows: 1000, failed: 80 }] });
  expect(found.challengers.map(({ name, answered }) => [name, answered])).toEqual([
    ["c1", 1000],
    ["c2", 1000],
  ]);
  expect(readFileSync(join(folder, "report.html"), "utf8")).toContain("<h2>Challenger c1</h2>");

  const text = await shapeline(folder, ["report", "fraud"]);
  expect(text.out).toContain("  fails 'amt'          80 of 1,000 (8.00%)");
  expect(text.out).toMatch(
    /challenger c1\n {2}verdict {14}differs from the champion in [\d,]+ of 1,000 rows \([\d.]+%\)\n {2}answered {13}1,000 of 1,000 \(100%\)/,
  );
  // The validation is x.out < 1: each challenger's output takes the place of the champion's.
  const fails = (column: string): boolean[] => Array.from(table.getChild(column) ?? [], (value) => !(value.get(0) < 1));
  const [champion, c1] = [fails("out.risk"), fails("out_c1.variable")];
  const differing = champion.filter((failed, i) => failed !== c1[i]).length;
  expect(found.challengers[0]?.validations).toEqual([
    { validation: "amt", rows: 1000, championFailed: 80, challengerFailed: c1.filter(Boolean).length, differing },
  ]);
  expect(text.out).toContain(
    `  fails 'amt'          ${c1.filter(Boolean).length} of 1,000 rows, the champion 80; they differ in ${differing} rows\n`,
  );
  const wide = await shapeline(folder, ["report", "fraud", "--within", "1e6"]);
  expect(wide.out).toMatch(/ {2}verdict {14}agrees with the champion in all 1,000 rows\n/);
  expect(wide.out).toContain("100% of 1,000 rows: every value within 1000000 of the champion's");
  expect((await shapeline(folder, ["report", "fraud", "--within", "little"])).err).toBe(
    "error SL8001: option '--within <number>' argument 'little' is invalid. 'little' is not a number such as 0.01.\n`shapeline report --help` lists arguments and options\n",
  );
  expect(text.out).toMatch(/ {4}differences {10}-?[\d.e-]+ │[ ▁▂▃▄▅▆▇█]{40}│ [\d.e-]+\n/);

  // A command that writes is refused with the PID of the other process.
  const undeploy = await shapeline(folder, ["undeploy", "fraud"]);
  expect(undeploy.code).toBe(1);
  expect(undeploy.err).toMatch(/^error SL7003: the log '.*' is held by process \d+; /);
}, 120_000);

it("refuses --arrow with --json and --arrow with --parquet", async () => {
  const folder = project("fraud");
  const both = await shapeline(folder, ["logs", "fraud", "--arrow", "--json"]);
  expect(both.code).toBe(1);
  expect(JSON.parse(both.out)).toEqual({
    error: {
      code: "SL8001",
      message: "--arrow and --json would both write to standard output; add --out FILE, or use only one of them",
    },
  });
  expect((await shapeline(folder, ["export-logs", "fraud", "--arrow", "--parquet"])).err).toContain(
    "--arrow and --parquet cannot be combined",
  );
  expect(existsSync(join(folder, ".shapeline"))).toBe(false);
});
