// What the log costs to open, read, stream, export and compare at ten million rows. The rows are written by SQL inside DuckDB, as
// copies of real ones. `--rows 1000000` makes it smaller, `--data DIR` keeps the log there and takes the one that is there,
// `--export 100MB` bounds what is exported in each format, `--export 1TB` is the whole log. Nothing here passes or fails.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { pipeline } from "shapeline";
import { readSignature } from "shapeline/codegen";
import { local } from "shapeline/local";
import { handleOf } from "./handle.mjs";

const { values } = parseArgs({ options: { rows: { type: "string", default: "10000000" }, data: { type: "string" }, export: { type: "string", default: "250MB" } } });
const wanted = Number(values.rows);
const models = join(dirname(dirname(fileURLToPath(import.meta.url))), "examples", "breast-cancer", "models");
const model = async (name) => handleOf(await readSignature(join(models, `${name}.onnx`)));
const [champion, challenger] = [await model("gradient-boosting"), await model("logistic-regression")];
const records = JSON.parse(readFileSync(join(models, "..", "rows.df.json"), "utf8"));
const p = pipeline("bench")
  .shadow(champion, [challenger])
  .validate("decided", (x) => Math.max(x.out.probabilities[0], x.out.probabilities[1]) > 0.7);

const data = values.data ?? mkdtempSync(join(tmpdir(), "shapeline-bench-logs-"));
const file = join(data, "shapeline.duckdb");
/** Rows that DuckDB keeps together; written this many at a time, they lie in the file as logged ones do. */
const group = 122_880;

/** Copies the logged rows until there are as many as wanted, ten in a millisecond, and the last one now. */
async function fill() {
  const instance = await DuckDBInstance.create(file, { threads: "1", memory_limit: "1GB" });
  const connection = await instance.connect();
  const begin = Date.now() - Math.ceil(wanted / 10);
  for (const table of ["log_1", "log_1_challenger_0"]) {
    const time = table === "log_1" ? `, make_timestamp_ms(${begin} + (row + $at) // 10) AS time` : "";
    await connection.run(`CREATE TEMP TABLE seed AS SELECT t.* REPLACE (t.row + i * ${records.length} AS row) FROM range(${Math.ceil(group / records.length)}) r(i), ${table} t ORDER BY t.row + i * ${records.length}`);
    await connection.run(`DELETE FROM ${table}`);
    for (let at = 0; at < wanted; at += group) {
      await connection.run(`INSERT INTO ${table} SELECT * REPLACE (row + ${at} AS row${time.replace("$at", String(at))}) FROM seed WHERE row < ${Math.min(group, wanted - at)}`);
    }
    await connection.run("DROP TABLE seed");
  }
  connection.closeSync();
  instance.closeSync();
}

const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

async function timed(times, work) {
  const taken = [];
  for (let i = 0; i < times; i++) {
    const begun = performance.now();
    await work();
    taken.push(performance.now() - begun);
  }
  return { ms: median(taken), spread: `${Math.min(...taken).toFixed(1)} to ${Math.max(...taken).toFixed(1)}` };
}

const report = (name, { ms, spread }) => console.log(`${name.padEnd(48)}  ${ms.toFixed(1).padStart(9)} ms  (${spread})`);

/** Time, processor time and the most memory of the process, for work that takes long. */
async function measured(name, work) {
  let most = 0;
  const look = () => (most = Math.max(most, process.memoryUsage.rss()));
  const looking = setInterval(look, 20);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const { rows, more = "" } = await work();
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  look();
  clearInterval(looking);
  console.log(`${name.padEnd(24)}  ${String(rows).padStart(9)} rows  ${seconds.toFixed(1).padStart(6)} s (${((user + system) / 1e6).toFixed(1)} s of processors), ${(rows / seconds / 1000).toFixed(0).padStart(4)} thousand rows a second, process at most ${(most / 2 ** 20).toFixed(0)} MiB${more}`);
}

try {
  if (existsSync(file)) {
    console.log(`the log in ${data}\n`);
  } else {
    mkdirSync(data, { recursive: true });
    const target = local({ models, data });
    const live = await p.deploy(target);
    await live.infer(records);
    await target.close();
    const begun = performance.now();
    await fill();
    console.log(`${wanted} rows of ${champion.inputs.features.shape[1]} numbers with a challenger: ${(statSync(file).size / 2 ** 20).toFixed(0)} MiB, made in ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);
  }

  report("DuckDB alone: open, count, close", await timed(5, async () => {
    const instance = await DuckDBInstance.create(file, { threads: "1" });
    const connection = await instance.connect();
    await connection.run("SELECT count(*) FROM log_1");
    connection.closeSync();
    instance.closeSync();
  }));
  report("open the log, list pipelines, close", await timed(5, async () => {
    const again = local({ models, data });
    await again.pipelines();
    await again.close();
  }));
  const reader = local({ models, data });
  const begun = performance.now();
  const log = await reader.pipeline("bench");
  await log.infer(records.slice(0, 1));
  console.log(`opened with its models, first row answered: ${(performance.now() - begun).toFixed(0)} ms`);
  report("newest 1,000 rows, as Arrow", await timed(9, () => log.logs({ limit: 1000, arrow: true })));
  report("newest 1,000 rows, as records", await timed(9, () => log.logs({ limit: 1000 })));
  report("newest 1,000 failed rows, as Arrow", await timed(9, () => log.logs({ limit: 1000, valid: false, arrow: true })));
  report("newest 10,000 rows, as Arrow", await timed(9, () => log.logs({ limit: 10_000, arrow: true })));
  console.log("");
  await measured("report", async () => ({ rows: (await log.compare()).rows }));
  await measured("streamed as Arrow", async () => {
    let rows = 0;
    for await (const table of log.logBatches({})) rows += table.numRows;
    return { rows };
  });
  for (const format of ["arrow", "json", "parquet"]) {
    const directory = join(data, "exported");
    await measured(`exported as ${format}`, async () => {
      const { rows, bytes, cut } = await log.exportLogs({ directory, format, dataSizeLimit: values.export });
      return { rows, more: `; ${(bytes / 1e6).toFixed(0)} MB${cut === null ? "" : `, cut by ${cut}`}` };
    });
    rmSync(directory, { recursive: true, force: true });
  }
  await reader.close();
} finally {
  if (values.data === undefined) rmSync(data, { recursive: true, force: true });
}
