// Compares the embedded engine with its floors: ONNX Runtime's own `session.run`, DuckDB's own appender, a handwritten
// loop. Floor and case alternate in blocks, so that other load on the machine affects both. A ratio is the median over
// the blocks, printed with its quartiles. `--cpu` counts CPU time, for a machine that others use. Nothing passes or
// fails.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import {
  DuckDBInstance,
  FLOAT,
  INTEGER,
  BIGINT,
  BOOLEAN,
  VARCHAR,
  TIMESTAMP_MS,
  LIST,
  DuckDBDataChunk,
  DuckDBListValue,
  DuckDBTimestampMillisecondsValue,
} from "@duckdb/node-api";
import { makeData, makeVector, FixedSizeList, Field, Float32, Table } from "apache-arrow";
import { measure } from "mitata";
import * as ort from "onnxruntime-node";
import { pipeline } from "shapeline";
import { compileLambda, readSignature } from "shapeline/codegen";
import { local } from "shapeline/local";
import { cpuTime, machineLoad, median, print, quantile, turns as interleave } from "./blocks.mjs";
import { handleOf } from "./handle.mjs";
import { latencyTable } from "./latency.mjs";
import { slowModel } from "./models.mjs";

const { values: flags } = parseArgs({
  options: {
    blocks: { type: "string", default: "40" },
    cpu: { type: "boolean" },
    only: { type: "string" },
    seconds: { type: "string", default: "10" },
  },
});
const blocks = Number(flags.blocks);

const models = join(dirname(dirname(fileURLToPath(import.meta.url))), "examples", "breast-cancer", "models");
const file = (name) => join(models, `${name}.onnx`);
const modelOf = async (name) => handleOf(await readSignature(file(name)));
const names = ["gradient-boosting", "logistic-regression", "random-forest"];
const [champion, challenger, forest] = await Promise.all(names.map(modelOf));
const records = JSON.parse(readFileSync(join(models, "..", "rows.df.json"), "utf8"));
const width = champion.inputs.features.shape[1];
const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
const sessions = await Promise.all(names.map((name) => ort.InferenceSession.create(readFileSync(file(name)), options)));

const batchOf = (rows) => Array.from({ length: rows }, (_, i) => records[i % records.length]);
const flat = (rows) => Float32Array.from(batchOf(rows).flatMap((r) => r.features));
const raw = (rows, session = sessions[0]) => {
  const data = flat(rows);
  return () => session.run({ features: new ort.Tensor("float32", data, [rows, width]) });
};

const plain = pipeline("bench").model(champion);
const checked = plain
  .validate("in_range", (x) => x.out.probabilities.every((p) => p >= 0 && p <= 1))
  .validate("decided", (x) => Math.max(x.out.probabilities[0], x.out.probabilities[1]) > 0.7)
  .validate("positive", (x) => x.in.features[0] > 0);

const folder = mkdtempSync(join(tmpdir(), "shapeline-bench-"));
const open = [];
async function engine(p, durability, more = {}) {
  const target = local({ models, data: join(folder, `data-${open.length}`), durability, ...more });
  open.push(target);
  return p.deploy(target);
}

const turns = (cases, calls) => interleave(cases, calls, blocks, flags.cpu ? cpuTime : undefined);

async function oneRow() {
  const row = batchOf(1);
  const [off, checks, relaxed] = [
    await engine(plain, "off"),
    await engine(checked, "off"),
    await engine(checked, "relaxed"),
  ];
  const times = await turns(
    {
      "raw session.run": raw(1),
      "no log": () => off.infer(row),
      "no log, three checks": () => checks.infer(row),
      "relaxed log, three checks": () => relaxed.infer(row),
    },
    300,
  );
  print("one row, in sequence", times, { goals: { "no log": "1.15", "relaxed log, three checks": "1.5" } });
}

async function threeModels() {
  const tuple = await engine(pipeline("bench").models([champion, challenger, forest]), "off");
  const row = batchOf(1);
  const runs = sessions.map((session) => raw(1, session));
  const times = await turns(
    {
      "three raw runs": async () => {
        for (const run of runs) await run();
      },
      "three models, one input": () => tuple.infer(row),
    },
    200,
  );
  print("three models that share one input, one row", times, { goals: { "three models, one input": "1.1" } });
}

function arrowOf(rows) {
  const item = new Field("item", new Float32(), false);
  const child = makeData({ type: new Float32(), length: rows * width, data: flat(rows) });
  return new Table({ features: makeVector(makeData({ type: new FixedSizeList(width, item), length: rows, child })) });
}

