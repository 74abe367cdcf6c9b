// Measures the log at ten million rows: open, read, stream, export and compare. SQL inside DuckDB writes the rows, as
// copies of real ones. Options:
//   --rows 1000000            fewer rows
//   --data DIR                keeps the log in DIR, and reuses a log that is already there
//   --export 100MB            size limit of the export in each format; 1TB exports the whole log
//   --formats arrow,parquet   formats to export
// A complete export is read back and its rows and sums are compared with those of the log. Its rate is compared with
// the rate of DuckDB alone for the same columns. Times never make the benchmark fail.
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { RecordBatchReader } from "apache-arrow";
import { pipeline } from "shapeline";
import { readSignature } from "shapeline/codegen";
import { local } from "shapeline/local";
import { handleOf } from "./handle.mjs";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "10000000" },
    data: { type: "string" },
    export: { type: "string", default: "250MB" },
    formats: { type: "string", default: "arrow,json,parquet" },
  },
});
const rowCount = Number(values.rows);
const models = join(dirname(dirname(fileURLToPath(import.meta.url))), "examples", "breast-cancer", "models");
const model = async (name) => handleOf(await readSignature(join(models, `${name}.onnx`)));
const [champion, challenger] = [await model("gradient-boosting"), await model("logistic-regression")];
const records = JSON.parse(readFileSync(join(models, "..", "rows.df.json"), "utf8"));
const p = pipeline("bench")
  .shadow(champion, [challenger])
  .validate("decided", (x) => Math.max(x.out.probabilities[0], x.out.probabilities[1]) > 0.7);

const data = values.data ?? mkdtempSync(join(tmpdir(), "shapeline-bench-logs-"));
const file = join(data, "shapeline.duckdb");
/** Rows of a DuckDB row group: written in groups of this size, the rows have the same file layout as logged ones. */
const groupRows = 122_880;

/** Copies the logged rows until there are `rowCount`, ten per millisecond, with the last row logged now. */
async function fill() {
  const instance = await DuckDBInstance.create(file, { threads: "1", memory_limit: "1GB" });
  const connection = await instance.connect();
  const begin = Date.now() - Math.ceil(rowCount / 10);
  for (const table of ["log_1", "log_1_challenger_0"]) {
    const time = table === "log_1" ? `, make_timestamp_ms(${begin} + (row + $at) // 10) AS time` : "";
    await connection.run(
      `CREATE TEMP TABLE seed AS SELECT t.* REPLACE (t.row + i * ${records.length} AS row) FROM range(${Math.ceil(groupRows / records.length)}) r(i), ${table} t ORDER BY t.row + i * ${records.length}`,
    );
    await connection.run(`DELETE FROM ${table}`);
    for (let at = 0; at < rowCount; at += groupRows) {
      await connection.run(
        `INSERT INTO ${table} SELECT * REPLACE (row + ${at} AS row${time.replace("$at", String(at))}) FROM seed WHERE row < ${Math.min(groupRows, rowCount - at)}`,
      );
    }
    await connection.run("DROP TABLE seed");
  }
  connection.closeSync();
  instance.closeSync();
}

const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

async function timed(runs, work) {
  const times = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return { ms: median(times), spread: `${Math.min(...times).toFixed(1)} to ${Math.max(...times).toFixed(1)}` };
}

const report = (name, { ms, spread }) =>
  console.log(`${name.padEnd(48)}  ${ms.toFixed(1).padStart(9)} ms  (${spread})`);

/** Runs long work and prints its time, CPU time and peak memory. Returns its rows and rate. */
async function measured(name, work) {
  let peak = process.memoryUsage.rss();
  const sampleMemory = () => (peak = Math.max(peak, process.memoryUsage.rss()));
  const sampling = setInterval(sampleMemory, 20);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const { rows, more = "" } = await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  sampleMemory();
  clearInterval(sampling);
  const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(0);
  console.log(
    `${name.padEnd(28)}  ${String(rows).padStart(9)} rows  ${seconds.toFixed(1).padStart(6)} s (${((user + system) / 1e6).toFixed(1)} s of CPU time), ${(rows / seconds / 1000).toFixed(0).padStart(4)} thousand rows per second, peak memory ${mebibytes(peak)} MiB, at the start ${mebibytes(started)} MiB${more}`,
  );
  return { rows, rate: rows / seconds };
}
const started = process.memoryUsage.rss();

