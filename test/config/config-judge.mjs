// Mutated configs, sealed again: what parses is written as a definition, decompiled, explained, deployed and run.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../dist/src/cli/run.js";
import { hashConfig, parseConfig } from "../../dist/src/entries/config.js";
import { build, defineModel, pipeline } from "../../dist/src/index.js";
import { local } from "../../dist/src/targets/local/index.js";
import { decompile, fromDefinition, toDefinition } from "../../dist/src/wallaroo/index.js";
import { mutateJson } from "../support/mutants/random.mjs";

const example = new URL("../../examples/breast-cancer/", import.meta.url);
const models = fileURLToPath(new URL("models", example));
const rows = JSON.parse(readFileSync(new URL("rows.df.json", example), "utf8")).slice(0, 3);
const stored = JSON.parse(readFileSync(new URL("breast-cancer.pipeline.json", example), "utf8"));

const handles = stored.models.map(({ name, version, sha256, inputs, outputs }) => {
  const record = (ports) => Object.fromEntries(ports.map(({ name: port, dtype, shape }) => [port, { dtype, shape }]));
  return defineModel({ name, version, sha256, inputs: record(inputs), outputs: record(outputs) });
});
const [boosting, regression, forest] = handles;

/** Every kind of step, and lambdas with most kinds of nodes. */
const pipelines = [
  pipeline("alone")
    .model(boosting)
    .validate(
      "many",
      (x) => x.in.features.every((v, i) => v >= 0 || [1, 2, 3][i % 3] > v) && x.out.probabilities[0] < 2,
    )
    .validate("math", (x) => Math.max(x.out.probabilities[0], Math.round(x.in.features[3]), 1) ** 2 > 0)
    .alert(
      "drift",
      (all) => all.avg((x) => x.out.probabilities[0]) > 0.1 && all.quantile(0.9, (x) => x.in.features[1]) > 0,
      {
        over: "5m",
      },
    )
    .alert("share", (all) => all.share((x) => x.in.features.some((v) => v > 100)) > 0.5 || all.count() > 3, {
      over: "1h",
      for: "5m",
    }),
  pipeline("tuple")
    .models([boosting, regression])
    .audit("1:")
    .select(0)
    .validate("sure", (x) => x.out.probabilities[1] !== 0.5),
  pipeline("routes").keySplit("segment", { default: boosting, routes: { gold: forest, "a b": regression } }),
  pipeline("random")
    .randomSplit(
      [
        [2, boosting],
        [1, forest],
      ],
      { hashKey: "session" },
    )
    .validate("nested", (x) => x.in.features.every((v) => x.in.features.some((w) => v + w > 0 || Number.isNaN(v)))),
];

const operations = [
  "+",
  "-",
  "*",
  "/",
  "%",
  "<",
  ">",
  "===",
  "!==",
  "&&",
  "||",
  "!",
  "negate",
  "min",
  "max",
  "hypot",
  "**",
];
const functions = [
  "abs",
  "round",
  "sqrt",
  "exp",
  "isNaN",
  "isInteger",
  "missing",
  "??",
  "every",
  "some",
  "read",
  "length",
];
const sizes = [0, 1, 2, 29, 30, 31, 1e6, 1e9, 2 ** 27, 2 ** 31, 2 ** 53 - 1, null, "n", "batch"];
const attacks = [
  "true FROM (SELECT 1) t; COPY (SELECT 1) TO 'stray.csv'; SELECT false",
  "(SELECT count(*) > 0 FROM read_text('secret.env'))",
  '{"Alias":[{"Literal":{"Boolean":true}},"many"]}',
  "process.exit(3)",
  "\u001b[8m",
  "a\nerror SL0000: forged",
];
const names = [
  "__proto__",
  "constructor",
  "toString",
  "x".repeat(70),
  "\u202e",
  "\u0000",
  "a\u2028b",
  "",
  "out",
  "A-b_1",
];

export async function prepare(folder) {
  // An owner's socket lies in the folder of temporary files.
  process.env.TMPDIR = folder;
  const configs = [stored, ...(await Promise.all(pipelines.map((each) => build(each)))), await fromPlatform()];
  const trees = configs.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.expression ? nodes(step.expression.tree) : [])),
  );
  return { configs, trees, folder };
}

