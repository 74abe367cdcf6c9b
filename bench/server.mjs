// Throughput of the server: a bare node:http handler over onnxruntime-node is the floor; MLServer and KServe's Python
// server are the peers if they are installed (test/oracles/serving/run.sh). All servers run one model with the same
// JSON; autocannon runs in a process of its own. The cases alternate in blocks, so that other load on the machine
// affects all; a ratio is the median over the blocks, printed with its quartiles. The CPU time per request hardly
// depends on what else the machine does. Requests of one row share runs, as by default, unless a case says "not
// batched". Nothing passes or fails.
// node bench/server.mjs [--blocks 7] [--seconds 3] [--only json,binary,graph] [--venvs DIR]
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { pipeline } from "shapeline";
import { readSignature } from "shapeline/codegen";
import { local } from "shapeline/local";
import { machineLoad, median, quantile } from "./blocks.mjs";
import { handleOf } from "./handle.mjs";
import { Processes } from "./server/processes.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values: flags } = parseArgs({
  options: {
    blocks: { type: "string", default: "7" },
    seconds: { type: "string", default: "3" },
    only: { type: "string", default: "json,binary,graph" },
    venvs: {
      type: "string",
      default: process.env.SHAPELINE_SERVING_VENVS ?? join(root, "test/oracles/serving/.venvs"),
    },
  },
});

const models = join(root, "examples", "breast-cancer", "models");
const records = JSON.parse(readFileSync(join(models, "..", "rows.df.json"), "utf8"));
const width = records[0].features.length;
const names = ["gradient-boosting", "logistic-regression", "random-forest"];
const handles = await Promise.all(
  names.map(async (name) => handleOf(await readSignature(join(models, `${name}.onnx`)))),
);

const flat = (rows) =>
  Float32Array.from(
    { length: rows * width },
    (_, i) => records[Math.floor(i / width) % records.length].features[i % width],
  );
const tensor = (rows) => ({ name: "features", shape: [rows, width], datatype: "FP32" });
const inferUrl = (url, model) => `${url}/v2/models/${model}/infer`;

function jsonRequest(url, model, rows) {
  const body = JSON.stringify({ id: "1", inputs: [{ ...tensor(rows), data: Array.from(flat(rows)) }] });
  return { url: inferUrl(url, model), headers: { "content-type": "application/json" }, body };
}

function binaryRequest(url, model, rows) {
  const data = Buffer.from(flat(rows).buffer);
  const json = JSON.stringify({
    inputs: [{ ...tensor(rows), parameters: { binary_data_size: data.length } }],
    parameters: { binary_data_output: true },
  });
  const headers = {
    "content-type": "application/octet-stream",
    "inference-header-content-length": String(Buffer.byteLength(json)),
  };
  return { url: inferUrl(url, model), headers, body: Buffer.concat([Buffer.from(json), data]) };
}

const plain = (name) => pipeline(name).model(handles[0]);
const withChecks = (p) =>
  p
    .validate("in_range", (x) => x.out.probabilities.every((share) => share >= 0 && share <= 1))
    .validate("decided", (x) => Math.max(x.out.probabilities[0], x.out.probabilities[1]) > 0.7)
    .validate("positive", (x) => x.in.features[0] > 0);
const three = pipeline("three")
  .models(handles)
  .validate(
    "agree",
    (x) => Math.abs(x.models["gradient-boosting"].probabilities[0] - x.models["random-forest"].probabilities[0]) < 0.9,
  )
  .validate("in_range", (x) => x.models["logistic-regression"].probabilities.every((share) => share >= 0 && share <= 1))
  .validate("positive", (x) => x.in.features[0] > 0);

/** Prints requests per second, and each case relative to others in the same blocks. */
function print(title, results, ratios) {
  const cases = Object.keys(results);
  const wide = Math.max(...cases.map((name) => name.length), ...ratios.map(([a, b]) => a.length + b.length + 3));
  console.log(`\n${title} (${machineLoad()})\n${"".padEnd(wide)}   requests/s   mean ms    p99 ms    CPU µs`);
  const of = (name, key) => results[name].map((result) => result[key]);
  for (const name of cases) {
    const [perSecond, mean, p99, cpu] = ["perSecond", "mean", "p99", "cpu"].map((key) => median(of(name, key)));
    const failed = of(name, "failed").reduce((sum, count) => sum + count, 0);
    console.log(
      `${name.padEnd(wide)}   ${perSecond.toFixed(0).padStart(10)}  ${mean.toFixed(2).padStart(8)}  ${p99.toFixed(1).padStart(8)}  ${cpu.toFixed(0).padStart(8)}${failed === 0 ? "" : `  ${failed} FAILED`}`,
    );
  }
  for (const [name, other, goal] of ratios) {
    if (results[name] === undefined || results[other] === undefined) continue;
    const values = of(name, "perSecond").map((value, i) => value / results[other][i].perSecond);
    const cpu = of(other, "cpu").map((value, i) => value / results[name][i].cpu);
    console.log(
      `${`${name} / ${other}`.padEnd(wide)}   ${median(values).toFixed(2).padStart(10)}  ${quantile(values, 0.25).toFixed(2)} to ${quantile(values, 0.75).toFixed(2)}  (goal ${goal}), by CPU ${median(cpu).toFixed(2)}`,
    );
  }
}