async function bigBatch() {
  const rows = 10_000;
  const table = arrowOf(rows);
  const features = flat(rows);
  const probabilities = (await sessions[0].run({ features: new ort.Tensor("float32", features, [rows, width]) }))
    .probabilities.data;
  const loop = () => {
    const failed = [new Uint8Array(rows), new Uint8Array(rows), new Uint8Array(rows)];
    for (let row = 0; row < rows; row++) {
      const [a, b] = [probabilities[2 * row], probabilities[2 * row + 1]];
      failed[0][row] = a >= 0 && a <= 1 && b >= 0 && b <= 1 ? 0 : 1;
      failed[1][row] = Math.max(a, b) > 0.7 ? 0 : 1;
      failed[2][row] = features[row * width] > 0 ? 0 : 1;
    }
    return failed;
  };
  const live = await engine(checked, "off");
  const times = await turns(
    {
      "raw session.run": raw(rows),
      "check loop by hand": loop,
      "Arrow in, three checks, Arrow out": () => live.infer(table),
    },
    1,
  );
  print("a batch of 10,000 rows, compared with 1.1 raw runs and 1.5 loops", times, {
    floor: (t) => 1.1 * t["raw session.run"] + 1.5 * t["check loop by hand"],
    goals: { "Arrow in, three checks, Arrow out": "1" },
  });
}

/** Appends rows of the log's form directly to DuckDB: 64 per commit, the number in flight. */
async function duckdb() {
  const instance = await DuckDBInstance.create(join(folder, "raw.duckdb"), { threads: "1" });
  const connection = await instance.connect();
  const types = [
    BIGINT,
    TIMESTAMP_MS,
    LIST(FLOAT),
    LIST(FLOAT),
    INTEGER,
    BOOLEAN,
    BOOLEAN,
    BOOLEAN,
    VARCHAR,
    INTEGER,
    LIST(BIGINT),
    VARCHAR,
  ];
  await connection.run(
    `CREATE TABLE log (${["BIGINT", "TIMESTAMP_MS", "FLOAT[]", "FLOAT[]", "INTEGER", "BOOLEAN", "BOOLEAN", "BOOLEAN", "VARCHAR", "INTEGER", "BIGINT[]", "VARCHAR"].map((type, i) => `c${i} ${type}`).join(", ")})`,
  );
  const appender = await connection.createAppender("log");
  let row = 0n;
  return async () => {
    await connection.run("BEGIN");
    const chunk = DuckDBDataChunk.create(types, 64);
    const now = BigInt(Date.now());
    const cells = [
      () => row++,
      () => new DuckDBTimestampMillisecondsValue(now),
      (i) => new DuckDBListValue(records[i].features),
      () => new DuckDBListValue([0.2, 0.8]),
      () => 0,
      () => false,
      () => false,
      () => false,
      () => "gradient-boosting",
      () => 1,
      () => new DuckDBListValue([1000n, 2000n]),
      () => null,
    ];
    for (const [column, cell] of cells.entries()) {
      const vector = chunk.getColumnVector(column);
      for (let i = 0; i < 64; i++) vector.setItem(i, cell(i));
      vector.flush();
    }
    appender.appendDataChunk(chunk);
    appender.flushSync();
    await connection.run("COMMIT");
  };
}

async function committed() {
  const live = await engine(checked, "commit");
  const append = await duckdb();
  const rows = batchOf(64).map((row) => [row]);
  // Every answer starts the next request at once, so that 64 are always in flight.
  const rounds = 16;
  const inFlight = () =>
    Promise.all(
      rows.map(async (row) => {
        for (let i = 0; i < rounds; i++) await live.infer(row);
      }),
    );
  const commits = async () => {
    for (let i = 0; i < rounds; i++) await append();
  };
  const times = await turns(
    { "DuckDB: 64 rows and a commit": commits, "64 requests in flight, committed": inFlight },
    1,
  );
  for (const list of Object.values(times)) for (const i of list.keys()) list[i] /= rounds;
  print("64 in flight, each on disk before its answer", times, {
    goals: { "64 requests in flight, committed": "1.11: 0.9 of the rows a second" },
  });
  const [floor, own] = Object.values(times).map((list) => 64e6 / median(list));
  console.log(
    `rows per second: ${floor.toFixed(0)} and ${own.toFixed(0)}, ${(own / floor).toFixed(2)} of DuckDB's own`,
  );
}

