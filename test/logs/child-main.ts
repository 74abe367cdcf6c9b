/** What the child processes of the log's tests do; each line on stdout is a fact for the test. */
import { compact } from "../../src/logs/database/compact.js";
import { openStore } from "../../src/logs/open-store.js";
import type { ShapelineError } from "../../dsl/errors.js";
import { fraudLayout, manyRows, oneRow, rowMeta } from "./one-row.js";

const [, , job = "", folder = "", ...rest] = process.argv;
const tell = (line: string) => process.stdout.write(`${line}\n`);

/** Tells the first word of some statements before they run, from the first one of a kind on. */
async function tellStatements(which: RegExp, from = which): Promise<void> {
  let begun = false;
  const { DuckDBConnection } = await import("@duckdb/node-api");
  const run = DuckDBConnection.prototype.run;
  DuckDBConnection.prototype.run = function (sql, ...rest) {
    begun ||= from.test(sql);
    if (begun && which.test(sql)) tell(sql.split(" ", 1).join());
    return run.call(this, sql, ...rest);
  };
}

const jobs: Readonly<Record<string, () => Promise<void>>> = {
  /** Holds the folder until it is killed. */
  hold: async () => {
    await openStore(folder);
    setInterval(() => undefined, 1000);
    tell("open");
  },
  /** Holds the folder with some rows in its log, and logs one more a line that it is told. */
  serve: async () => {
    const store = await openStore(folder);
    const log = await store.openLog(fraudLayout);
    for (let i = 0; i < Number(rest[0]); i += 1000)
      await log.append({ ...manyRows(1000), time: Float64Array.from({ length: 1000 }, (_, at) => i + at) }, rowMeta);
    tell("open");
    for await (const _ of process.stdin) log.appendRelaxed(oneRow(1_000_000), rowMeta);
  },
  /** Deletes old rows over and over while new ones are logged, telling the time of every acknowledged row. */
  sweep: async () => {
    const store = await openStore(folder, { retention: { age: 2000 } });
    const log = await store.openLog(fraudLayout);
    const writer = async () => {
      for (;;) {
        const now = Date.now();
        await log.append(oneRow(now), rowMeta);
        tell(String(now));
      }
    };
    const sweeper = async () => {
      for (;;) await store.sweep();
    };
    await Promise.all([...Array.from({ length: 8 }, writer), sweeper()]);
  },
  /** Gives back the space of deleted rows, telling when it begins, each statement before it runs, and when it is done. */
  compact: async () => {
    const duckdb = await import("@duckdb/node-api");
    await tellStatements(/^(ATTACH|COPY|DETACH)/);
    tell("begin");
    await compact(duckdb, `${folder}/shapeline.duckdb`, 1);
    tell("done");
  },
  /** Hands over a relaxed row a millisecond to each of some folders, telling which row of which folder and when. */
  trickle: async () => {
    const logs = await Promise.all([folder, ...rest].map(async (each) => (await openStore(each)).openLog(fraudLayout)));
    for (;;) {
      for (const [i, log] of logs.entries())
        tell(`${i} ${log.appendRelaxed(oneRow(Date.now()), rowMeta).firstRow} ${Date.now()}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  },
  /** Keeps a log to a size while rows are logged, telling each acknowledged row, and the statements by which tables are written anew before they run. */
  rewrite: async () => {
    await tellStatements(/^(ALTER|CREATE|DROP|COMMIT|CHECKPOINT)/, /^ALTER/);
    const log = await (await openStore(folder)).openLog(fraudLayout);
    await openStore(folder, { retention: { size: Number(rest[0]) } });
    for (;;) tell(String((await log.append(oneRow(Date.now()), rowMeta)).firstRow));
  },
  /** Appends for ever, 16 in flight, telling the row id of every acknowledged row. */
  write: async () => {
    const log = await (await openStore(folder)).openLog(fraudLayout);
    const writer = async () => {
      for (;;) tell(String((await log.append(oneRow(Date.now()), rowMeta)).firstRow));
    };
    await Promise.all(Array.from({ length: 16 }, writer));
  },
  /** Appends 500 rows a time for ever, 4 in flight, telling the first row's id of those that are acknowledged. */
  batches: async () => {
    const log = await (await openStore(folder)).openLog(fraudLayout);
    const writer = async () => {
      for (;;) tell(String((await log.append(manyRows(500), rowMeta)).firstRow));
    };
    await Promise.all(Array.from({ length: 4 }, writer));
  },
  /** Opens the store, logs a row and has nothing more to do. */
  idle: async () => {
    const log = await (await openStore(folder)).openLog(fraudLayout);
    await log.append(oneRow(1), rowMeta);
    tell("idle");
  },
  /** Opens the folder, a new one in it, and its log for reading, telling what came of each. */
  try: async () => {
    const attempt = (work: Promise<{ close(): Promise<void> }>) =>
      work.then(
        async (store) => store.close().then(() => tell("open")),
        (error: ShapelineError) => tell(`${error.code} ${error.message}`),
      );
    await attempt(openStore(folder));
    await attempt(openStore(`${folder}/new`));
    await attempt(openStore(folder, { readOnly: true }));
  },
  /** Leaves relaxed rows behind and ends by itself, or by process.exit. */
  relaxed: async () => {
    const log = await (await openStore(folder)).openLog(fraudLayout);
    for (let i = 0; i < 10; i++) log.appendRelaxed(oneRow(i), rowMeta);
    if (rest[0] === "exit") process.exit(0);
  },
  /** Logs so many rows a time until that fails, then tells how many were acknowledged and why no more. */
  fill: async () => {
    const store = await openStore(folder);
    const log = await store.openLog(fraudLayout);
    const batch = manyRows(Number(rest[0]));
    for (let rows = 0; ; rows += batch.rows) {
      const error = await log.append(batch, rowMeta).then(
        () => null,
        (reason: unknown) => reason as ShapelineError,
      );
      if (error === null) continue;
      tell(String(rows));
      tell(`${error.code} ${error.message}`);
      return store.close();
    }
  },
  /** Exits while a commit is under way and more rows wait. */
  midway: async () => {
    const log = await (await openStore(folder)).openLog(fraudLayout);
    await log.append(oneRow(0), rowMeta);
    void log.append(oneRow(1), rowMeta);
    setImmediate(() => {
      log.appendRelaxed(oneRow(2), rowMeta);
      setTimeout(() => process.exit(0), Number(rest[0]));
    });
  },
};

await jobs[job]?.();
