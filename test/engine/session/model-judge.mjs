// Mutated model files: bytes, lengths, names, shapes, nested graphs, and names of files that are not the model's. Each
// is read, generated from, deployed and run.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateModels, readSignature } from "../../../dist/codegen/index.js";
import { defineModel, pipeline } from "../../../dist/src/index.js";
import { local } from "../../../dist/src/targets/local/index.js";
import { mutateBytes } from "../../support/mutants/random.mjs";

const fixtures = fileURLToPath(new URL("../../fixtures/models/", import.meta.url));
const largest = 8000;
/** Names of files that a model may not read: the first lies in the working folder. */
const locations = [
  "secret.env",
  "../working/secret.env",
  "/etc/passwd",
  "/dev/zero",
  "*/_ORT_MEM_ADDR_/*",
  "w.bin",
  ".",
];
const integers = [0, 1, -1, 2, 127, 1e9, 2 ** 31, 2 ** 53 - 1, 2 ** 62];

/** Reads the originals once: small models with the ports that a pipeline can use. */
export async function prepare(/** @type {string} */ folder) {
  // The socket of a data folder lies in the folder for temporary files.
  process.env["TMPDIR"] = folder;
  const models = [];
  for (const part of ["corpus", "field"])
    for (const name of readdirSync(join(fixtures, part)).sort()) {
      if (!name.endsWith(".onnx")) continue;
      const bytes = readFileSync(join(fixtures, part, name));
      if (bytes.length > largest) continue;
      const signature = await readSignature(join(fixtures, part, name)).catch(() => null);
      if (signature !== null) models.push({ name, bytes, signature });
    }
  return { folder, models };
}

