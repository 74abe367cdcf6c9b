// Measures reading signatures: a 1 GB model, a thousand models, and type-checking the generated file. It compares the
// scan with hashing the same bytes and with protobuf libraries (`npm run peers`). Memory is measured in child
// processes,
// minus the memory of an idle one.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const self = fileURLToPath(import.meta.url);
const root = dirname(dirname(self));
const peers = join(root, "bench", "peers", "node_modules");
const built = (module) => import(pathToFileURL(join(root, "dist", "codegen", module)).href);
const fromPeers = createRequire(join(peers, "x.js"));

/** The part of ONNX's schema that a signature needs. protobufjs skips the rest, so this is its fastest use. */
const schema = `syntax = "proto2"; package onnx;
message ModelProto { optional int64 ir_version = 1; optional GraphProto graph = 7; }
message GraphProto { repeated TensorProto initializer = 5; repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12; }
message TensorProto { optional string name = 8; }
message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; }
message TypeProto { optional Tensor tensor_type = 1; message Tensor { optional int32 elem_type = 1; optional Shape shape = 2; } }
message Shape { repeated Dim dim = 1; message Dim { optional int64 dim_value = 1; optional string dim_param = 2; } }`;

/** Each job loads its modules and returns a function that reads one file. Jobs run in child processes. */
const jobs = {
  empty: async () => () => undefined,
  scan: async () => {
    const { scanOnnx } = await built("models/onnx/read.js");
    return (file) => {
      const fd = openSync(file, "r");
      try {
        return scanOnnx(fd, fstatSync(fd).size, file);
      } finally {
        closeSync(fd);
      }
    };
  },
  signature: async () => (await built("models/read-signature.js")).readSignature,
  digest: async () => async (file) => {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
    return hash.digest("hex");
  },
  protobufjs: async () => {
    const model = fromPeers("protobufjs").parse(schema).root.lookupType("onnx.ModelProto");
    return (file) => model.decode(readFileSync(file));
  },
  "onnx-proto": async () => {
    const { onnx } = fromPeers("onnx-proto");
    return (file) => onnx.ModelProto.decode(readFileSync(file));
  },
};

/** Peak memory of this process in MB. `maxRSS` includes memory of the parent process, so VmHWM is used if available. */
function peakMegabytes() {
  const status = existsSync("/proc/self/status") ? readFileSync("/proc/self/status", "utf8") : "";
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS) / 1024;
}

async function runJob([job, ...files]) {
  const run = await jobs[job]();
  const start = performance.now();
  for (const file of files) await run(file);
  console.log(JSON.stringify({ ms: performance.now() - start, megabytes: peakMegabytes() }));
}

/**
 * The lowest time and the lowest memory of `times` runs, each in a child process; garbage collection varies between
 * runs.
 */