/** Opens the log with DuckDB alone, with the settings of the log. */
async function withDuckDB(use) {
  const instance = await DuckDBInstance.create(file, { threads: "1", memory_limit: "256MB" });
  const connection = await instance.connect();
  try {
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const challengerOutput = `"out_${challenger.name}.probabilities"`;
/** Selects the columns of an export in any order: both tables have their rows in the order of logging. */
const exportColumns = `SELECT c.time, c."in.features", c."out.probabilities", k.${challengerOutput}, c."anomaly.count", c."anomaly.decided", c."anomaly.count" AS check_failures FROM log_1 c POSITIONAL JOIN log_1_challenger_0 k`;
const sums = `count(*), sum(epoch_ms(time) % 1000003), sum(floor("in.features"[3]::DOUBLE * 1000)), sum(floor(${challengerOutput}[2]::DOUBLE * 1000000))`;

async function sumsOf(connection, from) {
  return (await (await connection.run(`SELECT ${sums} FROM ${from}`)).getRows())[0].map(Number);
}

/** As `sumsOf`, for the files of an export, read with DuckDB, or with Arrow if they are Arrow files. */
async function sumsOfFiles(connection, format, files) {
  const list = `[${files.map((path) => `'${path}'`).join()}]`;
  if (format === "parquet") return sumsOf(connection, `read_parquet(${list})`);
  if (format === "json")
    return sumsOf(
      connection,
      `read_json(${list}, format = 'newline_delimited', columns = {time: 'TIMESTAMP', 'in.features': 'FLOAT[]', '${challengerOutput.slice(1, -1)}': 'FLOAT[]'})`,
    );
  const found = [0, 0, 0, 0];
  for (const path of files) {
    for await (const batch of await RecordBatchReader.from(createReadStream(path))) {
      const values = (name, width, at, scale) => {
        const { values: all } = batch.getChild(name).data[0].children[0];
        let sum = 0;
        for (let i = at; i < batch.numRows * width; i += width) sum += Math.floor(all[i] * scale);
        return sum;
      };
      found[0] += batch.numRows;
      for (const time of batch.getChild("time").data[0].values) found[1] += Number(time) % 1_000_003;
      found[2] += values("in.features", champion.inputs.features.shape[1], 2, 1000);
      found[3] += values(challengerOutput.slice(1, -1), 2, 1, 1_000_000);
    }
  }
  return found;
}

/** Measures DuckDB alone for the same columns. It writes no Arrow files: there it only reads the columns. */
async function measureDuckDB(format, path) {
  return measured(`DuckDB alone, ${format}`, () =>
    withDuckDB(async (connection) => {
      if (format !== "arrow")
        return {
          rows: Number((await connection.run(`COPY (${exportColumns}) TO '${path}' (FORMAT ${format})`)).rowsChanged),
        };
      const result = await connection.stream(exportColumns);
      let rows = 0;
      for (
        let chunk = await result.fetchChunk();
        chunk !== null && chunk.rowCount > 0;
        chunk = await result.fetchChunk()
      )
        rows += chunk.rowCount;
      return { rows };
    }),
  );
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
    const start = performance.now();
    await fill();
    console.log(
      `${rowCount} rows of ${champion.inputs.features.shape[1]} numbers with a challenger: ${(statSync(file).size / 2 ** 20).toFixed(0)} MiB, written in ${((performance.now() - start) / 1000).toFixed(0)} s\n`,
    );
  }

  report(
    "DuckDB alone: open, count, close",
    await timed(5, async () => {
      const instance = await DuckDBInstance.create(file, { threads: "1" });
      const connection = await instance.connect();
      await connection.run("SELECT count(*) FROM log_1");
      connection.closeSync();
      instance.closeSync();
    }),
  );
  report(
    "open the log, list pipelines, close",
    await timed(5, async () => {
      const again = local({ models, data });
      await again.pipelines();
      await again.close();
    }),
  );
  const reader = local({ models, data });
  const start = performance.now();
  const log = await reader.pipeline("bench");
  await log.infer(records.slice(0, 1));
  console.log(`opened with its models, first inference done: ${(performance.now() - start).toFixed(0)} ms`);
  report("newest 1,000 rows, as Arrow", await timed(9, () => log.logs({ limit: 1000, arrow: true })));
  report("newest 1,000 rows, as records", await timed(9, () => log.logs({ limit: 1000 })));
  report(
    "newest 1,000 failed rows, as Arrow",
    await timed(9, () => log.logs({ limit: 1000, valid: false, arrow: true })),
  );
  report("newest 10,000 rows, as Arrow", await timed(9, () => log.logs({ limit: 10_000, arrow: true })));
  console.log("");
  await measured("report", async () => ({ rows: (await log.compare()).rows }));
  await measured("streamed as Arrow", async () => {
    let rows = 0;
    for await (const table of log.logBatches({})) rows += table.numRows;
    return { rows };
  });
  const exported = join(data, "exported");
  const rates = new Map();
  let mismatch = false;
  for (const format of values.formats.split(",")) {
    const directory = join(exported, format);
    let written;
    const { rate } = await measured(`exported as ${format}`, async () => {
      written = await log.exportLogs({ directory, format, dataSizeLimit: values.export });
      const { rows, bytes, cut } = written;
      return { rows, more: `; ${(bytes / 1e6).toFixed(0)} MB${cut === null ? "" : `, cut by ${cut}`}` };
    });
    rates.set(format, { rate, whole: written.cut === null, files: written.files });
  }
  await reader.close();
  console.log("");
  for (const [format, { rate, whole, files }] of rates) {
    if (whole) {
      const [own, found] = await withDuckDB(async (connection) => [
        await sumsOf(connection, `(${exportColumns})`),
        await sumsOfFiles(connection, format, files),
      ]);
      const same = own.every((sum, i) => sum === found[i]);
      mismatch ||= !same;
      console.log(
        `${format}, read back: ${same ? "same rows and sums as the log" : `DIFFERENT: the log has ${own.join(" ")}, the files have ${found.join(" ")}`}`,
      );
    }
    rmSync(join(exported, format), { recursive: true, force: true });
    mkdirSync(exported, { recursive: true });
    const baseline = await measureDuckDB(format, join(exported, `alone.${format}`));
    console.log(`  the rate of the export is ${(rate / baseline.rate).toFixed(2)} times that of DuckDB`);
  }
  rmSync(exported, { recursive: true, force: true });
  if (mismatch) process.exitCode = 1;
} finally {
  if (values.data === undefined) rmSync(data, { recursive: true, force: true });
}
