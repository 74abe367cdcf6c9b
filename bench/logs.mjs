// What the log costs to open, read, stream, export and compare at ten million rows. The rows are written by SQL inside DuckDB, as
// copies of real ones. `--rows 1000000` makes it smaller, `--data DIR` keeps the log there and takes the one that is there,
// `--export 100MB` bounds what is exported in each format, `--export 1TB` is the whole log, `--formats arrow,parquet` leaves some out.
// A whole export is read back, its rows and sums compared with the log's own, and it stands beside what DuckDB alone needs for the same
// columns. Times pass or fail nothing.
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
    await connection.run(
      `CREATE TEMP TABLE seed AS SELECT t.* REPLACE (t.row + i * ${records.length} AS row) FROM range(${Math.ceil(group / records.length)}) r(i), ${table} t ORDER BY t.row + i * ${records.length}`,
    );
    await connection.run(`DELETE FROM ${table}`);
    for (let at = 0; at < wanted; at += group) {
      await connection.run(
        `INSERT INTO ${table} SELECT * REPLACE (row + ${at} AS row${time.replace("$at", String(at))}) FROM seed WHERE row < ${Math.min(group, wanted - at)}`,
      );
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

const report = (name, { ms, spread }) =>
  console.log(`${name.padEnd(48)}  ${ms.toFixed(1).padStart(9)} ms  (${spread})`);

/** Time, processor time and the most memory of the process, and how much of it is new, for work that takes long. Gives rows and seconds. */
async function measured(name, work) {
  const before = process.memoryUsage.rss();
  let most = before;
  const look = () => (most = Math.max(most, process.memoryUsage.rss()));
  const looking = setInterval(look, 20);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const { rows, more = "" } = await work();
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  look();
  clearInterval(looking);
  const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(0);
  console.log(
    `${name.padEnd(28)}  ${String(rows).padStart(9)} rows  ${seconds.toFixed(1).padStart(6)} s (${((user + system) / 1e6).toFixed(1)} s of processors), ${(rows / seconds / 1000).toFixed(0).padStart(4)} thousand rows a second, process at most ${mebibytes(most)} MiB, at the start ${mebibytes(started)}${more}`,
  );
  return { rows, rate: rows / seconds };
}
const started = process.memoryUsage.rss();

/** The log as its own engine has it, under the settings that the log has. */
async function alone(use) {
  const instance = await DuckDBInstance.create(file, { threads: "1", memory_limit: "256MB" });
  const connection = await instance.connect();
  try {
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const answer = `"out_${challenger.name}.probabilities"`;
/** The columns of an export, without their order: both tables hold their rows in the order of logging. */
const sameColumns = `SELECT c.time, c."in.features", c."out.probabilities", k.${answer}, c."anomaly.count", c."anomaly.decided", c."anomaly.count" AS check_failures FROM log_1 c POSITIONAL JOIN log_1_challenger_0 k`;
const sums = `count(*), sum(epoch_ms(time) % 1000003), sum(floor("in.features"[3]::DOUBLE * 1000)), sum(floor(${answer}[2]::DOUBLE * 1000000))`;

async function sumsOf(connection, from) {
  return (await (await connection.run(`SELECT ${sums} FROM ${from}`)).getRows())[0].map(Number);
}

/** The same of an export's files, read by DuckDB, or by Arrow where they are Arrow files. */
async function sumsOfFiles(connection, format, files) {
  const list = `[${files.map((path) => `'${path}'`).join()}]`;
  if (format === "parquet") return sumsOf(connection, `read_parquet(${list})`);
  if (format === "json")
    return sumsOf(
      connection,
      `read_json(${list}, format = 'newline_delimited', columns = {time: 'TIMESTAMP', 'in.features': 'FLOAT[]', '${answer.slice(1, -1)}': 'FLOAT[]'})`,
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
      found[3] += values(answer.slice(1, -1), 2, 1, 1_000_000);
    }
  }
  return found;
}

/** What DuckDB alone takes for the same columns. It has no Arrow files: there it is handing out the columns. */
async function floorOf(format, path) {
  return measured(`DuckDB alone, ${format}`, () =>
    alone(async (connection) => {
      if (format !== "arrow")
        return {
          rows: Number((await connection.run(`COPY (${sameColumns}) TO '${path}' (FORMAT ${format})`)).rowsChanged),
        };
      const result = await connection.stream(sameColumns);
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
    const begun = performance.now();
    await fill();
    console.log(
      `${wanted} rows of ${champion.inputs.features.shape[1]} numbers with a challenger: ${(statSync(file).size / 2 ** 20).toFixed(0)} MiB, made in ${((performance.now() - begun) / 1000).toFixed(0)} s\n`,
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
  const begun = performance.now();
  const log = await reader.pipeline("bench");
  await log.infer(records.slice(0, 1));
  console.log(`opened with its models, first row answered: ${(performance.now() - begun).toFixed(0)} ms`);
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
  let differ = false;
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
      const [own, found] = await alone(async (connection) => [
        await sumsOf(connection, `(${sameColumns})`),
        await sumsOfFiles(connection, format, files),
      ]);
      const same = own.every((sum, i) => sum === found[i]);
      differ ||= !same;
      console.log(
        `${format}, read back: ${same ? "the log's own rows and sums" : `DIFFERENT, the log has ${own.join(" ")}, the files ${found.join(" ")}`}`,
      );
    }
    rmSync(join(exported, format), { recursive: true, force: true });
    mkdirSync(exported, { recursive: true });
    const least = await floorOf(format, join(exported, `alone.${format}`));
    console.log(`  the export's rate is ${(rate / least.rate).toFixed(2)} of it`);
  }
  rmSync(exported, { recursive: true, force: true });
  if (differ) process.exitCode = 1;
} finally {
  if (values.data === undefined) rmSync(data, { recursive: true, force: true });
}