/** A config that keeps the platform's own texts. */
async function fromPlatform() {
  const definition = toDefinition(stored, { dialect: "polars" });
  for (const step of definition.steps)
    if ("Check" in step) step.Check.tree = step.Check.tree.map((text) => JSON.stringify(JSON.parse(text), null, 1));
  return fromDefinition(definition, { models: stored.models }).config;
}

export async function judge(random, { configs, trees, folder }, seed) {
  const mutant = mutate(random, random.pick(configs), trees);
  // A deep mutant has no hash.
  const sealed = { ...mutant, hash: hashConfig(mutant) };
  const text = JSON.stringify(sealed);
  if (random.below(4) === 0) await explain(text, folder);
  const config = parseConfig(random.below(2) === 0 ? text : sealed);
  for (const dialect of ["polars", "checks"]) coded(() => toDefinition(config, { dialect }));
  decompile(config);
  await deploy(config, join(folder, `data-${process.pid}-${seed}`), random.below(8) === 0);
}

function mutate(random, config, trees) {
  let mutant = structuredClone(config);
  for (let left = 1 + random.below(2); left > 0; left--) {
    const steps = mutant.steps?.filter?.((step) => step?.expression?.tree) ?? [];
    const change = random.below(8);
    if (change <= 3 && steps.length > 0) mutateExpression(random, random.pick(steps), trees);
    else if (change === 4) mutateSize(random, mutant);
    else if (change === 5) mutateName(random, mutant);
    // The result may be deeper than the other changes can walk.
    else return mutateJson(random, mutant);
    if (typeof mutant !== "object" || mutant === null) break;
  }
  return mutant;
}

function mutateExpression(random, step, trees) {
  const { expression } = step;
  if (random.below(6) === 0) {
    const texts = random.below(3) === 0 ? expression.refused : expression.strings;
    if (typeof texts !== "object" || texts === null) return;
    const keys = [...Object.keys(texts), random.pick(["python", "__proto__", "sql"])];
    texts[random.pick(keys)] = random.pick(attacks);
    return;
  }
  // Without texts the tree alone is judged.
  if (random.below(4) > 0) [expression.strings, expression.refused] = [{}, {}];
  const holder = { tree: expression.tree };
  const all = nodes(expression.tree);
  // An earlier change may have left no node.
  if (all.length === 0) return;
  const node = random.pick(all);
  const other = structuredClone(random.pick(trees));
  switch (random.below(9)) {
    case 0:
      node.op = random.pick(random.below(2) === 0 ? operations : functions);
      break;
    case 1:
      Object.assign(node, { type: random.pick(["boolean", "number", "bigint", "string", "list", node.type]) });
      break;
    case 2:
      replaceIn(random, node, other);
      break;
    case 3:
      if (node.op === "read") node.shape = list(node.shape).map(() => random.pick(sizes));
      else if (node.op === "constant")
        node.value = random.pick([1e308, "NaN", "-0", "9".repeat(2000), -1, true, "\u001b"]);
      break;
    case 4:
      if (node.op === "read")
        node[random.pick(["port", "from", "dtype"])] = random.pick([...names, "in", "int64", "string"]);
      break;
    case 5:
      if (node.at)
        node.at = list(node.at).map(() => random.pick([0, 1, 29, 30, 2 ** 53 - 1, { binder: random.below(3) }]));
      break;
    case 6:
      holder.tree = nest(random, holder.tree);
      break;
    case 7:
      holder.tree = {
        op: random.pick(["&&", "||"]),
        args: Array(random.pick([0, 2, 300])).fill(holder.tree),
        type: "boolean",
      };
      break;
    default:
      Object.assign(holder.tree, structuredClone(other));
  }
  expression.tree = holder.tree;
}

