// Finds examples for the errors that users meet at run time: of models, configs, rows, targets, storage and the command
// line. Each is run in an empty folder that has the models, the pipeline and the rows of examples/fraud.
// Prints JSON: by code, the example and what is said about it. Usage: node scripts/docs/run-time-examples.mjs

import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { tableFromArrays } from "apache-arrow";
import { build, defineModel, pipeline } from "shapeline";
import { openInference } from "shapeline/client";
import { readSignature } from "shapeline/codegen";
import { parseConfig } from "shapeline/config";
import { local } from "shapeline/local";
import { toDefinition, wallaroo } from "shapeline/wallaroo";
import { run } from "../../dist/cli-run.js";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Files of the folder beside those of the example, by name. */
const files = {
  "broken.onnx": "not a model",
  "model.json": "{}",
  "both.json": '[{ "pixels": [0], "in.pixels": [0] }]',
  "notes.txt": "x",
  "other.ts": "export const a = 1;\n",
  "token.pipeline.ts": 'throw new Error("no token");\n',
  "package.pipeline.ts": 'import "fraud-limits";\n',
  "wrong.config.json": '{ "model": ["models/*.onnx"] }',
};

/**
 * Statements, and command lines that start with `$`, each with the fix where the message does not say it. Some have
 * files that are there only for them, or the code of the problem that they are for. `live` is the deployed pipeline,
 * `row` one of its rows, `engine` the target.
 */
