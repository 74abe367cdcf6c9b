// Latency of single requests at given rates, with and without a slow challenger, with and without a reader of the log.
import { setTimeout as sleep } from "node:timers/promises";
import { machineLoad, median, quantile } from "./blocks.mjs";

const rates = [1, 50, 200];
/** Rows that are logged before a reader asks for them in every second. */
const readRows = 100_000;

/**
 * Prints p50, p99 and the longest latency in milliseconds. A challenger of 50 ms on its one thread falls behind from 20
 * requests a second on: its queue is full then, which must not show in the champion's latency either.
 *
 * @param open deploys: `(challenged, durability) => deployment`
 * @param row a request of one row
 * @param many the columns of a request with `rowsAtOnce` rows
 * @param seconds per case; at one request a second three times as long
 */
export async function latencyTable({ open, row, many, rowsAtOnce, seconds }) {
  console.log(
    `\nlatency of one row in ms, ${seconds} s each (goal: p99 with a challenger at most 1.1 of that without)\n${["log", "a second", "challenger", "reader", "requests", "p50", "p99", "max", "p99 ratio"].map(cell).join("")}`,
  );
  for (const durability of ["commit", "relaxed"]) {
    for (const reads of [false, true]) {
      for (const rate of rates) {
        let alone = 0;
        for (const challenged of [false, true]) {
          const live = await open(challenged, durability);
          for (let rows = 0; reads && rows < readRows; rows += rowsAtOnce) await live.infer(many);
          for (let i = 0; i < 50; i++) await live.infer(row);
          const times = await measureRate(live, row, rate, rate === 1 ? 3 * seconds : seconds, reads);
          await live.close();
          const [p50, p99, max] = [median(times), quantile(times, 0.99), Math.max(...times)];
          if (!challenged) alone = p99;
          console.log(
            [durability, rate, challenged ? "50 ms" : "none", reads ? "yes" : "no", times.length]
              .concat(
                [p50, p99, max].map((ms) => ms.toFixed(2)),
                challenged ? (p99 / alone).toFixed(2) : "",
              )
              .map(cell)
              .join(""),
          );
        }
      }
      console.log(machineLoad());
    }
  }
}

const cell = (text) => String(text).padEnd(11);

/** Requests start at their times, whether earlier ones have ended or not. */
async function measureRate(live, row, rate, seconds, reads) {
  const times = [];
  const requests = [];
  let reading = reads;
  const reader = (async () => {
    while (reading) {
      const next = performance.now() + 1000;
      await live.logs({ limit: readRows });
      await sleep(Math.max(0, next - performance.now()));
    }
  })();
  const startedAt = performance.now();
  for (let sent = 0; sent < rate * seconds; sent++) {
    await sleep(Math.max(0, startedAt + (sent * 1000) / rate - performance.now()));
    const sentAt = performance.now();
    requests.push(live.infer(row).then(() => times.push(performance.now() - sentAt)));
  }
  await Promise.all(requests);
  reading = false;
  await reader;
  return times;
}
