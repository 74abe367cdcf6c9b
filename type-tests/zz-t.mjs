// type-tests/cost/table.ts
import { readFileSync } from "node:fs";
import { join as join2 } from "node:path";

// type-tests/compilers.ts
import { fileURLToPath } from "node:url";

// dsl/errors.ts
var ShapelineError = class extends Error {
  code;
  details;
  constructor(code, message, details = {}, options) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
};
var ModelError = class extends ShapelineError {
};

// type-tests/compilers.ts
var repository = fileURLToPath(new URL("..", import.meta.url));
var compilers = { "5.9": "typescript-5.9", "6.0": "typescript", "7.0": "typescript-7" };

// type-tests/cost/measure.ts
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
var peersFolder = join(repository, "bench/peers/node_modules");
var hasPeers = existsSync(join(peersFolder, "kysely/package.json"));
function measure(compiler, project) {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-cost-"));
  try {
    for (const [name, text] of Object.entries(project)) writeFileSync(join(folder, name), text);
    mkdirSync(join(folder, "node_modules"));
    for (const name of hasPeers ? ["kysely", "hono"] : []) symlinkSync(join(peersFolder, name), join(folder, "node_modules", name));
    symlinkSync(join(repository, "node_modules/zod"), join(folder, "node_modules/zod"));
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      target: "es2022",
      lib: ["es2023", "dom"],
      module: "nodenext",
      noEmit: true,
      types: ["node"],
      typeRoots: [join(repository, "node_modules/@types")]
    };
    writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: Object.keys(project) }));
    const tsc = join(repository, "node_modules", compilers[compiler], "bin/tsc");
    const more = compiler === "7.0" ? ["--singleThreaded"] : [];
    const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", folder, "--extendedDiagnostics", ...more], { encoding: "utf8", maxBuffer: 2 ** 28, timeout: 12e4 });
    if (status !== 0) return null;
    const figure = (name) => Number(new RegExp(`${name}:\\s+([\\d.]+)`).exec(stdout)?.[1]);
    return { instantiations: figure("Instantiations"), seconds: figure("Total time"), memory: figure("Memory used") * 1024 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// codegen/models/identifier.ts
var MAX_NAME = 63;
var reserved = new Set(
  "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield undefined NaN Infinity globalThis require exports generatedModel Model Tensor".split(" ")
);
var recent = /[\u0870-\u089f\u1c80-\u1c8f\ua720-\ua7ff\u{10000}-\u{10ffff}]/u;
var letters = new RegExp(`(?:(?!${recent.source})[\\p{ID_Start}\\p{Nd}])+`, "gu");
function fileName(file) {
  return file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
}
function baseName(file) {
  const name = fileName(file);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
}
function modelName(file) {
  return labelOf(baseName(file));
}
function labelOf(name) {
  const base = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const label = trimDashes(base.replace(/[^a-z0-9]+/g, "-"));
  if (label !== "") return trimDashes(label.slice(0, MAX_NAME));
  const points = [...base].map((char) => (char.codePointAt(0) ?? 0).toString(16));
  return trimDashes(`model-${points.join("-")}`.slice(0, MAX_NAME));
}
function trimDashes(text) {
  return text.replace(/^-+|-+$/g, "");
}
function identifiersOf(file) {
  const words = baseName(file).normalize("NFKC").match(letters) ?? [];
  const joined = words.map((word2, index) => index === 0 ? word2 : upperFirst(word2)).join("");
  const word = joined === "" || /^\p{Nd}/u.test(joined) ? `model${upperFirst(joined)}` : joined;
  const handle2 = lowerFirst(word);
  const type = upperFirst(word);
  return {
    handle: reserved.has(handle2) ? `${handle2}Model` : handle2,
    type: reserved.has(type) || type === handle2 ? `${type}Model` : type
  };
}
function identifiersFor(files) {
  const wanted = files.map(identifiersOf);
  const own = new Set(wanted.flatMap(({ handle: handle2, type }) => [handle2, type]));
  const given = /* @__PURE__ */ new Set();
  return wanted.map((wish) => {
    let result = wish;
    for (let n = 2; given.has(result.handle) || given.has(result.type); n++) {
      const next = { handle: `${wish.handle}${n}`, type: `${wish.type}${n}` };
      if (!own.has(next.handle) && !own.has(next.type)) result = next;
    }
    given.add(result.handle).add(result.type);
    return result;
  });
}
function upperFirst(word) {
  const [first = ""] = word;
  const upper = first.toUpperCase();
  return (recent.test(upper) ? first : upper) + word.slice(first.length);
}
function lowerFirst(word) {
  return word.replace(/^(?:\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}+)/u, (capitals) => capitals.toLowerCase());
}