const examples = [
  // Pipeline files
  ["$ shapeline compile fruad.pipeline.ts", "check the path; without one, `shapeline compile` finds all pipeline files"],
  ["$ shapeline compile --project tsconfig.build.json"],
  ["$ shapeline compile other.ts"],
  ["$ shapeline compile token.pipeline.ts", "a pipeline file is loaded to be compiled: read what it needs where it is used"],
  ["$ shapeline compile package.pipeline.ts"],
  ["$ shapeline compile syntax.pipeline.ts", undefined, { files: { "syntax.pipeline.ts": "export const a = ;\n" } }],
  [
    "$ shapeline compile ends.pipeline.ts",
    undefined,
    { files: { "ends.pipeline.ts": "process.exit(1);\n" } },
  ],
  [
    "$ shapeline compile --project none.json",
    undefined,
    { files: { "none.json": '{ "include": ["empty"] }' } },
  ],
  // Pipelines
  ["await build({})"],
  ['await build(pipeline("p"))', "add a step with a model"],
  ['await build(pipeline("p").model("champ"))', "give a handle from the generated typings", { code: "SL2031" }],
  ['await build(pipeline("p").model(champ, 5))'],
  ['await build(pipeline("p").model(champ).model({ ...a, name: "champ" }))', undefined, { code: "SL2030" }],
  ['await build(pipeline("p").model(champ).validate("low", 1))', "give a lambda", { code: "SL2006" }],
  ['await build(pipeline("p").model(champ).alert("many", true, { over: "5m" }))', "give a lambda", { code: "SL2084" }],
  ['await build(pipeline("p").model(champ).alert("many", (all) => all.count() > 3, { over: "5m", every: "1m" }))'],
  ['await build(pipeline("p").randomSplit(champ))', "give `[[2, champ], [1, other]]`", { code: "SL2066" }],
  ['await build(pipeline("p").model(champ).refine(5))'],
  ['await build(pipeline("p").model(a).model(a).refine(5))', "correct the problems, of which each has its own code"],
  // Models
  ['await readSignature("models/missing.onnx")'],
  ['await readSignature("broken.onnx")'],
  ["$ shapeline generate models/a.onnx copy/a.onnx"],
  ["$ shapeline generate model/*.onnx"],
  ["$ shapeline generate models/*.onnx --out other.ts"],
  ["$ shapeline generate models/*.onnx --out models.json"],
  ["$ shapeline deploy fraud.pipeline.json --models model"],
  ["$ shapeline deploy fraud.pipeline.json --models empty"],
  ['defineModel({ name: "m", version: "1", sha256: "0".repeat(64), inputs: [], outputs: [] })'],
  ["$ shapeline generate cut.onnx"],
  ["$ shapeline generate damaged.onnx"],
  ["$ shapeline deploy fraud.pipeline.json --models copy"],
  [
    "$ shapeline generate --config override.config.json",
    undefined,
    { files: { "override.config.json": '{ "models": ["models/*.onnx"], "overrides": { "b": { "version": "2" } } }' } },
  ],
  ["$ shapeline generate model.json", "give a file of one of the formats that docs/models.md lists"],
  // Configs
  ['parseConfig("")', "compile the pipeline again"],
  ["parseConfig({ ...config, steps: 1 })"],
  ['parseConfig({ ...config, name: "other" })'],
  ["$ shapeline deploy missing.pipeline.json"],
  [
    "$ shapeline compile fraud.pipeline.ts second.pipeline.ts",
    undefined,
    {
      files: {
        "second.pipeline.ts":
          'import { pipeline } from "shapeline";\nimport { a } from "./models.gen.js";\nexport const other = pipeline("fraud").model(a);\n',
      },
    },
  ],
  ['await pipeline("fraud").model(a).deploy(engine, { config })'],
  ["$ shapeline init --yes --no-install"],
  ["$ shapeline init --yes --no-install", undefined, { files: { "package.json": "{" } }],
  ['toDefinition(config, { dialect: "sql" })', "give one of these two"],
  [
    'toDefinition(await build(pipeline("p").model(champ, { embedding: "in.features" })), { dialect: "polars" })',
    undefined,
    { code: "SL4102" },
  ],
  [
    'toDefinition(await build(pipeline("p").model(champ).alert("many", (all) => all.count() > 3, { over: "5m" })), { dialect: "polars" })',
    undefined,
    { code: "SL4105" },
  ],
  [
    'toDefinition(await build(pipeline("p").model(champ).validate("root", (x) => Math.sqrt(x.out) < 1)), { dialect: "checks" })',
    "say it with other operations, or use a platform of a later release",
    { code: "SL4101" },
  ],
  [
    "$ shapeline generate",
    undefined,
    { files: { "shapeline.config.ts": "export default {};\n", "shapeline.config.json": "{}" } },
  ],
  ["$ shapeline generate --config settings.ts", "check the path; without `--config`, the settings are found"],
  ["$ shapeline generate --config wrong.config.json", "correct the name, or leave the setting out"],
  [
    "$ shapeline diff no-steps.json fraud.pipeline.json",
    undefined,
    { files: { "no-steps.json": '{ "id": "fraud" }' }, code: "SL4110" },
  ],
  [
    "$ shapeline diff average.json fraud.pipeline.json",
    undefined,
    { files: { "average.json": '{ "id": "fraud", "steps": [{ "Average": {} }] }' }, code: "SL4111" },
  ],
  [
    "$ shapeline diff cut.json fraud.pipeline.json",
    "read the definition from the platform again",
    {
      files: { "cut.json": '{ "id": "fraud", "steps": [{ "Check": { "tree": ["{"] } }] }' },
      code: "SL4112",
    },
  ],
  // Rows
  ['await live.infer("rows")', "send one of these forms"],
  ["await live.infer([])"],
  ["await live.infer([1])", "send each row as an object with a member per input"],
  ["await live.infer([{}])", "send every input, by its name"],
  ["await live.infer([{ ...row, colour: 1 }])", "leave the member out, or correct its name"],
  ["await live.infer([{ pixels: null }])", "a model needs every value: fill it in, or leave the row out"],
  ["await live.infer([{ pixels: row.pixels.map(() => true) }])", "send the elements in the type that the input's dtype takes"],
  ["await live.infer([{ pixels: [0, 1] }])", "send as many elements as the shape says"],
  ["await live.infer([{ pixels: [row.pixels] }])"],
  ["await live.infer([{ pixels: row.pixels.map(() => 1e300) }])", "send numbers that the dtype holds"],
  ["await live.infer({ pixels: new Int32Array(64) })", "convert it: `Float32Array.from(values)`"],
  ["await live.infer({ pixels: new Float32Array(65) })", "send whole rows, one after the other"],
  ['await live.inferFromFile("missing.json")', "check the path"],
  ['await live.inferFromFile("both.json")'],
  ['await live.inferFromFile("broken.onnx")'],
  ["$ shapeline infer fraud rows.df.json --max-size 1kB"],
  ["await live.infer(tableFromArrays({ pixels: [row.pixels] }))"],
  ['await live.infer([row], { dataset: ["out.score"] })', "name one of these columns, or a group such as `out`"],
  ["await live.infer([row], { dataset: [] })"],
  ['await live.infer([row], { metadata: ["gold"] })', 'send keys with values: `{ segment: "gold" }`'],
  ['await live.infer([row], { metadata: { segment: "gold" } })', "leave it out, or add a split that reads it"],
  [
    'await (await local({ data: "small", limits: { requestElements: 10 }, models: "models" }).deploy(config)).infer([row])',
  ],
  // Targets
  ["await live.infer([row], { timeoutMs: 0.001 })", "raise `timeoutMs`, or send fewer rows at once"],
  ["await live.infer([row], { signal: AbortSignal.abort() })", "nothing is wrong if the abort was meant"],
  ['await engine.pipeline("fruad")', "correct the name, or deploy the pipeline first"],
  ['local({ model: "./models" })'],
  [
    'const busy = await local({ data: "busy", concurrency: 1, models: "models" }).deploy(config); await Promise.all([busy.infer([row]), busy.infer([row])])',
  ],
  ["$ shapeline serve --host 0.0.0.0", "set SHAPELINE_TOKEN, which the server then asks for"],
  ['await openInference({ url: "http://127.0.0.1:9" }).connect(champ)'],
  ['await wallaroo({ url: "http://127.0.0.1:9", tokenFile: "token" }).workspaces()'],
  ["$ shapeline deploy fraud.pipeline.json", undefined, { without: "onnxruntime-node" }],
  ["$ shapeline deploy fraud.pipeline.json --models models", undefined, { without: "@duckdb/node-api" }],
  ['await live.configuration("9")', "ask for one of these versions"],
  ['await (await local({ data: "unlogged", durability: "off", models: "models" }).deploy(config)).logs()'],
  // Storage
  ['await live.exportLogs({ directory: "notes.txt" })'],
  ['await live.exportLogs({ filePrefix: "../fraud" })'],
  ["$ shapeline logs fraud --data damaged"],
  ["$ shapeline deploy fraud.pipeline.json --data notes.txt"],
  ["$ shapeline pipelines --data empty", "name the folder that holds the log"],
  // The command line
  ["$ shapeline deplyo fraud.pipeline.json", "`shapeline --help` lists the commands"],
  // Last, because `live` cannot be used after them
  ["await live.undeploy(); await live.infer([row])"],
  ["await engine.close(); await live.infer([row])"],
];

