/** The jobs of the log tests' child processes. Each line on stdout is a fact for the test. */
import { chmodSync } from "node:fs";
import type { ShapelineError } from "../../../dsl/errors.js";
import { compact } from "../../../src/logs/database/compact.js";
import { openStore } from "../../../src/logs/open-store.js";
import { rowMeta, wideLayout, wideRow, wideRows } from "./sample-rows.js";

const [, , job = "", folder = "", ...rest] = process.argv;
const print = (line: string) => process.stdout.write(`${line}\n`);

/**
 * Prints the first word of matching statements before they run, starting with the first statement that matches `from`.
 */
async function printStatements(pattern: RegExp, from = pattern): Promise<void> {
  let started = false;
  const { DuckDBConnection } = await import("@duckdb/node-api");
  const run = DuckDBConnection.prototype.run;
  DuckDBConnection.prototype.run = function (sql, ...rest) {
    started ||= from.test(sql);
    if (started && pattern.test(sql)) print(sql.split(" ", 1).join());
    return run.call(this, sql, ...rest);
  };
}

const jobs: Readonly<Record<string, () => Promise<void>>> = {
  /** Owns the folder until it is killed. */
  own: async () => {
    await openStore(folder);
    setInterval(() => undefined, 1000);
    print("open");
  },
  /** Owns the folder with some rows in its log; logs one more row for each line on stdin. */
  serve: async () => {
    const store = await openStore(folder);
    const log = await store.openLog(wideLayout);
    for (let i = 0; i < Number(rest[0]); i += 1000)
      await log.append({ ...wideRows(1000), time: Float64Array.from({ length: 1000 }, (_, at) => i + at) }, rowMeta);
    print("open");
    for await (const _ of process.stdin) log.appendRelaxed(wideRow(1_000_000), rowMeta);
  },
  /** Deletes old rows continuously while rows are logged; prints the time of every acknowledged row. */
  sweep: async () => {
    const store = await openStore(folder, { retention: { age: 2000 } });
    const log = await store.openLog(wideLayout);
    const writer = async () => {
      for (;;) {
        const now = Date.now();
        await log.append(wideRow(now), rowMeta);
        print(String(now));
      }
    };
    const sweeper = async () => {
      for (;;) await store.sweep();
    };
    await Promise.all([...Array.from({ length: 8 }, writer), sweeper()]);
  },
  /** Compacts the database file; prints when it starts, each statement before it runs, and when it is done. */
  compact: async () => {
    const duckdb = await import("@duckdb/node-api");
    await printStatements(/^(ATTACH|COPY|DETACH)/);
    print("begin");
    await compact(duckdb, `${folder}/shapeline.duckdb`, 1);
    print("done");
  },
  /**
   * Appends one relaxed row per millisecond to each of several folders; prints folder and row id, and BEGIN for each
   * transaction.
   */
  trickle: async () => {
    const logs = await Promise.all([folder, ...rest].map(async (each) => (await openStore(each)).openLog(wideLayout)));
    await printStatements(/^BEGIN/);
    for (;;) {
      for (const [i, log] of logs.entries()) print(`${i} ${log.appendRelaxed(wideRow(Date.now()), rowMeta).firstRow}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  },
  /**
   * Limits the log to a size while rows are logged; prints each acknowledged row, and the rewrite statements before
   * they run.
   */
  rewrite: async () => {
    await printStatements(/^(ALTER|CREATE|DROP|COMMIT|CHECKPOINT)/, /^ALTER/);
    const log = await (await openStore(folder)).openLog(wideLayout);
    await openStore(folder, { retention: { size: Number(rest[0]) } });
    for (;;) print(String((await log.append(wideRow(Date.now()), rowMeta)).firstRow));
  },
  /** Appends single rows forever, 16 in flight; prints the id of every acknowledged row. */
  write: async () => {
    const log = await (await openStore(folder)).openLog(wideLayout);
    const writer = async () => {
      for (;;) print(String((await log.append(wideRow(Date.now()), rowMeta)).firstRow));
    };
    await Promise.all(Array.from({ length: 16 }, writer));
  },
  /** Appends batches of 500 rows forever, 4 in flight; prints the first id of every acknowledged batch. */
  batches: async () => {
    const log = await (await openStore(folder)).openLog(wideLayout);
    const writer = async () => {
      for (;;) print(String((await log.append(wideRows(500), rowMeta)).firstRow));
    };
    await Promise.all(Array.from({ length: 4 }, writer));
  },
  /**
   * Appends batches with a durability until the process ends; prints the first id of every acknowledged batch, or the
   * code of the error. With a time in milliseconds, other work goes on beside it for that long: reads, flushes,
   * deleting old rows, and stores and logs that are opened and closed; then closes and prints "closed".
   */
  acknowledge: async () => {
    const [durability, rows, raceMs] = [rest[0], Number(rest[1]), Number(rest[2] ?? 0)];
    const endsAt = raceMs === 0 ? Infinity : performance.now() + raceMs;
    const store = await openStore(folder, { retention: { age: 1e15 } });
    const log = await store.openLog(wideLayout);
    const batch = wideRows(rows);
    const append = async (): Promise<bigint> => {
      if (durability === "commit") return (await log.append(batch, rowMeta)).firstRow;
      await new Promise(setImmediate);
      for (let room = log.whenRoom(rows); room !== null; room = log.whenRoom(rows)) await room;
      return log.appendRelaxed(batch, rowMeta).firstRow;
    };
    const repeat = async (work: () => Promise<unknown>) => {
      while (performance.now() < endsAt) await work();
    };
    const writer = () =>
      repeat(() =>
        append().then(
          (first) => print(String(first)),
          async (error: ShapelineError) => {
            print(error.code);
            await new Promise((resolve) => setTimeout(resolve, 50));
          },
        ),
      );
    const others = [
      () => store.readLog("fraud", { limit: 1000 }),
      async () => {
        await new Promise(setImmediate);
        await log.flush();
      },
      () => store.sweep(),
      async () => {
        const other = await openStore(folder);
        const second = await other.openLog(wideLayout);
        await second.append(wideRow(0), rowMeta).then(({ firstRow }) => print(`one ${firstRow}`));
        await other.close();
      },
    ];
    print("open");
    await Promise.all([...Array.from({ length: 8 }, writer), ...(raceMs === 0 ? [] : others.map(repeat))]);
    await store.close();
    print("closed");
  },
  /** Opens the store, logs one row, and has nothing more to do. */
  idle: async () => {
    const log = await (await openStore(folder)).openLog(wideLayout);
    await log.append(wideRow(1), rowMeta);
    print("idle");
  },
  /** Opens the folder, a new folder in it, and the log for reading; prints the result of each. */
  try: async () => {
    const attempt = (work: Promise<{ close(): Promise<void> }>) =>
      work.then(
        async (store) => store.close().then(() => print("open")),
        (error: ShapelineError) => print(`${error.code} ${error.message}`),
      );
    await attempt(openStore(folder));
    await attempt(openStore(`${folder}/new`));
    await attempt(openStore(folder, { readOnly: true }));
  },
  /** Takes its own right to change the folder while the log is open, then closes the log. */
  lock: async () => {
    const store = await openStore(folder);
    const log = await store.openLog(wideLayout);
    await log.append(wideRow(1), rowMeta);
    chmodSync(folder, 0o500);
    await log.append(wideRow(2), rowMeta);
    await store.close().then(
      () => print("closed"),
      (error: Partial<ShapelineError>) => print(`${String(error.code)} ${String(error.message)}`),
    );
    chmodSync(folder, 0o700);
  },
  /** Leaves relaxed rows in the queue and ends by itself, or with process.exit. */
  relaxed: async () => {
    const log = await (await openStore(folder)).openLog(wideLayout);
    for (let i = 0; i < 10; i++) log.appendRelaxed(wideRow(i), rowMeta);
    if (rest[0] === "exit") process.exit(0);
  },
  /**
   * Appends relaxed rows without end and prints the id of each. `own`: closes the store at a signal, prints "closed"
   * and exits with 3. `last`: ends by the signal if nobody else listens to it, as the package `signal-exit` does.
   */
  signaled: async () => {
    const store = await openStore(folder);
    const log = await store.openLog(wideLayout);
    if (rest[0] === "own") {
      process.once("SIGTERM", () => {
        void store.close().then(() => {
          print("closed");
          process.exit(3);
        });
      });
    }
    if (rest[0] === "last") {
      const end = () => {
        if (process.listenerCount("SIGTERM") > 1) return;
        process.off("SIGTERM", end);
        process.kill(process.pid, "SIGTERM");
      };
      process.on("SIGTERM", end);
    }
    print("open");
    for (;;) {
      await (log.whenRoom() ?? new Promise(setImmediate));
      try {
        print(String(log.appendRelaxed(wideRow(Date.now()), rowMeta).firstRow));
      } catch {
        return;
      }
    }
  },
  /**
   * Appends relaxed batches until one is refused; prints the number of answered rows and the error. If there is room
   * again, appends one more and closes; prints "again" and the number. Prints the error of `close`, or "closed".
   */
  fillRelaxed: async () => {
    const [rows, waitMs] = rest.map(Number) as [number, number];
    const store = await openStore(folder);
    const log = await store.openLog(wideLayout);
    const batch = wideRows(rows);
    let answered = 0;
    const answer = async () => {
      for (let room = log.whenRoom(rows); room !== null; room = log.whenRoom(rows)) await room;
      log.appendRelaxed(batch, rowMeta);
      answered += rows;
    };
    const refusal = async () => {
      for (let i = 0; ; i++) {
        if ((i * rows) % 50 === 0) await new Promise(setImmediate);
        const error = await answer().then(
          () => null,
          (reason: unknown) => reason as ShapelineError,
        );
        if (error !== null) return error;
      }
    };
    const error = await refusal();
    print(String(answered));
    print(`${error.code} ${error.message}`);
    const giveUpAt = performance.now() + waitMs;
    while (performance.now() < giveUpAt) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (store.problem() !== null) continue;
      await answer();
      print("again");
      print(String(answered));
      break;
    }
    await store.close().then(
      () => print("closed"),
      (reason: unknown) => print((reason as ShapelineError).message),
    );
  },
  /** Appends batches until one fails; prints the number of acknowledged rows and the error. */
  fill: async () => {
    const store = await openStore(folder);
    const log = await store.openLog(wideLayout);
    const batch = wideRows(Number(rest[0]));
    for (let rows = 0; ; rows += batch.rows) {
      const error = await log.append(batch, rowMeta).then(
        () => null,
        (reason: unknown) => reason as ShapelineError,
      );
      if (error === null) continue;
      print(String(rows));
      print(`${error.code} ${error.message}`);
      return store.close();
    }
  },
  /** Exits while a commit is running and more rows are queued. */
  midway: async () => {
    const log = await (await openStore(folder)).openLog(wideLayout);
    await log.append(wideRow(0), rowMeta);
    void log.append(wideRow(1), rowMeta);
    setImmediate(() => {
      log.appendRelaxed(wideRow(2), rowMeta);
      setTimeout(() => process.exit(0), Number(rest[0]));
    });
  },
};

await jobs[job]?.();
