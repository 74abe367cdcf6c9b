// What the embedded engine costs over raw ONNX Runtime, and what a lambda costs to compile. Every ratio is against the
// floor of the same run; nothing here passes or fails.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { measure } from "mitata";
import * as ort from "onnxruntime-node";
import { pipeline } from "shapeline";
import { compileLambda, readSignature } from "shapeline/codegen";
import { local } from "shapeline/local";
import { handleOf } from "./handle.mjs";

const models = join(dirname(dirname(fileURLToPath(import.meta.url))), "examples", "breast-cancer", "models");
const file = (name) => join(models, `${name}.onnx`);
const champion = handleOf(await readSignature(file("gradient-boosting")));
const challenger = handleOf(await readSignature(file("logistic-regression")));
const records = JSON.parse(readFileSync(join(models, "..", "rows.df.json"), "utf8"));
const features = champion.inputs.features.shape[1];

const batchOf = (rows) => Array.from({ length: rows }, (_, i) => records[i % records.length]);
const flat = (rows) => Float32Array.from(batchOf(rows).flatMap((r) => r.features));

const plain = pipeline("bench").model(champion);
const checked = plain
  .validate("in_range", (x) => x.out.probabilities.every((p) => p >= 0 && p <= 1))
  .validate("decided", (x) => Math.max(x.out.probabilities[0], x.out.probabilities[1]) > 0.7);
const shadowed = pipeline("bench").shadow(champion, [challenger]);

const folder = mkdtempSync(join(tmpdir(), "shapeline-bench-"));
const session = await ort.InferenceSession.create(readFileSync(file("gradient-boosting")), { intraOpNumThreads: 1, interOpNumThreads: 1 });
const raw = (rows) => {
  const data = flat(rows);
  return () => session.run({ features: new ort.Tensor("float32", data, [rows, features]) });
};

let count = 0;
async function engine(p, durability, input) {
  const target = local({ models, data: join(folder, `data-${count++}`), durability });
  const live = await p.deploy(target);
  return { run: () => live.infer(input), close: () => target.close() };
}

async function micros(run) {
  const { p50 } = await measure(run, { min_cpu_time: 400e6, min_samples: 20 });
  return p50 / 1000;
}

async function section(title, floorName, floorRun, cases) {
  const floor = await micros(floorRun);
  const rows = [[floorName, floor, 1]];
  for (const [name, p, durability, input] of cases) {
    const { run, close } = await engine(p, durability, input);
    const time = await micros(run);
    await close();
    rows.push([name, time, time / floor]);
  }
  print(title, rows);
}

function print(title, rows) {
  const width = Math.max(...rows.map(([name]) => name.length));
  console.log(`\n${title}\n${"".padEnd(width)}  ${"p50 µs".padStart(10)}  ${"× floor".padStart(8)}`);
  for (const [name, time, ratio] of rows) console.log(`${name.padEnd(width)}  ${time.toFixed(1).padStart(10)}  ${ratio.toFixed(2).padStart(8)}`);
}

try {
  await section("one row", "raw session.run", raw(1), [
    ["no log, no checks", plain, "off", batchOf(1)],
    ["no log, two checks", checked, "off", batchOf(1)],
    ["no log, one challenger", shadowed, "off", batchOf(1)],
    ["relaxed log, two checks", checked, "relaxed", batchOf(1)],
    ["committed log, two checks", checked, "commit", batchOf(1)],
  ]);
  const many = 10_000;
  await section("10,000 rows", "raw session.run", raw(many), [
    ["records, no log, no checks", plain, "off", batchOf(many)],
    ["columns, no log, no checks", plain, "off", { features: flat(many) }],
    ["columns, no log, two checks", checked, "off", { features: flat(many) }],
    ["columns, committed log, two checks", checked, "commit", { features: flat(many) }],
  ]);

  const source = "x => Math.max(x.out.probabilities[0], x.out.probabilities[1]) > 0.7 && x.in.features.every(v => v >= 0)";
  const ports = { inputs: [{ name: "features", dtype: "float32", shape: ["batch", 30] }], outputs: [{ name: "probabilities", dtype: "float32", shape: ["batch", 2] }] };
  let n = 0;
  // A number of its own in each source, so that no cache answers.
  const compile = await micros(() => compileLambda(source.replace("0.7", `0.7${n++}`), ports));
  print("one lambda, warm: parse, lower, type, all back-ends", [["compileLambda", compile, 1]]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