const folder = mkdtempSync(join(tmpdir(), "shapeline-examples-"));
try {
  console.log(JSON.stringify(await collect()));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function collect() {
  const fraud = join(root, "examples", "fraud");
  for (const name of ["models", "models.gen.ts", "fraud.pipeline.ts", "fraud.pipeline.json", "rows.df.json", "tsconfig.json"])
    cpSync(join(fraud, name), join(folder, name), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  for (const name of ["empty", "copy", "damaged"]) mkdirSync(join(folder, name));
  cpSync(join(fraud, "models", "c1.onnx"), join(folder, "copy", "a.onnx"));
  writeFileSync(join(folder, "damaged", "shapeline.duckdb"), "not a database");
  const model = readFileSync(join(fraud, "models", "a.onnx"));
  writeFileSync(join(folder, "cut.onnx"), model.subarray(0, 5000));
  writeFileSync(join(folder, "damaged.onnx"), Buffer.concat([model, Buffer.of(0)]));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "shapeline"), "junction");
  process.chdir(folder);
  const config = parseConfig(readFileSync("fraud.pipeline.json", "utf8"));
  const [row] = JSON.parse(readFileSync("rows.df.json", "utf8"));
  const engine = local({ models: "models", challengers: "return" });
  const live = await engine.deploy(config);
  await live.infer([row]);
  const [a, champ] = config.models.map(({ inputs, outputs, name, version, sha256 }) =>
    defineModel({ name, version, sha256, inputs: byName(inputs), outputs: byName(outputs) }),
  );
  const scope = {
    ...{ a, build, champ, config, defineModel, engine, live, local, openInference, parseConfig, pipeline },
    ...{ readSignature, row, tableFromArrays, toDefinition, wallaroo },
  };
  const found = {};
  for (const [example, fix, { files: own = {}, without, code: wanted } = {}] of examples) {
    for (const [name, text] of Object.entries(own)) writeFileSync(name, text);
    const error = without === undefined ? await outcome(example, scope) : incomplete(example, without);
    const { code, message } = wanted === undefined ? error : problemOf(error, wanted);
    for (const name of Object.keys(own)) rmSync(name);
    if (found[code] !== undefined) throw new Error(`'${example}' is a second example for ${code}`);
    found[code] = { example: example.replace(/^\$ /, ""), cause: withoutFolder(message), fix };
  }
  return found;
}