/** Operations around a tree, often many, or lists inside lists. */
function nest(random, tree) {
  const list = {
    op: "read",
    from: "in",
    port: "features",
    dtype: "float32",
    shape: [30],
    at: [],
    type: "list",
    nullable: false,
  };
  const kind = random.below(3);
  let nested = tree;
  for (let i = 0, levels = random.pick([1, 5, 12, 100, 400]); i < levels; i++) {
    if (kind === 0) nested = { op: "!", operand: nested, type: "boolean" };
    else if (kind === 1)
      nested = { op: random.pick(["every", "some"]), list, binder: 100 + i, body: nested, type: "boolean" };
    else {
      const number = { op: "conditional", test: nested, then: one, otherwise: one, type: "number", nullable: false };
      nested = {
        op: "<",
        left: { op: random.pick(["round", "sign", "abs"]), operand: number, type: "number" },
        right: one,
        type: "boolean",
      };
    }
  }
  return nested;
}
const one = { op: "constant", type: "number", value: 1 };

function replaceIn(random, node, other) {
  const keys = Object.keys(node).filter((key) => typeof node[key] === "object" && node[key] !== null);
  if (keys.length === 0) return;
  const key = random.pick(keys);
  if (Array.isArray(node[key]) && node[key].length > 0) node[key][random.below(node[key].length)] = other;
  else node[key] = other;
}

const list = (value) => (Array.isArray(value) ? value : []);

function mutateSize(random, mutant) {
  const ports = [mutant, ...list(mutant.models)].flatMap((holder) => [
    ...list(holder?.inputs),
    ...list(holder?.outputs),
  ]);
  const port = random.pick(ports);
  if (!Array.isArray(port?.shape)) return;
  const size = random.pick(sizes);
  // The same change everywhere still fits together.
  for (const each of random.below(2) === 0 ? [port] : ports.filter((other) => other?.name === port.name))
    if (Array.isArray(each.shape)) each.shape[random.below(each.shape.length)] = size;
  if (random.below(4) === 0) mutant.steps?.push?.({ kind: "refine", sizes: { n: random.pick(sizes) } });
  if (random.below(4) === 0 && mutant.models?.[0])
    mutant.models[0].batchSize = random.pick([0, 1, 2, 1000, 1e9, 2 ** 53 - 1, null]);
}

/** Renames a model, a port, a step or the pipeline, in every place. */
function mutateName(random, mutant) {
  const own = [mutant, ...list(mutant.models), ...list(mutant.steps)].map((part) => part?.name);
  const from = random.pick([...own, "features", "probabilities"].filter((name) => typeof name === "string"));
  const to = JSON.stringify(random.pick(names));
  Object.assign(mutant, JSON.parse(JSON.stringify(mutant).replaceAll(JSON.stringify(from), () => to)));
}

/** The nodes of a tree. */
function nodes(tree) {
  if (typeof tree !== "object" || tree === null) return [];
  const below = Object.values(tree).flatMap((child) => (Array.isArray(child) ? child.flatMap(nodes) : nodes(child)));
  return typeof tree.op === "string" ? [tree, ...below] : below;
}

function coded(work) {
  try {
    return work();
  } catch (error) {
    if (typeof error?.code !== "string" || !/^SL\d{4}$/.test(error.code)) throw error;
    return null;
  }
}

/** `shapeline explain` must not fail for a bug, nor print what moves a cursor. */
async function explain(text, folder) {
  const file = join(folder, `mutant-${process.pid}.pipeline.json`);
  writeFileSync(file, text);
  let shown = "";
  const { write: stdout } = process.stdout;
  const { write: stderr } = process.stderr;
  process.stdout.write = process.stderr.write = (chunk, encoding, done) => {
    shown += String(chunk);
    (typeof encoding === "function" ? encoding : done)?.();
    return true;
  };
  const exit = await run(["explain", file]).finally(() => {
    process.stdout.write = stdout;
    process.stderr.write = stderr;
  });
  if (exit !== 0 && exit !== 1) throw new Error(`explain ended with ${exit}: ${shown}`);
  const unsafe = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u.exec(shown);
  if (unsafe !== null)
    throw new Error(
      `explain printed ${JSON.stringify(shown.slice(Math.max(0, unsafe.index - 80), unsafe.index + 20))}`,
    );
}

async function deploy(config, data, isLogged) {
  const target = local({ models, data, durability: isLogged ? "commit" : "off" });
  // Alerts need a log.
  const live = await target.deploy(config);
  try {
    await live.infer(rows);
    if (isLogged) await live.logs({ limit: 2 });
  } finally {
    await live.close();
  }
}