function measure(job, files, times) {
  const all = Array.from({ length: times }, () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [self, "child", job, ...files], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${job}: ${stderr}`);
    return JSON.parse(stdout);
  });
  return { ms: Math.min(...all.map(({ ms }) => ms)), megabytes: Math.min(...all.map(({ megabytes }) => megabytes)) };
}

const varint = (value) => {
  const bytes = [];
  let rest = BigInt(value);
  do bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
  while ((rest >>= 7n) > 0n);
  return Buffer.from(bytes);
};
const message = (field, ...parts) =>
  Buffer.concat([
    varint((field << 3) | 2),
    varint(Buffer.concat(parts.map((part) => Buffer.from(part))).length),
    ...parts.map((part) => Buffer.from(part)),
  ]);
const integer = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const port = (field, name, sizes) =>
  message(
    field,
    message(1, name),
    message(
      2,
      message(
        1,
        integer(1, 1),
        message(
          2,
          ...sizes.map((size) =>
            typeof size === "string" ? message(1, message(2, size)) : message(1, integer(1, size)),
          ),
        ),
      ),
    ),
  );
const header = Buffer.concat([integer(1, 8), message(2, "bench"), message(8, integer(2, 17))]);

/** Writes a model with one initializer of `size` bytes, as a hole in a sparse file. */
function writeLarge(file, size) {
  const tensor = Buffer.concat([
    integer(1, size / 4),
    integer(2, 1),
    message(8, "w"),
    varint((9 << 3) | 2),
    varint(size),
  ]);
  const weights = Buffer.concat([varint((5 << 3) | 2), varint(tensor.length + size), tensor]);
  const tail = Buffer.concat([port(11, "x", ["N", 29]), port(12, "y", ["N", 1])]);
  const before = Buffer.concat([header, varint((7 << 3) | 2), varint(weights.length + size + tail.length), weights]);
  writeFileSync(file, before);
  truncateSync(file, before.length + size);
  const fd = openSync(file, "r+");
  writeSync(fd, tail, 0, tail.length, before.length + size);
  closeSync(fd);
}

const smallModel = (index) =>
  Buffer.concat([
    header,
    message(7, message(2, "g"), port(11, `x${index}`, ["N", (index % 50) + 1]), port(12, "y", ["N", 2])),
  ]);

function table(title, head, rows) {
  const cells = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  console.log(`\n${title}`);
  for (const row of cells)
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  "));
}

function largeModel(folder) {
  const file = join(folder, "large.onnx");
  writeLarge(file, 2 ** 30);
  const idle = measure("empty", [], 3).megabytes;
  // The first read fills the system's file cache.
  measure("digest", [file], 1);
  const rows = [
    ["scan: ports, operator sets, documentation", "scan", 5],
    ["readSignature: the scan and the digest", "signature", 1],
    ["lower bound for the digest: only node:crypto", "digest", 1],
    ...(existsSync(peers)
      ? [
          ["protobufjs, only the schema of a signature", "protobufjs", 1],
          ["onnx-proto, whole schema", "onnx-proto", 1],
        ]
      : []),
  ].map(([name, job, times]) => {
    const { ms, megabytes } = measure(job, [file], times);
    return [name, ms.toFixed(1), (megabytes - idle).toFixed(0)];
  });
  table(
    `one model of ${(statSync(file).size / 2 ** 30).toFixed(2)} GB (idle Node: ${idle.toFixed(0)} MB)`,
    ["", "ms", "MB over idle Node"],
    rows,
  );
  rmSync(file);
}

async function manyModels(folder, count) {
  const models = join(folder, "models");
  mkdirSync(models);
  const files = Array.from({ length: count }, (_, i) => join(models, `model-${i}.onnx`));
  files.forEach((file, i) => writeFileSync(file, smallModel(i)));
  const { generateModels } = await built("models/generate.js");
  const timed = async (options) => {
    const start = performance.now();
    const { text } = await generateModels({ models: ["models/*.onnx"], cwd: folder, ...options });
    return { ms: performance.now() - start, text };
  };
  const first = await timed({ out: "models.gen.ts" });
  const again = await timed({ out: "models.gen.ts", check: true });
  const command = spawnSync(process.execPath, [join(root, "dist/cli.js"), "generate", "--out", "cli.gen.ts"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (command.status !== 0) throw new Error(command.stderr);
  const start = performance.now();
  spawnSync(process.execPath, [join(root, "dist/cli.js"), "generate", "--check", "--out", "cli.gen.ts"], {
    cwd: folder,
  });
  const commandMs = performance.now() - start;
  const rows = [
    ["generateModels, no file yet", first.ms],
    ["generateModels --check, up to date", again.ms],
    ["the command with its start", commandMs],
    ["only the scan", measure("scan", files, 1).ms],
    ...(existsSync(peers)
      ? [
          ["protobufjs, only the schema of a signature", measure("protobufjs", files, 1).ms],
          ["onnx-proto, whole schema", measure("onnx-proto", files, 1).ms],
        ]
      : []),
  ].map(([name, ms]) => [name, ms.toFixed(0), (ms / count).toFixed(2)]);
  table(`${count} models`, ["", "ms", "ms per model"], rows);
  return first.text;
}

/** The same models as plain interfaces, to measure the compiler's cost for only the names and shapes. */
function plainInterfaces(text) {
  const interfaces = [...text.matchAll(/^export interface (\w+) extends Model<("[^"]*")> \{\n([\s\S]*?)^\}$/gm)];
  if (interfaces.length === 0) throw new Error("no interfaces found in the generated file");
  const parts = interfaces.map(([, name, label, ports]) => {
    const plain = ports.replaceAll(
      /Tensor<("\w+"), readonly (\[[^\]]*\])>/g,
      "{ readonly dtype: $1; readonly shape: readonly $2 }",
    );
    const value = name.charAt(0).toLowerCase() + name.slice(1);
    return `export interface ${name} {\n  readonly name: ${label};\n  readonly version: string;\n  readonly sha256: string;\n${plain}}\nexport declare const ${value}: ${name};\n`;
  });
  return parts.join("\n");
}

function compilers(folder, text) {
  const work = join(folder, "types");
  mkdirSync(work);
  writeFileSync(join(work, "package.json"), `{ "type": "module" }`);
  writeFileSync(
    join(work, "models.ts"),
    text.replace('from "shapeline"', `from ${JSON.stringify(join(root, "dist/src/index.js"))}`),
  );
  writeFileSync(join(work, "plain.ts"), plainInterfaces(text));
  const options = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    target: "es2022",
    lib: ["es2023", "dom"],
    module: "nodenext",
    noEmit: true,
    types: [],
  };
  const seconds = (compiler, file) => {
    writeFileSync(join(work, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: [file] }));
    const tsc = join(root, "node_modules", compiler, "bin/tsc");
    const runs = Array.from({ length: 3 }, () => {
      const { stdout, status } = spawnSync(
        process.execPath,
        [
          tsc,
          "-p",
          work,
          "--extendedDiagnostics",
          "--pretty",
          "false",
          ...(compiler === "typescript-7" ? ["--singleThreaded"] : []),
        ],
        { encoding: "utf8" },
      );
      if (status !== 0) throw new Error(stdout);
      const figure = (name) => Number(new RegExp(`${name}:\\s+([\\d.]+)`).exec(stdout)?.[1]);
      return { check: figure("Check time"), total: figure("Total time"), memory: figure("Memory used") / 1024 };
    });
    const least = (name) => Math.min(...runs.map((run) => run[name]));
    return { check: least("check"), total: least("total"), memory: least("memory") };
  };
  const rows = ["typescript-5.9", "typescript", "typescript-7"].map((compiler) => {
    const [ours, plain] = [seconds(compiler, "models.ts"), seconds(compiler, "plain.ts")];
    return [
      compiler,
      ...[ours.total, plain.total, ours.total / plain.total, ours.check, plain.check, ours.memory / plain.memory].map(
        (value) => value.toFixed(2),
      ),
    ];
  });
  table(
    "type-checking these models, and the same models as plain interfaces",
    ["", "total s", "plain s", "ratio", "check s", "plain s", "memory ratio"],
    rows,
  );
}

if (process.argv[2] === "child") await runJob(process.argv.slice(3));
else {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-bench-"));
  try {
    if (!existsSync(peers)) console.log("without peers; run `npm run peers` to include them");
    largeModel(folder);
    compilers(folder, await manyModels(folder, 1000));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
