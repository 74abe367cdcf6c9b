import { mkdtempSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { pipeline } from "shapeline";
import { local } from "shapeline/local";
import { quantile } from "../../bench/blocks.mjs";

/** Requests of one row in a second. */
const requestsPerSecond = 200;
/** Rows that a reader asks for in every second, and rows that are logged before the first reading. */
const readRows = 100_000;
const firstRows = 150_000;
const rowsAtOnce = 2_000;
/** The log is deleted down to this; it holds a few more rows than are read. */
const retention = { size: "20MB" };
/** Windows before this many milliseconds are warm-up, at most a third of the run. */
const warmUpMs = 120_000;
/** Numbers of rows are a float32 column: whole numbers up to here are exact. */
const largestNumber = 2 ** 24;

/**
 * A service for some minutes: a champion and a challenger, a validation, an alert, retention, and a reader of 100,000
 * rows in every second, at 200 requests a second in commit mode. Every answered row must be in the log once, unless
 * retention has deleted it with all rows before it; the p99 of `infer`, the delay of the event loop and the memory of
 * the process must not rise.
 *
 * @param parts the models' folder, the handles of champion and challenger, the features of some rows
 * @param delayMs the highest p99 of the event loop's delay: more than 20 only where others use the machine
 */
export async function service(minutes, folder, { models, champion, challenger, rows }, delayMs) {
  const data = mkdtempSync(join(folder, "service-"));
  const target = local({ models, data, retention });
  const live = await pipeline("service")
    .shadow(champion, [challenger])
    .validate("sure", (x) => x.out.probabilities[0] < 0.9)
    .alert("used", (all) => all.count() > 1000, { over: "1m" })
    .deploy(target);
  const run = new Service(live, rows);
  await run.logFirstRows();
  const windows = await run.serve(minutes * 60_000);
  await live.close();
  const found = await countNumbers(await target.pipeline("service"));
  await target.close();
  report(minutes, windows, run, found);
  judge(windows, run, found, delayMs);
}

class Service {
  readings = 0;
  alerts = 0;
  answered = [];
  failures = [];
  status = null;
  #live;
  #rows;
  #next = 0;
  #latencies = [];
  #pending = new Set();

  constructor(live, rows) {
    this.#live = live;
    this.#rows = rows;
  }

  async logFirstRows() {
    while (this.#next < firstRows) {
      const batch = Array.from({ length: rowsAtOnce }, () => this.#numbered());
      const width = batch[0].features.length;
      const features = new Float32Array(batch.length * width);
      for (const [i, row] of batch.entries()) features.set(row.features, i * width);
      await this.#live.infer({ features });
      this.answered.push(...batch.map((row) => row.features[0]));
    }
  }

  /** Resolves to what was measured in each window of a 30th of the time, at most ten seconds. */
  async serve(ms) {
    const stop = new AbortController();
    const [readings, alerts] = [this.#read(stop.signal), this.#watch(stop.signal)];
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const windowMs = Math.min(10_000, ms / 30);
    const startedAt = performance.now();
    const windows = [];
    let sent = 0;
    for (let windowEnd = windowMs; windowEnd <= ms + 1; windowEnd += windowMs) {
      while (performance.now() - startedAt < windowEnd) {
        for (; sent < ((performance.now() - startedAt) / 1000) * requestsPerSecond; sent++) this.#send();
        await sleep(1);
      }
      windows.push({
        endMs: windowEnd,
        latency: quantile(this.#latencies.length === 0 ? [Infinity] : this.#latencies, 0.99),
        delay: delay.percentile(99) / 1e6,
        rss: process.memoryUsage.rss() / 2 ** 20,
      });
      this.#latencies = [];
      delay.reset();
    }
    delay.disable();
    stop.abort();
    await Promise.all([...this.#pending, readings, alerts]);
    this.status = await this.#live.status();
    return windows;
  }

  /** A row whose first feature is its number. */
  #numbered() {
    const n = this.#next++;
    if (n > largestNumber) throw new Error(`a run has at most ${largestNumber} rows: give fewer --minutes`);
    return { features: [n, ...this.#rows[n % this.#rows.length].slice(1)] };
  }

  #send() {
    const row = this.#numbered();
    const startedAt = performance.now();
    const request = this.#live
      .infer([row])
      .then(
        () => {
          this.#latencies.push(performance.now() - startedAt);
          this.answered.push(row.features[0]);
        },
        (error) => this.failures.push(error),
      )
      .finally(() => this.#pending.delete(request));
    this.#pending.add(request);
  }

  async #read(signal) {
    while (!signal.aborted) {
      const nextAt = performance.now() + 1000;
      const found = await this.#live.logs({ limit: readRows });
      if (found.length < readRows) this.failures.push(new Error(`a reading has ${found.length} of ${readRows} rows`));
      this.readings++;
      await sleep(Math.max(0, nextAt - performance.now()));
    }
  }

  async #watch(signal) {
    for await (const _ of this.#live.alerts({ signal })) this.alerts++;
  }
}

/** How often each number is in the log. */
async function countNumbers(live) {
  const found = new Map();
  for await (const table of live.logBatches({ dataset: ["in.features"] })) {
    const column = table.getChild("in.features");
    for (let row = 0; row < table.numRows; row++) {
      const n = column.get(row).get(0);
      found.set(n, (found.get(n) ?? 0) + 1);
    }
  }
  return found;
}

/** The windows after the warm-up: their first and their last third. */
function thirds(windows) {
  const total = windows.at(-1).endMs;
  const steady = windows.filter(({ endMs }) => endMs > Math.min(warmUpMs, total / 3));
  const third = Math.ceil(steady.length / 3);
  return [steady.slice(0, third), steady.slice(-third)];
}

const medianOf = (windows, key) =>
  quantile(
    windows.map((window) => window[key]),
    0.5,
  );

function report(minutes, windows, run, found) {
  const [early, late] = thirds(windows);
  const text = [
    ["latency", "p99 of infer", "ms"],
    ["delay", "p99 of the event loop's delay", "ms"],
    ["rss", "memory", "MiB"],
  ]
    .map(
      ([key, name, unit]) => `${name} ${medianOf(early, key).toFixed(1)} -> ${medianOf(late, key).toFixed(1)} ${unit}`,
    )
    .join(", ");
  console.log(
    `a service for ${minutes} minutes: ${run.answered.length} rows answered, ${found.size} in the log, ${run.readings} readings of ${readRows} rows, ${run.alerts} changes of alerts, ${run.failures.length} failures; ${text} (medians of the first and the last third after the warm-up; load ${loadavg()[0].toFixed(1)})`,
  );
}

function judge(windows, run, found, delayMs) {
  const must = (holds, text) => {
    if (!holds) throw new Error(text);
  };
  must(run.failures.length === 0, `${run.failures.length} requests or readings failed: ${run.failures[0]?.stack}`);
  must(run.alerts > 0, "the alert did not fire");
  must(
    run.status.counts.challengerErrors === 0,
    `${run.status.counts.challengerErrors} challenger runs have no answer`,
  );
  for (const [n, times] of found) must(times === 1, `row ${n} is in the log ${times} times`);
  let oldest = Infinity;
  for (const n of found.keys()) oldest = Math.min(oldest, n);
  // Retention deletes by time: of the rows in flight together, any may be the oldest.
  const lost = run.answered.filter((n) => n > oldest + requestsPerSecond && !found.has(n));
  must(lost.length === 0, `${lost.length} answered rows are not in the log, such as ${lost.slice(0, 5).join(", ")}`);
  const [early, late] = thirds(windows);
  const flat = (key, name, factor, more) =>
    must(
      medianOf(late, key) <= medianOf(early, key) * factor + more,
      `${name} rose from ${medianOf(early, key).toFixed(1)} to ${medianOf(late, key).toFixed(1)}`,
    );
  flat("latency", "the p99 of infer in ms", 1.5, 5);
  flat("delay", "the p99 of the event loop's delay in ms", 1.5, 5);
  flat("rss", "the memory in MiB", 1.1, 32);
  const delay = medianOf(late, "delay");
  must(delay <= delayMs, `the p99 of the event loop's delay is ${delay.toFixed(1)} ms, more than ${delayMs} (--delay)`);
}