// codegen/models/literal.ts
var unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
function stringLiteral(text) {
  return JSON.stringify(text).replace(unsafe, escaped);
}
function typeKey(name) {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : stringLiteral(name);
}
function objectKey(name) {
  return name === "__proto__" ? '["__proto__"]' : typeKey(name);
}
var COMMENT_LENGTH = 300;
function commentText(text) {
  const line = text.replace(/\s+/g, " ").trim();
  const short = line.length > COMMENT_LENGTH ? `${[...line].slice(0, COMMENT_LENGTH).join("")}\u2026` : line;
  return short.replace(unsafe, escaped).replace(/\*\//g, "*\\/").replace(/[@`]/g, "\\$&");
}
function escaped(char) {
  return Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");
}

// codegen/models/show.ts
function showTensor({ dtype, shape }) {
  return `${dtype}[${shape === null ? "..." : shape.map((dim) => dim ?? "?").join(", ")}]`;
}

// codegen/models/signature.ts
function usablePorts(ports) {
  return ports.filter((port) => port.unsupported === void 0);
}
function unsupportedPorts(ports) {
  return ports.filter((port) => port.unsupported !== void 0);
}

// codegen/models/writer.ts
var HEADER = "// Written by `shapeline generate` from the model files. Do not edit: run it again.";
function writeModels(models, importFrom = "shapeline") {
  const parts = named(models).map(({ model, identifiers }) => writeModel(model, identifiers));
  return [...head(importFrom), parts.join("\n")].join("\n");
}
function head(importFrom) {
  return [HEADER, `import { generatedModel, type Model, type Tensor } from ${stringLiteral(importFrom)};`, ""];
}
function named(models) {
  const sorted = [...models].sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const identifiers = identifiersFor(sorted.map(nameSource));
  return sorted.map((model, index) => ({ model, identifiers: identifiers[index] ?? { handle: "model", type: "Model" } }));
}
function nameSource({ file, name }) {
  return file !== void 0 && modelName(file) === name ? file : name;
}
function writeModel(model, { handle: handle2, type }) {
  const inputs = requireUsable(model, "input", model.inputs);
  const outputs = requireUsable(model, "output", model.outputs);
  return [
    // An interface with members: linters take one without for a mistake.
    `export interface ${type} extends Model<${stringLiteral(model.name)}> {`,
    `  readonly inputs: ${record(inputs, typeKey, tensorType, ";")};`,
    `  readonly outputs: ${record(outputs, typeKey, tensorType, ";")};`,
    "}",
    "",
    ...docComment(model),
    `export const ${handle2}: ${type} = generatedModel({`,
    `  name: ${stringLiteral(model.name)},`,
    `  version: ${stringLiteral(model.version ?? "1")},`,
    `  sha256: ${stringLiteral(model.sha256)},`,
    `  inputs: ${record(inputs, objectKey, tensorData)},`,
    `  outputs: ${record(outputs, objectKey, tensorData)},`,
    "});",
    ""
  ].join("\n");
}
function requireUsable(model, side, ports) {
  const usable = usablePorts(ports);
  if (usable.length > 0) return usable;
  const reasons = unsupportedPorts(ports).map(({ name, unsupported }) => `'${name}' is ${unsupported}`);
  const why = reasons.length > 0 ? reasons.join("; ") : `the file names no ${side}s; export the model with at least one`;
  throw new ModelError("SL3013", `model '${model.name}' (${model.file ?? "no file"}) has no ${side} that a pipeline can use: ${why}`, {
    model: model.name,
    side
  });
}
function record(ports, key, value, end = ",") {
  const entries = ports.map((port) => `${key(port.name)}: ${value(port)}`);
  if (entries.length === 1) return `{ ${entries.join("")} }`;
  return `{
${entries.map((entry) => `    ${entry}${end}
`).join("")}  }`;
}
function tensorType({ dtype, shape }) {
  return shape === null ? `Tensor<"${dtype}">` : `Tensor<"${dtype}", readonly ${tuple(shape)}>`;
}
function tensorData({ dtype, shape }) {
  return `{ dtype: "${dtype}", shape: ${shape === null ? "null" : tuple(shape)} }`;
}
function tuple(shape) {
  return `[${shape.map((dim) => typeof dim === "string" ? stringLiteral(dim) : String(dim)).join(", ")}]`;
}
function docComment(model) {
  const file = model.file === void 0 ? model.name : fileName(model.file);
  const opset = Object.entries(model.opset).map(([domain, version]) => `${domain === "" ? "opset" : domain} ${version}`);
  const made = [model.producer === "" ? [] : [`by ${model.producer}`], opset].flat().join(", ");
  const lines = [
    `${file}${made === "" ? "" : `, ${made}`}`,
    ...model.doc.trim() === "" ? [] : [model.doc],
    ...model.inputs.map((port) => `- input ${describe(port)}`),
    ...model.outputs.map((port) => `- output ${describe(port)}`),
    ...labelLines(model),
    ...metadataLines(model),
    `sha256 ${model.sha256}`
  ];
  return ["/**", ...lines.map((line) => ` * ${commentText(line)}`), " */"];
}
var METADATA = 12;
function metadataLines({ metadata }) {
  const entries = Object.entries(metadata);
  const lines = entries.slice(0, METADATA).map(([key, value]) => `- ${key}: ${value}`);
  return entries.length > METADATA ? [...lines, `- and ${entries.length - METADATA} more metadata properties`] : lines;
}
var LABELS = "- labels of ";
function labelLines({ labels = {} }) {
  return Object.entries(labels).map(([port, list]) => `${LABELS}${port}: ${list.join(", ")}`);
}
function describe(port) {
  if (port.unsupported === void 0) return `${port.name}: ${showTensor(port)}`;
  return `${port.name}, left out: ${port.unsupported}`;
}

// type-tests/cost/projects.ts
var range = (count) => Array.from({ length: count }, (_, index) => index);
var begin = `export const chain = pipeline("p", { inputs: { x: { dtype: "float32", shape: ["batch", 10] } } })`;
var importing = (dsl) => `import { pipeline, type Model, type Tensor } from ${JSON.stringify(dsl)};`;
function handle(name, dims) {
  const ports = `{ readonly x: Tensor<"float32", readonly ${dims}> }`;
  return `interface I${name} extends Model<"${name}", ${ports}, ${ports}> {} declare const ${name}: I${name};`;
}
function chain(handles, calls) {
  return (dsl) => ({ "chain.ts": [importing(dsl), ...handles, begin, ...calls.map((call) => `  .${call}`), ";"].join("\n") });
}
var equalDims = (dsl, steps2) => chain(range(steps2).map((i) => handle(`m${i}`, `["batch", 10]`)), range(steps2).map((i) => `model(m${i})`))(dsl);
var rebindingDims = (dsl, steps2) => chain(range(steps2).map((i) => handle(`m${i}`, `["batch", "n${i}"]`)), range(steps2).map((i) => `model(m${i})`))(dsl);
var validations = (dsl, steps2) => chain([handle("m", `["batch", 10]`)], ["model(m)", ...range(steps2).map((i) => `validate("v${i}", (x) => x.out[0] < ${i})`)])(dsl);
var turn = [
  (i) => `model(a${i})`,
  (i) => `validate("v${i}", (x) => x.out[0] < 1)`,
  (i) => `model(n${i})`,
  (i) => `shadow(a${i}, [b${i}])`,
  (i) => `model(a${i}, { x: "x" })`,
  (i) => `models([a${i}, b${i}])`,
  () => "select(0)",
  (i) => `keySplit("k", { default: a${i}, routes: { r: b${i} } })`,
  (i) => `randomSplit([[1, a${i}], [2, b${i}]])`,
  (i) => `validate("w${i}", (x) => x.out[9] > 0)`
];
var mixedSteps = (dsl, steps2) => chain(
  range(steps2).flatMap((i) => [handle(`a${i}`, `["batch", 10]`), handle(`b${i}`, `["batch", 10]`), handle(`n${i}`, `["batch", "n"]`)]),
  range(steps2).map((i) => turn[i % turn.length]?.(i) ?? "")
)(dsl);
var edits = (dsl, count) => {
  const fifty = chain(range(50).map((i) => handle(`m${i}`, `["batch", 10]`)), range(50).map((i) => i % 5 === 4 ? `validate("v${i}", (x) => x.out[0] < 1)` : `model(m${i})`))(dsl)["chain.ts"] ?? "";
  const kinds = [
    (i) => `replaceStep(${2 * i}, (at) => at.model(e${i}))`,
    (i) => `insertStep(${2 * i + 1}, (at) => at.validate("e${i}", (x) => x.out[1] < 1))`,
    (i) => `insertStep(${2 * i}, (at) => at.model(e${i}))`,
    (i) => `removeStep(${2 * i})`
  ];
  const lines = range(count).flatMap((i) => [handle(`e${i}`, `["batch", 10]`), `export const edited${i} = chain.${kinds[i % kinds.length]?.(i) ?? ""};`]);
  return { "chain.ts": [fifty, ...lines].join("\n") };
};
function pipelines(dsl, count) {
  const file = (i) => [
    importing(dsl),
    ...["a", "b", "c", "d"].map((name) => handle(`${name}${i}`, `["batch", ${10 + i}]`)),
    `export const made = pipeline("p-${i}").model(a${i}).validate("low", (x) => x.out[0] < 1).shadow(b${i}, [c${i}]).model(d${i}).validate("high", (x) => x.out[9] > 0);`
  ];
  return Object.fromEntries(range(count).map((i) => [`pipeline-${i}.ts`, file(i).join("\n")]));
}
function generatedModels(dsl, count) {
  const port = (name, size) => ({ name, dtype: "float32", shape: ["batch", size] });
  const signatures = range(count).map((i) => ({
    name: `model-${i}`,
    sha256: i.toString(16).padStart(64, "0"),
    file: `model-${i}.onnx`,
    opset: { "": 17 },
    irVersion: 8,
    producer: "",
    doc: "",
    metadata: {},
    inputs: [port(`input_${i}`, i), port("mask", 1)],
    outputs: [port(`output_${i}`, i + 1)]
  }));
  return { "models.gen.ts": writeModels(signatures, dsl) };
}
function plainInterfaces(count) {
  const tensor = (type, size) => type ? `{ readonly dtype: "float32"; readonly shape: readonly ["batch", ${size}] }` : `{ dtype: "float32", shape: ["batch", ${size}] }`;
  const model = (i) => {
    const ports = (type) => {
      const [sep, ro] = type ? [";", "readonly "] : [",", ""];
      return `${ro}inputs: { ${ro}input_${i}: ${tensor(type, i)}${sep} ${ro}mask: ${tensor(type, 1)} }${sep} ${ro}outputs: { ${ro}output_${i}: ${tensor(type, i + 1)} }${sep}`;
    };
    const sha256 = i.toString(16).padStart(64, "0");
    return [
      `export interface Model${i} { readonly name: "model-${i}"; readonly version: string; readonly sha256: string; ${ports(true)} }`,
      `export const model${i}: Model${i} = { name: "model-${i}", version: "1", sha256: "${sha256}", ${ports(false)} };`
    ];
  };
  return { "models.ts": range(count).flatMap(model).join("\n") };
}
var peers = {
  "Kysely .where": (_, steps2) => ({
    "chain.ts": [
      `import type { Kysely } from "kysely";`,
      ...range(steps2).map((i) => `interface T${i} { a${i}: number }`),
      `interface Row extends ${range(steps2).map((i) => `T${i}`).join(", ") || "Object"} { id: number }`,
      `declare const db: Kysely<{ row: Row }>;`,
      `export const chain = db.selectFrom("row")`,
      ...range(steps2).map((i) => `  .where("a${i}", "=", ${i})`),
      ";"
    ].join("\n")
  }),
  "Hono .get": (_, steps2) => ({
    "chain.ts": [`import { Hono } from "hono";`, "export const chain = new Hono()", ...range(steps2).map((i) => `  .get("/p${i}", (c) => c.json({ a${i}: ${i} }))`), ";"].join("\n")
  }),
  "Zod .extend": (_, steps2) => ({
    "chain.ts": [`import { z } from "zod";`, "export const chain = z.object({ a: z.string() })", ...range(steps2).map((i) => `  .extend({ a${i}: z.number() })`), ";"].join("\n")
  })
};

// type-tests/cost/table.ts
var tablePath = join2(repository, "type-tests/cost.json");
var readTable = () => JSON.parse(readFileSync(tablePath, "utf8"));
var goals = { "a step, equal dims": 80, "a step, rebinding dims": 250 };
var tolerance = 0.03;
var steps = (chain2, from, to) => ({ large: (dsl) => chain2(dsl, to), small: (dsl) => chain2(dsl, from), count: to - from });
var things = (make, count) => ({ large: (dsl) => make(dsl, count), small: (dsl) => make(dsl, 1), count: count - 1 });
var subjects = {
  "a step, equal dims": steps(equalDims, 1, 201),
  "a step, equal dims, from the 200th to the 500th": steps(equalDims, 200, 500),
  "a step, equal dims, from the 500th to the 3,000th": { ...steps(equalDims, 500, 3e3), only: ["7.0"] },
  "a step, rebinding dims": steps(rebindingDims, 1, 201),
  "a step, rebinding dims, from the 200th to the 500th": steps(rebindingDims, 200, 500),
  "a validation": steps(validations, 1, 201),
  "a validation, from the 200th to the 500th": steps(validations, 200, 500),
  "a step, all kinds in turn": steps(mixedSteps, 1, 201),
  "a step, all kinds in turn, from the 200th to the 500th": steps(mixedSteps, 200, 500),
  "an edit of a pipeline of fifty steps, of 20": steps(edits, 0, 20),
  "a generated model, of 1,000": things(generatedModels, 1e3),
  "a pipeline of five steps, of 100": things(pipelines, 100),
  "Kysely .where": { ...steps(peers["Kysely .where"], 1, 201), peer: true },
  "Hono .get": { ...steps(peers["Hono .get"], 1, 201), peer: true },
  "Zod .extend, of 30": { ...steps(peers["Zod .extend"], 1, 31), peer: true },
  "Zod .extend, of 200": { ...steps(peers["Zod .extend"], 1, 201), peer: true }
};
var dslSource = join2(repository, "dsl/index.js");
function cost(compiler, name) {
  const { large, small, count, only, peer } = subjects[name];
  if (only?.includes(compiler) === false || peer === true && !hasPeers) return void 0;
  const more = measure(compiler, large(dslSource));
  const less = measure(compiler, small(dslSource));
  return more === null || less === null ? null : Math.round(100 * (more.instantiations - less.instantiations) / count) / 100;
}
function modelsBesideInterfaces(compiler, dsl, runs = 5) {
  const ratios = Array.from({ length: runs }, () => {
    const [ours, plain] = [measure(compiler, generatedModels(dsl, 1e3)), measure(compiler, plainInterfaces(1e3))];
    return ours === null || plain === null ? [Number.NaN, Number.NaN] : [ours.seconds / plain.seconds, ours.memory / plain.memory];
  });
  const median = (place) => ratios.map((ratio) => ratio[place] ?? Number.NaN).sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
  return { time: median(0), memory: median(1) };
}
function rise(name, compiler, measured) {
  const known = readTable().instantiations[name]?.[compiler];
  if (known === void 0) return `'${name}' on TypeScript ${compiler} is not in the table: run npm run bench:types -- --write`;
  if (known === null || measured !== null && measured <= known * (1 + tolerance)) return null;
  return `'${name}' on TypeScript ${compiler} costs ${measured ?? "more than the compiler takes"}, and ${known} in the table`;
}
var allCompilers = Object.keys(compilers);
export {
  allCompilers,
  cost,
  dslSource,
  goals,
  modelsBesideInterfaces,
  readTable,
  rise,
  subjects,
  tablePath,
  tolerance
};
