// What the log costs to open and to read: a log of ten million rows, its newest rows, and 10,000 rows as Arrow. The rows are
// written by SQL inside DuckDB, as copies of real ones. `--rows 1000000` makes it smaller. Nothing here passes or fails.
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { pipeline } from "shapeline";
import { readSignature } from "shapeline/codegen";
import { local } from "shapeline/local";
import { handleOf } from "./handle.mjs";

const { values } = parseArgs({ options: { rows: { type: "string", default: "10000000" } } });
const wanted = Number(values.rows);
const models = join(dirname(dirname(fileURLToPath(import.meta.url))), "examples", "breast-cancer", "models");
const model = async (name) => handleOf(await readSignature(join(models, `${name}.onnx`)));
const [champion, challenger] = [await model("gradient-boosting"), await model("logistic-regression")];
const records = JSON.parse(readFileSync(join(models, "..", "rows.df.json"), "utf8"));
const p = pipeline("bench")
  .shadow(champion, [challenger])
  .validate("decided", (x) => Math.max(x.out.probabilities[0], x.out.probabilities[1]) > 0.7);

const data = mkdtempSync(join(tmpdir(), "shapeline-bench-logs-"));
const file = join(data, "shapeline.duckdb");

/** Copies the logged rows until there are as many as wanted, ten in a millisecond. */
async function fill() {
  const instance = await DuckDBInstance.create(file, { threads: "1" });
  const connection = await instance.connect();
  const { length } = records;
  const copies = Math.ceil(wanted / length);
  const step = Math.ceil(length / 10);
  await connection.run(`UPDATE log_1 SET time = time - to_milliseconds(${copies * step})`);
  const row = `t.row + i * ${length} AS row`;
  for (const [table, changed] of [["log_1", `${row}, t.time + to_milliseconds(i * ${step}) AS time`], ["log_1_challenger_0", row]]) {
    await connection.run(`INSERT INTO ${table} SELECT t.* REPLACE (${changed}) FROM range(1, ${copies}) n(i), (SELECT * FROM ${table}) t ORDER BY i, t.row`);
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

const lines = [];
const report = (name, { ms, spread }) => {
  lines.push([name, ms, spread]);
  console.log(`${name.padEnd(48)}  ${ms.toFixed(1).padStart(9)} ms  (${spread})`);
};

try {
  const target = local({ models, data });
  const live = await p.deploy(target);
  await live.infer(records);
  await target.close();
  let begun = performance.now();
  await fill();
  console.log(`${wanted} rows of ${champion.inputs.features.shape[1]} numbers with a challenger: ${(statSync(file).size / 2 ** 20).toFixed(0)} MiB, made in ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);

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
  begun = performance.now();
  const log = await reader.pipeline("bench");
  await log.infer(records.slice(0, 1));
  console.log(`opened with its models, first row answered: ${(performance.now() - begun).toFixed(0)} ms`);
  report("newest 1,000 rows, as Arrow", await timed(7, () => log.logs({ limit: 1000, arrow: true })));
  report("newest 1,000 rows, as records", await timed(7, () => log.logs({ limit: 1000 })));
  report("newest 10,000 rows, as Arrow", await timed(5, () => log.logs({ limit: 10_000, arrow: true })));
  await reader.close();
} finally {
  if (process.env.KEEP) console.log(data); else rmSync(data, { recursive: true, force: true });
}