export async function judge(random, { folder, models }, seed) {
  const { bytes, signature } = random.pick(models);
  const file = random.below(10) < 3 ? mutateBytes(random, bytes) : mutateMessages(random, bytes);
  const dir = join(folder, `m${seed}`);
  mkdirSync(dir);
  try {
    const path = join(dir, "m.onnx");
    writeFileSync(path, file);
    writeFileSync(join(dir, "w.bin"), Buffer.alloc(256, 1));
    const read = await generateModels({ models: ["m.onnx"], cwd: dir, out: "models.gen.ts" }).catch(coded);
    const ports = read instanceof Error ? signature : read.models[0];
    const sha256 = read instanceof Error ? createHash("sha256").update(file).digest("hex") : ports.sha256;
    await deployed(ports, sha256, dir);
    if (read instanceof Error) throw read;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function coded(error) {
  if (typeof error?.code === "string" && error.code.startsWith("SL")) return error;
  throw error;
}

/** Deploys the file and runs two rows of ones. */
async function deployed({ inputs, outputs, batchSize }, sha256, dir) {
  const usable = (ports) => ports.filter(({ unsupported }) => unsupported === undefined);
  const record = (ports) => Object.fromEntries(usable(ports).map(({ name, dtype, shape }) => [name, { dtype, shape }]));
  const model = defineModel({
    ...{ name: "m", version: "1", sha256, inputs: record(inputs), outputs: record(outputs) },
    ...(batchSize === undefined ? {} : { batchSize }),
  });
  const target = local({ models: dir, data: join(dir, "data"), durability: "off", deployTimeoutMs: 3000 });
  try {
    const live = await target.deploy(pipeline("p").model(model));
    const row = Object.fromEntries(usable(inputs).map((port) => [port.name, ones(port)]));
    await live.infer([row, row], { timeoutMs: 2000 });
  } finally {
    await target.close();
  }
}

function ones({ dtype, shape }) {
  const dims = (shape ?? [null]).filter((dim) => dim !== "batch").map((dim) => (typeof dim === "number" ? dim : 2));
  const one = dtype === "string" ? "a" : dtype === "bool" ? true : /int64/.test(dtype) ? 1n : 1;
  const most = dims.reduce((product, dim) => product * dim, 1);
  if (most > 100_000) return [];
  return dims.reduceRight((value, dim) => Array.from({ length: dim }, () => value), one);
}

/** Changes some fields of a file's messages, and keeps the lengths around them right in most mutants. */
function mutateMessages(random, bytes) {
  const root = parse(bytes);
  if (root === null) return mutateBytes(random, bytes);
  for (let i = 1 + random.below(3); i > 0; i--) mutateField(random, root);
  return write(root);
}

function mutateField(random, root) {
  const all = [];
  const visit = (fields, parent) => {
    for (const field of fields) {
      all.push({ field, parent });
      if (field.fields) visit(field.fields, field.fields);
    }
  };
  visit(root, root);
  const { field, parent } = random.pick(all);
  const at = parent.indexOf(field);
  const kind = random.below(8);
  if (kind === 0) parent.splice(at, 1);
  else if (kind === 1) parent.splice(at, 0, copied(field));
  else if (kind === 2) field.number = 1 + random.below(26);
  else if (kind === 3) parent.splice(at, 1, copied(random.pick(all).field));
  else if (kind === 4 && field.fields) field.fields.push(...external(random));
  else if (kind === 5 && field.fields) nest(random, field);
  else if (field.type === 0) field.value = varint(random.pick(integers));
  else if (field.type === 2) {
    field.value = random.below(2) === 0 ? mutateBytes(random, field.value) : Buffer.from(random.pick(names));
    field.fields = null;
  }
}

/** A copy without inner fields: a message cannot be inside itself. */
const copied = (field) => (field.fields ? { ...field, value: write(field.fields), fields: null } : field);

const names = ["", "\u001b[8m\nerror SL0000: x", "\0", "Loop", "Scan", "If", "EPContext", "x".repeat(300), "__proto__"];

const text = (number, value) => ({ number, type: 2, value: Buffer.from(value), fields: null });
const message = (number, fields) => ({ number, type: 2, value: Buffer.alloc(0), fields });
const entry = (key, value) => message(13, [text(1, key), text(2, value)]);

/** The fields by which a tensor names a file. */
const external = (random) => [
  entry("location", random.pick(locations)),
  entry("offset", String(random.pick(integers))),
  { number: 14, type: 0, value: varint(random.pick([1, 1, 1, 2, 2 ** 32 + 1])) },
];

/** Puts a graph with a tensor in a file inside the field, several times over. */
function nest(random, field) {
  let inner = [message(5, [...external(random), text(8, "w")])];
  for (let depth = random.pick([1, 2, 40]); depth > 0; depth--)
    inner = [message(1, [text(4, random.pick(["If", "Loop", "Scan"])), message(5, [message(6, inner)])])];
  field.fields.push(...inner);
}

/** The fields of a message; null if it is none. */
function parse(bytes, depth = 0) {
  const fields = [];
  for (let at = 0; at < bytes.length;) {
    const tag = readVarint(bytes, at);
    if (tag === null || tag.value < 8) return null;
    const [number, type] = [Math.floor(tag.value / 8), tag.value % 8];
    const next = type === 0 || type === 2 ? readVarint(bytes, tag.next) : { value: type === 5 ? 4 : 8, next: tag.next };
    if (next === null || ![0, 1, 2, 5].includes(type)) return null;
    const start = type === 0 ? tag.next : next.next;
    const end = type === 0 ? next.next : start + next.value;
    if (end > bytes.length) return null;
    const value = bytes.subarray(start, end);
    const inner = type === 2 && value.length > 1 && depth < 12 ? parse(value, depth + 1) : null;
    fields.push({ number, type, value, fields: inner });
    at = end;
  }
  return fields;
}

function readVarint(bytes, start) {
  let value = 0;
  for (let i = 0; i < 8 && start + i < bytes.length; i++) {
    value += (bytes[start + i] & 127) * 2 ** (7 * i);
    if (bytes[start + i] < 128) return { value, next: start + i + 1 };
  }
  return null;
}

function varint(value) {
  const out = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Buffer.from([...out, Number(rest)]);
}

function write(fields) {
  return Buffer.concat(
    fields.flatMap(({ number, type, value, fields: inner }) => {
      const content = inner ? write(inner) : value;
      return [varint(number * 8 + type), ...(type === 2 ? [varint(content.length)] : []), content];
    }),
  );
}