/** A slow challenger on its own thread: draws random numbers. */
async function shadow() {
  const alone = await engine(plain, "off");
  const shadowed = await engine(pipeline("bench").shadow(champion, [forest, challenger]), "off");
  const row = batchOf(1);
  const times = { "without shadow": [], "with two challengers": [] };
  for (let block = -2; block < blocks; block++) {
    for (const [name, live] of [
      ["without shadow", alone],
      ["with two challengers", shadowed],
    ]) {
      const own = [];
      for (let i = 0; i < 200; i++) {
        const startedAt = performance.now();
        await live.infer(row);
        own.push((performance.now() - startedAt) * 1000);
        // Requests of a service arrive with gaps.
        await new Promise(setImmediate);
      }
      if (block >= 0) times[name].push(quantile(own, 0.99));
    }
  }
  print("p99 of the champion, blocks of 200 requests", times, {
    unit: "p99 µs",
    goals: { "with two challengers": "1.1" },
  });
}

/** The fewest layers with which the model takes 50 ms on this machine. */
async function challengerOf50ms(folder) {
  const path = join(folder, "slow.onnx");
  for (let layers = 100; ; layers *= 2) {
    writeFileSync(path, await slowModel(layers));
    const session = await ort.InferenceSession.create(path, options);
    const runs = [];
    for (let i = 0; i < 10; i++) {
      const startedAt = performance.now();
      await raw(1, session)();
      runs.push(performance.now() - startedAt);
    }
    await session.release();
    const ms = median(runs);
    if (ms < 25) continue;
    writeFileSync(path, await slowModel(Math.round((layers * 50) / ms)));
    return handleOf(await readSignature(path));
  }
}

/** Latency at 1, 50 and 200 requests a second: `--only latency [--seconds 10]`. Its 24 cases take five minutes. */
async function latency() {
  const models = join(folder, "latency-models");
  mkdirSync(models);
  copyFileSync(file(names[0]), join(models, `${names[0]}.onnx`));
  const slow = await challengerOf50ms(models);
  const pipelines = [plain, pipeline("bench").shadow(champion, [slow])];
  await latencyTable({
    open: (challenged, durability) => engine(pipelines[challenged ? 1 : 0], durability, { models }),
    row: batchOf(1),
    many: { features: flat(2000) },
    rowsAtOnce: 2000,
    seconds: Number(flags.seconds),
  });
}

/**
 * Measures the way to a thread and back, beside runs of growing batches. The threshold in
 * `src/engine/scheduling/latency-estimate.ts` is the run of which it is a tenth.
 */
async function thread() {
  const worker = new Worker(
    'const { parentPort } = require("node:worker_threads"); parentPort.on("message", (m) => parentPort.postMessage(m));',
    { eval: true },
  );
  const trip = (rows) => {
    const message = { features: flat(rows), probabilities: new Float32Array(rows * 2) };
    return () =>
      new Promise((resolve) => {
        worker.once("message", resolve);
        worker.postMessage(message);
      });
  };
  console.log(
    "\nthe way to a thread and back, against the run of the same batch\n    rows      run µs     trip µs   trip / run",
  );
  for (const rows of [1, 64, 512, 4096, 16384]) {
    const times = await turns({ run: raw(rows), trip: trip(rows) }, rows > 1000 ? 3 : 20);
    const [run, way] = [median(times.run), median(times.trip)];
    console.log(
      `${String(rows).padStart(8)}  ${run.toFixed(0).padStart(10)}  ${way.toFixed(0).padStart(10)}  ${(way / run).toFixed(2).padStart(11)}`,
    );
  }
  await worker.terminate();
}

async function lambda() {
  const source =
    "x => Math.max(x.out.probabilities[0], x.out.probabilities[1]) > 0.7 && x.in.features.every(v => v >= 0)";
  const ports = {
    inputs: [{ name: "features", dtype: "float32", shape: ["batch", 30] }],
    outputs: [{ name: "probabilities", dtype: "float32", shape: ["batch", 2] }],
  };
  let n = 0;
  // Each source has its own number, so that no cache is used.
  const { p50 } = await measure(() => compileLambda(source.replace("0.7", `0.7${n++}`), ports), {
    min_cpu_time: 400e6,
    min_samples: 20,
  });
  console.log(`\none lambda, warm: parse, lower, type, all back-ends: p50 ${(p50 / 1000).toFixed(1)} µs`);
}

try {
  for (const part of [oneRow, threeModels, bigBatch, committed, shadow, latency, thread, lambda]) {
    if (flags.only === undefined ? part === latency : !flags.only.split(",").includes(part.name)) continue;
    await part();
    console.log(machineLoad());
  }
} finally {
  await Promise.all(open.map((target) => target.close()));
  rmSync(folder, { recursive: true, force: true });
}
