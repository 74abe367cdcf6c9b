// What rows of real models cost, compared with ONNX Runtime's own `session.run` and with loading sessions by hand:
// images, token lists of uneven length, a deploy in a new process, one row, and numbers of threads. Ratios are medians
// over interleaved blocks. Nothing passes or fails.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as ort from "onnxruntime-node";
import { pipeline } from "shapeline";
import { readSignature } from "shapeline/codegen";
import { local } from "shapeline/local";
import { machineLoad, median, print, turns } from "./blocks.mjs";
import { handleOf } from "./handle.mjs";
import { bigModel, convolutionModel, imageModel, smallModel, tokenModel } from "./models.mjs";

const { values: flags } = parseArgs({
  options: { blocks: { type: "string", default: "40" }, only: { type: "string" } },
});
const blocks = Number(flags.blocks);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "shapeline-bench-"));
const models = join(folder, "models");
mkdirSync(models);

const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
const open = [];

/** Writes a model and returns its handle and a session. */
async function made(name, bytes) {
  const file = join(models, `${name}.onnx`);
  writeFileSync(file, bytes);
  return { handle: handleOf(await readSignature(file)), session: await ort.InferenceSession.create(file, options) };
}

async function engine(p, durability, more = {}) {
  const target = local({ models, data: join(folder, `data-${open.length}`), durability, ...more });
  open.push(target);
  return await p.deploy(target);
}

async function images() {
  const shape = [3, 320, 320];
  const { handle, session } = await made("image", await imageModel(shape));
  const image = Float32Array.from({ length: 3 * 320 * 320 }, (_, i) => Math.sin(i));
  const nested = Array.from({ length: 3 }, (_, c) =>
    Array.from({ length: 320 }, (_, y) => Array.from(image.subarray((c * 320 + y) * 320, (c * 320 + y + 1) * 320))),
  );
  const images = pipeline("images").model(handle);
  const off = await engine(images, "off");
  const excluded = await engine(images, "relaxed", { log: { exclude: ["in.x", "out.y"] } });
  const times = await turns(
    {
      "raw session.run": () => session.run({ x: new ort.Tensor("float32", image, [1, ...shape]) }),
      "typed array in and out": () => off.infer({ x: { data: image, shape: [1, ...shape] } }, { values: "typed" }),
      "relaxed log without the image": () =>
        excluded.infer({ x: { data: image, shape: [1, ...shape] } }, { values: "typed" }),
      "a record of one typed array": () => off.infer([{ x: { data: image, shape } }], { values: "typed" }),
      "nested lists": () => off.infer([{ x: nested }]),
    },
    5,
    blocks,
  );
  print("an image, 3 x 320 x 320", times, {
    goals: { "typed array in and out": "1.2", "relaxed log without the image": "1.3" },
  });
}

async function tokens() {
  const { handle, session } = await made("tokens", await tokenModel());
  const live = await engine(pipeline("tokens").model(handle), "off");
  const rows = Array.from({ length: 32 }, (_, row) =>
    BigInt64Array.from({ length: 8 + ((row * 7) % 25) }, (_, i) => BigInt((row + i) % 1000)),
  );
  const records = rows.map((ids) => ({ ids }));
  const times = await turns(
    {
      "raw session.run, one by one": async () => {
        for (const ids of rows) await session.run({ ids: new ort.Tensor("int64", ids, [1, ids.length]) });
      },
      "32 rows in one request": () => live.infer(records),
      "the same, one by one": async () => {
        for (const record of records) await live.infer([record]);
      },
    },
    5,
    blocks,
  );
  print("token lists of 8 to 32 tokens", times);
}

/** Milliseconds until the model can run, and peak memory in MB, in a process of its own. */
function startOf(how, file, signature) {
  const args = [join(root, "bench", "start.mjs"), how, file, join(folder, `start-${how}`), JSON.stringify(signature)];
  const child = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout);
}

