// Tests of the embedded engine that need time: `kill -9` under load, new versions under load, a service with readers
// and retention, the memory of a long run, and the server. Fails at the first broken promise.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { pipeline } from "shapeline";
import { local } from "shapeline/local";
import { readSignature } from "shapeline/codegen";
import { handleOf } from "../bench/handle.mjs";
import { serverKills, serverLoad, serverSwaps } from "./soak/server.mjs";
import { service } from "./soak/service.mjs";

const script = fileURLToPath(import.meta.url);
const models = join(dirname(dirname(script)), "examples", "breast-cancer", "models");
const records = JSON.parse(readFileSync(join(models, "..", "rows.df.json"), "utf8"));
const modelOf = async (name) => handleOf(await readSignature(join(models, `${name}.onnx`)));
const regression = await modelOf("logistic-regression");
const plain = pipeline("soak")
  .model(regression)
  .validate("sure", (x) => x.out.probabilities[0] < 0.9);

/** A row whose first feature is its number. */
const numberedRow = (n) => [{ features: [n, ...records[n % records.length].features.slice(1)] }];

function must(holds, text) {
  if (!holds) throw new Error(text);
}

/** The process to be killed: infers with 16 requests in flight, and prints the number of every answered row. */
async function load(data, from) {
  const live = await plain.deploy(local({ models, data }));
  let next = from;
  const sendRequests = async () => {
    for (;;) {
      const n = next++;
      await live.infer(numberedRow(n));
      process.stdout.write(`${n}\n`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, sendRequests));
}

async function runAndKill(data, from) {
  const child = spawn(process.execPath, [script, "load", data, String(from)], { stdio: ["ignore", "pipe", "inherit"] });
  const answered = [];
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const after = 20 + Math.floor(Math.random() * 200);
  for await (const line of createInterface({ input: child.stdout })) {
    if (answered.length === 0) setTimeout(() => child.kill("SIGKILL"), after);
    answered.push(Number(line));
  }
  await ended;
  return answered;
}

async function kills(count) {
  let data = "";
  let total = 0;
  let acknowledged = [];
  for (let i = 0; i < count; i++) {
    if (i % 10 === 0) {
      data = mkdtempSync(join(folder, "kill-"));
      acknowledged = [];
    }
    const answered = await runAndKill(data, (i * 1_000_000) % 16_000_000);
    must(answered.length > 0, `kill ${i}: no request was answered before it`);
    acknowledged.push(...answered);
    total += answered.length;
    const target = local({ models, data });
    const found = new Map();
    const table = await (
      await target.pipeline("soak")
    ).logs({ limit: 1_000_000, dataset: ["in.features"], arrow: true });
    const column = table.getChild("in.features");
    for (let row = 0; row < table.numRows; row++) {
      const n = column.get(row).get(0);
      found.set(n, (found.get(n) ?? 0) + 1);
    }
    await target.close();
    for (const n of acknowledged)
      must(found.get(n) === 1, `kill ${i}: row ${n} was answered and is in the log ${found.get(n) ?? 0} times`);
    for (const [n, times] of found) must(times === 1, `kill ${i}: row ${n} is in the log ${times} times`);
  }
  console.log(
    `kill -9, ${count} times: ${total} rows were answered, each is in the log once, and the store opened every time`,
  );
}

async function swaps(count) {
  const target = local({ models, data: mkdtempSync(join(folder, "swap-")), durability: "relaxed" });
  const versions = [
    plain,
    pipeline("soak")
      .model(await modelOf("random-forest"))
      .validate("unsure", (x) => x.out.probabilities[0] < 0.99),
  ];
  await (await plain.deploy(target)).close();
  const live = await target.pipeline("soak");
  const expected = new Map();
  for (const [i, version] of versions.entries()) {
    const alone = await version.deploy(local({ models, data: mkdtempSync(join(folder, "alone-")), durability: "off" }));
    expected.set(["sure", "unsure"][i], JSON.stringify((await alone.infer(records.slice(0, 1)))[0].out));
    await alone.close();
  }
  let running = true;
  let requests = 0;
  const sendRequests = async () => {
    while (running) {
      const [row] = await live.infer(records.slice(0, 1));
      const check = Object.keys(row.anomaly).find((name) => name !== "count");
      must(JSON.stringify(row.out) === expected.get(check), `a request saw two versions: ${JSON.stringify(row)}`);
      requests++;
    }
  };
  const clients = Promise.all(Array.from({ length: 8 }, sendRequests));
  for (let i = 1; i <= count; i++) await (await versions[i % 2].deploy(target)).close();
  running = false;
  await clients;
  await target.close();
  console.log(`${count} new versions under load: ${requests} requests, none failed or saw two versions`);
}

/** Requests until the log's buffers have reached their working size: up to then the memory grows on every machine. */
const WARM_UP_REQUESTS = 40_000;

async function memory(minutes) {
  const data = mkdtempSync(join(folder, "memory-"));
  const target = local({ models, data, durability: "relaxed" });
  const live = await pipeline("soak")
    .shadow(await modelOf("gradient-boosting"), [regression])
    .validate("sure", (x) => x.out.probabilities[0] < 0.9)
    .deploy(target);
  const many = { features: Float32Array.from({ length: 30 * 2000 }, (_, i) => records[0].features[i % 30]) };
  const hostile = [
    null,
    [{}],
    [{ features: [NaN, "x"] }],
    [{ features: Array(30).fill("NaN") }],
    { features: new Float32Array(7) },
  ];
  const samples = [];
  let end = Infinity;
  let requests = 0;
  let sampled = 0;
  while (performance.now() < end) {
    await Promise.allSettled([
      ...Array.from({ length: 32 }, (_, i) => live.infer([records[(requests + i) % records.length]])),
      live.infer(hostile[requests % hostile.length]),
      requests % 64 === 0 ? live.infer(many) : null,
    ]);
    requests += 32;
    if (requests < WARM_UP_REQUESTS) continue;
    if (end === Infinity) end = performance.now() + minutes * 60_000;
    if (performance.now() - sampled < (minutes * 60_000) / 120) continue;
    sampled = performance.now();
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    samples.push({ js: heapUsed + external, rss });
  }
  await target.close();
  const fifth = Math.floor(samples.length / 5);
  const middle = (list, key) =>
    list.map((sample) => sample[key]).sort((a, b) => a - b)[Math.floor(list.length / 2)] / 2 ** 20;
  const [early, late] = [samples.slice(fifth, 2 * fifth), samples.slice(-fifth)];
  const text = ["js", "rss"]
    .map((key) => `${key} ${middle(early, key).toFixed(1)} -> ${middle(late, key).toFixed(1)} MiB`)
    .join(", ");
  console.log(
    `${minutes} minutes, ${requests - WARM_UP_REQUESTS} requests: ${text} (medians of the second and of the last fifth)`,
  );
  must(middle(late, "js") < middle(early, "js") * 1.1 + 8, "JavaScript's memory grew");
  must(middle(late, "rss") < middle(early, "rss") * 1.25 + 64, "the memory of the process grew");
}

if (process.argv[2] === "load") await load(process.argv[3], Number(process.argv[4]));
const folder = mkdtempSync(join(tmpdir(), "shapeline-soak-"));
try {
  const { values } = parseArgs({
    options: {
      kills: { type: "string", default: "500" },
      swaps: { type: "string", default: "200" },
      minutes: { type: "string", default: "10" },
      only: { type: "string", default: "kills,swaps,service,memory,server" },
      delay: { type: "string", default: "20" },
    },
  });
  const minutes = Number(values.minutes);
  const parts = {
    kills: () => Number(values.kills) > 0 && kills(Number(values.kills)),
    swaps: () => Number(values.swaps) > 0 && swaps(Number(values.swaps)),
    service: async () => {
      if (minutes === 0) return;
      const rows = records.map(({ features }) => features);
      const champion = await modelOf("gradient-boosting");
      await service(minutes, folder, { models, champion, challenger: regression, rows }, Number(values.delay));
    },
    memory: () => minutes > 0 && memory(minutes),
    server: async () => {
      const other = pipeline("soak")
        .model(await modelOf("random-forest"))
        .validate("unsure", (x) => x.out.probabilities[0] < 0.99);
      const parts = { models, versions: [plain, other], rows: records.map(({ features }) => features) };
      // Starting a process takes longer than starting an engine.
      await serverKills(Math.ceil(Number(values.kills) / 10), folder, parts);
      await serverSwaps(Number(values.swaps), folder, parts);
      if (minutes > 0) await serverLoad(minutes, folder, parts);
    },
  };
  for (const part of values.only.split(",")) {
    must(Object.hasOwn(parts, part), `there is no part '${part}': use ${Object.keys(parts).join(", ")}`);
    await parts[part]();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
