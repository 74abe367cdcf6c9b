import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { server as serverTarget } from "shapeline/client";
import { local } from "shapeline/local";
import { machineLoad, median, quantile } from "../../bench/blocks.mjs";

const script = fileURLToPath(new URL("../../bench/server/own.mjs", import.meta.url));

function must(holds, text) {
  if (!holds) throw new Error(text);
}

/** Starts `shapeline/server` in a process of its own. */
async function start(data, models, durability) {
  const child = spawn(process.execPath, [script, data, models, durability], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const url of createInterface({ input: child.stdout })) return { child, url };
  throw new Error("the server did not start");
}

async function stop({ child }) {
  const gone = once(child, "exit");
  child.kill();
  await gone;
}

/** Sends rows over HTTP; resolves to the answer, or null if the connection was lost. Throws for any other status. */
async function infer(url, features) {
  const body = JSON.stringify({
    inputs: [{ name: "features", datatype: "FP32", shape: [1, features.length], data: features }],
  });
  const response = await fetch(`${url}/v2/models/soak/infer`, { method: "POST", body }).catch(() => null);
  const answer = await response?.json().catch(() => null);
  if (answer === null || answer === undefined) return null;
  must(response.status === 200, `status ${response.status}: ${answer.error}`);
  return answer;
}

/** How often each number is in the log, once the server has ended. */
async function countNumbers(data, models) {
  const target = local({ models, data });
  const table = await (
    await target.pipeline("soak")
  ).logs({ limit: 10_000_000, dataset: ["in.features"], arrow: true });
  const found = new Map();
  const column = table.getChild("in.features");
  for (let row = 0; row < table.numRows; row++) {
    const n = column.get(row).get(0);
    found.set(n, (found.get(n) ?? 0) + 1);
  }
  await target.close();
  return found;
}

/** Kills the server while 16 clients send: every answered row must be in the log once. */
export async function serverKills(count, folder, { models, versions, rows }) {
  const data = mkdtempSync(join(folder, "server-kill-"));
  const target = local({ models, data });
  await (await versions[0].deploy(target)).close();
  await target.close();
  const answered = [];
  let next = 0;
  for (let i = 0; i < count; i++) {
    const running = await start(data, models, "commit");
    const before = answered.length;
    let isRunning = true;
    const sendRequests = async () => {
      while (isRunning) {
        const n = next++;
        if ((await infer(running.url, [n, ...rows[n % rows.length].slice(1)])) === null) return;
        answered.push(n);
      }
    };
    const clients = Promise.all(Array.from({ length: 16 }, sendRequests));
    while (answered.length === before) await sleep(5);
    await sleep(Math.random() * 200);
    running.child.kill("SIGKILL");
    await once(running.child, "exit");
    isRunning = false;
    await clients;
  }
  const found = await countNumbers(data, models);
  for (const n of answered)
    must(found.get(n) === 1, `row ${n} was answered and is in the log ${found.get(n) ?? 0} times`);
  for (const [n, times] of found) must(times === 1, `row ${n} is in the log ${times} times`);
  console.log(`server, kill -9, ${count} times: ${answered.length} rows were answered, and each is in the log once`);
}

/** Deploys versions in turn through the server while clients send: no request fails, and none sees two versions. */
export async function serverSwaps(count, folder, { models, versions, rows }) {
  const data = mkdtempSync(join(folder, "server-swap-"));
  const running = await start(data, models, "relaxed");
  const target = serverTarget({ url: running.url });
  const expected = new Map();
  for (const version of versions) {
    const live = await version.deploy(target);
    const { model_version, outputs } = await infer(running.url, rows[0]);
    expected.set(model_version, JSON.stringify(outputs));
    await live.close?.();
  }
  const known = new Set(expected.values());
  must(known.size === versions.length, "the versions do not differ in their answers");
  let isRunning = true;
  let requests = 0;
  const sendRequests = async () => {
    while (isRunning) {
      const answer = await infer(running.url, rows[0]);
      must(answer !== null, "a connection was lost");
      const outputs = JSON.stringify(answer.outputs);
      const own = expected.get(answer.model_version);
      must(known.has(outputs) && (own === undefined || own === outputs), `an answer of two versions: ${outputs}`);
      requests++;
    }
  };
  const clients = Promise.all(Array.from({ length: 8 }, sendRequests));
  for (let i = 0; i < count; i++) await versions[i % versions.length].deploy(target);
  isRunning = false;
  await clients;
  await stop(running);
  console.log(`server, ${count} new versions under load: ${requests} requests, none failed or saw two versions`);
}

/** Requests until buffers have reached their working size. */
const warmUpRequests = 20_000;

/**
 * Sends 70 % of what the server can answer for some minutes, in commit mode: the p99 and the memory of the process must
 * not rise, and every answered row must be in the log once.
 */
export async function serverLoad(minutes, folder, { models, versions, rows }) {
  const data = mkdtempSync(join(folder, "server-load-"));
  const target = local({ models, data });
  await (await versions[0].deploy(target)).close();
  await target.close();
  const running = await start(data, models, "commit");
  const answered = [];
  let next = 0;
  const send = async () => {
    // Float32 columns hold whole numbers exactly up to 2^24.
    const n = next++ % 2 ** 24;
    const sentAt = performance.now();
    const answer = await infer(running.url, [n, ...rows[n % rows.length].slice(1)]);
    must(answer !== null, "a connection was lost");
    answered.push(n);
    return performance.now() - sentAt;
  };
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (next < warmUpRequests) await send();
    }),
  );
  const perSecond = 0.7 * (answered.length / ((performance.now() - startedAt) / 1000));
  const windows = [];
  const windowMs = Math.min(10_000, (minutes * 60_000) / 30);
  const end = performance.now() + minutes * 60_000;
  while (performance.now() < end) {
    const from = performance.now();
    const sent = [];
    while (performance.now() < from + windowMs) {
      while (sent.length < ((performance.now() - from) / 1000) * perSecond) sent.push(send());
      await sleep(2);
    }
    const latencies = await Promise.all(sent);
    windows.push({ p99: quantile(latencies, 0.99), rss: residentBytes(running.child.pid) });
  }
  await stop(running);
  const found = await countNumbers(data, models);
  for (const n of answered)
    must(found.get(n) === 1, `row ${n} was answered and is in the log ${found.get(n) ?? 0} times`);
  must(found.size === answered.length, "the log has rows that were not answered");
  const fifth = Math.max(1, Math.floor(windows.length / 5));
  const middle = (list, key) => median(list.map((window) => window[key]));
  const [early, late] = [windows.slice(fifth, 2 * fifth), windows.slice(-fifth)];
  const mebibytes = [early, late].map((list) => (middle(list, "rss") / 2 ** 20).toFixed(0));
  const p99 = [early, late].map((list) => middle(list, "p99").toFixed(1));
  console.log(
    `server, ${minutes} minutes at ${perSecond.toFixed(0)} requests/s, ${answered.length} rows, each in the log once: p99 ${p99.join(" -> ")} ms, memory ${mebibytes.join(" -> ")} MiB (medians of the second and of the last fifth; ${machineLoad()})`,
  );
  must(middle(late, "p99") < middle(early, "p99") * 1.5 + 5, "the p99 rose");
  must(middle(late, "rss") < middle(early, "rss") * 1.25 + 64 * 2 ** 20, "the memory of the process grew");
}

/** Bytes that a process occupies; 0 where the system does not tell. */
function residentBytes(pid) {
  if (process.platform !== "linux") return 0;
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}