const processes = new Processes();
async function blocks(cases, connections) {
  const results = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let block = -1; block < Number(flags.blocks); block++) {
    for (const [name, requests] of Object.entries(cases)) {
      const result = await processes.load(requests, connections, block < 0 ? 1 : Number(flags.seconds));
      if (block >= 0) results[name].push(result);
    }
  }
  return results;
}

const folder = mkdtempSync(join(tmpdir(), "shapeline-bench-"));
try {
  const start = async (durability, pipelines, batchWindow = "adaptive") => {
    const data = join(folder, `${durability}-${batchWindow}`);
    const target = local({ models, data });
    for (const each of pipelines) await (await each.deploy(target)).close();
    await target.close();
    return (await processes.start("own.mjs", data, models, durability, batchWindow)).url;
  };
  const floor = (await processes.start("floor.mjs", join(models, `${names[0]}.onnx`))).url;
  const off = await start("off", [plain("plain")]);
  const aloneOff = await start("off", [plain("plain")], "off");
  const relaxed = await start("relaxed", [withChecks(plain("checked")), three]);
  const aloneRelaxed = await start("relaxed", [withChecks(plain("checked")), three], "off");
  const commit = await start("commit", [withChecks(plain("checked")), three]);
  mkdirSync(join(folder, "peers"));
  const peers = await processes.startPeers(flags.venvs, models, join(folder, "peers"));
  if (Object.keys(peers).length < 2) console.log(`not every peer is installed in ${flags.venvs}`);

  const parts = {
    async json() {
      const cases = {
        floor: [jsonRequest(floor, names[0], 1)],
        "model file": [jsonRequest(off, names[0], 1)],
        "no checks, no log": [jsonRequest(off, "plain", 1)],
        "no checks, no log, not batched": [jsonRequest(aloneOff, "plain", 1)],
        "checks, relaxed log": [jsonRequest(relaxed, "checked", 1)],
        "checks, relaxed log, not batched": [jsonRequest(aloneRelaxed, "checked", 1)],
        "checks, committed log": [jsonRequest(commit, "checked", 1)],
        ...Object.fromEntries(Object.entries(peers).map(([name, url]) => [name, [jsonRequest(url, names[0], 1)]])),
      };
      for (const connections of [1, 16]) {
        const goals = connections === 1 ? ["2.5", "3"] : ["5", "8"];
        print(`one row as JSON, ${connections} connections`, await blocks(cases, connections), [
          ["model file", "floor", "0.85"],
          ["no checks, no log", "floor", "0.85"],
          ["no checks, no log, not batched", "floor", "0.85"],
          ["checks, relaxed log", "floor", "0.65"],
          ["checks, relaxed log, not batched", "floor", "0.65"],
          ["checks, committed log", "floor", "0.65"],
          ...["checks, relaxed log", "checks, committed log"].flatMap((name) => [
            [name, "MLServer", goals[0]],
            [name, "KServe", goals[1]],
          ]),
        ]);
      }
    },
    async binary() {
      const cases = { JSON: [jsonRequest(off, "plain", 64)], binary: [binaryRequest(off, "plain", 64)] };
      for (const connections of [1, 16])
        print(`64 rows, ${connections} connections`, await blocks(cases, connections), [["binary", "JSON", "2"]]);
    },
    async graph() {
      if (peers.KServe === undefined) return;
      const cases = {
        "three models, relaxed log": [jsonRequest(relaxed, "three", 1)],
        "three models, committed log": [jsonRequest(commit, "three", 1)],
        "three calls of KServe": names.map((name) => jsonRequest(peers.KServe, name, 1)),
      };
      for (const connections of [1, 16]) {
        const results = await blocks(cases, connections);
        for (const result of results["three calls of KServe"]) {
          result.perSecond /= 3;
          result.cpu *= 3;
        }
        print(`three models, ${connections} connections (latencies of one call)`, results, [
          ["three models, relaxed log", "three calls of KServe", "2.5"],
          ["three models, committed log", "three calls of KServe", "2.5"],
        ]);
      }
    },
  };
  for (const part of flags.only.split(",")) await parts[part]();
} finally {
  await processes.end();
  rmSync(folder, { recursive: true, force: true });
}