/** One of the problems that an error lists. */
function problemOf({ message }, code) {
  const [, text] = new RegExp(`^ *${code} (.*)$`, "m").exec(message) ?? [];
  if (text === undefined) throw new Error(`no ${code} in: ${message}`);
  return { code, message: text };
}

/** Ports as a handle has them. */
function byName(ports) {
  return Object.fromEntries(ports.map(({ name, dtype, shape }) => [name, { dtype, shape }]));
}

/** The message on one line, as if the folder were the current one of the reader. */
function withoutFolder(message) {
  return message.replaceAll(`${folder}/`, "").replaceAll(folder, ".").replaceAll(/\s*\n\s*/g, " ");
}

/** The error that an example ends with. */
async function outcome(example, scope) {
  if (example.startsWith("$ shapeline ")) return commandError(example.slice("$ shapeline ".length));
  const AsyncFunction = (async () => undefined).constructor;
  try {
    await new AsyncFunction(...Object.keys(scope), example)(...Object.values(scope));
  } catch (error) {
    if (error.code?.startsWith("SL")) return error;
    throw error;
  }
  throw new Error(`the example '${example}' raises no error`);
}

/** The first error of a command in a project that has all packages but one. */
function incomplete(example, missing) {
  const project = mkdtempSync(join(folder, "incomplete-"));
  const own = join(project, "node_modules", "shapeline", "dist");
  mkdirSync(own, { recursive: true });
  for (const name of readdirSync(join(root, "dist")).filter((each) => /\.\w+$/.test(each)))
    cpSync(join(root, "dist", name), join(own, name));
  cpSync(join(root, "package.json"), join(own, "..", "package.json"));
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const name of [...Object.keys(dependencies), "onnxruntime-node", "@duckdb/node-api"]) {
    if (name === missing) continue;
    mkdirSync(dirname(join(project, "node_modules", name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(project, "node_modules", name));
  }
  cpSync("fraud.pipeline.json", join(project, "fraud.pipeline.json"));
  cpSync("models", join(project, "models"), { recursive: true });
  const args = example.replace("$ shapeline ", "").split(" ");
  const { stderr } = spawnSync(process.execPath, [join(own, "cli.js"), ...args], { cwd: project, encoding: "utf8" });
  return firstError(stderr, example);
}

/** The first error that a command prints. Its arguments have no blanks and no quotes. */
async function commandError(line) {
  const printed = [];
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
  for (const { stream } of streams) stream.write = (text) => printed.push(String(text));
  try {
    await run(line.split(" "));
  } finally {
    for (const { stream, write } of streams) stream.write = write;
  }
  return firstError(printed.join(""), `shapeline ${line}`);
}

function firstError(text, command) {
  const [, code, message] = /\b(SL\d{4}):? ((?:.|\n(?= {2}\S))*)/.exec(text) ?? [];
  if (code === undefined) throw new Error(`'${command}' prints no error:\n${text}`);
  return { code, message };
}