async function deploy() {
  for (const [name, bytes] of Object.entries({ "20 kB": await smallModel(), "85 MB": await bigModel() })) {
    const alone = join(folder, `deploy-${name.replace(" ", "-")}`);
    mkdirSync(alone);
    const file = join(alone, "model.onnx");
    writeFileSync(file, bytes);
    const signature = await readSignature(file);
    const times = { "session by hand": [], deploy: [] };
    const memory = { "session by hand": [], deploy: [] };
    for (let round = 0; round < Math.max(5, blocks / 4); round++) {
      for (const [label, how] of [
        ["session by hand", "raw"],
        ["deploy", "deploy"],
      ]) {
        const { milliseconds, megabytes } = startOf(how, file, signature);
        times[label].push(milliseconds);
        memory[label].push(megabytes);
      }
    }
    print(`a new process with a model of ${name}, compared with 1.3 sessions by hand and 150 ms`, times, {
      floor: (t) => 1.3 * t["session by hand"] + 150,
      unit: "ms",
      goals: { deploy: "1" },
    });
    console.log(
      `peak memory in MB: ${Object.entries(memory)
        .map(([label, list]) => `${label} ${median(list).toFixed(0)}`)
        .join(", ")}`,
    );
  }
}

async function oneRow() {
  const examples = join(root, "examples", "breast-cancer");
  const bytes = readFileSync(join(examples, "models", "gradient-boosting.onnx"));
  const { handle, session } = await made("gradient-boosting", bytes);
  const [record] = JSON.parse(readFileSync(join(examples, "rows.df.json"), "utf8"));
  const features = Float32Array.from(record.features);
  const plain = pipeline("row").model(handle);
  const checked = plain
    .validate("in_range", (x) => x.out.probabilities.every((p) => p >= 0 && p <= 1))
    .validate("decided", (x) => Math.max(x.out.probabilities[0], x.out.probabilities[1]) > 0.7)
    .validate("positive", (x) => x.in.features[0] > 0);
  const [off, relaxed] = [await engine(plain, "off"), await engine(checked, "relaxed")];
  const request = [{ features: record.features }];
  const times = await turns(
    {
      "raw session.run": () => session.run({ features: new ort.Tensor("float32", features, [1, features.length]) }),
      "no log": () => off.infer(request),
      "relaxed log, three checks": () => relaxed.infer(request),
    },
    300,
    blocks,
  );
  print("one row, in sequence", times, { goals: { "no log": "1.15", "relaxed log, three checks": "1.5" } });
}

/** `session.run` with one thread, two, and as many as the runtime chooses. docs/engine.md has the default's reasons. */
async function threads() {
  const models = {
    "gradient boosting": [
      readFileSync(join(root, "examples", "breast-cancer", "models", "gradient-boosting.onnx")),
      1000,
    ],
    "four convolutions": [await convolutionModel(), 32],
    "85 MB": [await bigModel(), 1000],
  };
  for (const [name, [bytes, most]] of Object.entries(models)) {
    const sessions = new Map();
    for (const intraOpNumThreads of [1, 2, 0])
      sessions.set(intraOpNumThreads, await ort.InferenceSession.create(bytes, { intraOpNumThreads }));
    const [{ name: input, shape }] = sessions.get(1).inputMetadata;
    const sizes = shape.slice(1).map(Number);
    const size = sizes.reduce((product, dim) => product * dim, 1);
    const feedOf = (rows) => {
      const data = Float32Array.from({ length: rows * size }, (_, i) => Math.sin(i));
      return { [input]: new ort.Tensor("float32", data, [rows, ...sizes]) };
    };
    const [one, many] = [feedOf(1), feedOf(most)];
    const work = {
      "one row": (session) => session.run(one),
      [`${most} rows`]: (session) => session.run(many),
      "64 in flight": (session) => Promise.all(Array.from({ length: 64 }, () => session.run(one))),
    };
    for (const [what, run] of Object.entries(work)) {
      const cases = Object.fromEntries(
        Array.from(sessions, ([count, session]) => [count === 0 ? "the cores" : String(count), () => run(session)]),
      );
      print(`threads: ${name}, ${what}`, await turns(cases, 1, Math.min(blocks, 15)));
    }
    for (const session of sessions.values()) await session.release();
  }
}

try {
  for (const part of [images, tokens, deploy, oneRow, threads]) {
    if (flags.only !== undefined && !flags.only.split(",").includes(part.name)) continue;
    await part();
    console.log(machineLoad());
  }
} finally {
  await Promise.all(open.map((target) => target.close()));
  rmSync(folder, { recursive: true, force: true });
}
