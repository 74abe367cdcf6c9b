// The platform's interface: an upload of 500 MB in bounded memory, a list of 1,000 pipelines, and one row inferred: as
// the SDK asks for them, and by the SDK itself where `npm run oracles:platform` has installed it.
// `npm run bench:control-plane`; SHAPELINE_UPLOAD_MB sets another size.
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { server as connect } from "../dist/client.js";
import { median } from "./blocks.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "shapeline-bench-"));
const megabytes = Number(process.env["SHAPELINE_UPLOAD_MB"] ?? 500);
mkdirSync(join(folder, "none"));
const options = [
  "--port",
  "0",
  "--data",
  join(folder, "data"),
  "--models",
  join(folder, "none"),
  "--log-level",
  "error",
];
const server = spawn(process.execPath, [join(root, "dist/cli.js"), "serve", "--wallaroo", ...options], {
  stdio: ["ignore", "pipe", "inherit"],
});
process.on("exit", () => {
  server.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
const url = await new Promise((resolve) => {
  createInterface({ input: server.stdout }).on("line", (line) => {
    const found = /http:\/\/[\d.:]+/.exec(line)?.[0];
    if (found !== undefined) resolve(found);
  });
});

/** Bytes that the server occupies: now, or at most so far. Linux only. */
const memory = (/** @type {"VmRSS" | "VmHWM"} */ field) =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) /
  1024;

const headers = { authorization: "Bearer definitely_an_access_token", "user-agent": "WallarooSDK/2026.1.3" };
/** @returns {Promise<any>} */
async function call(/** @type {string} */ path, /** @type {unknown} */ body) {
  const answer = await fetch(`${url}/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const { workspace_id: workspace } = await call("api/workspaces/create", { workspace_name: "bench" });

/** Uploads the example's model, made larger by a field that ONNX ignores, a megabyte at a time. */
async function upload(/** @type {string} */ name, /** @type {number} */ padding) {
  const model = readFileSync(join(root, "examples/fraud/models/champ.onnx"));
  // Field 1000 of a ModelProto, as bytes of this length: unknown fields are skipped.
  const varint = (/** @type {number} */ value) => {
    const bytes = [];
    for (let rest = value; ; rest = Math.floor(rest / 128)) {
      if (rest < 128) return Buffer.from([...bytes, rest]);
      bytes.push((rest % 128) + 128);
    }
  };
  const field = padding === 0 ? Buffer.alloc(0) : Buffer.concat([varint(1000 * 8 + 2), varint(padding)]);
  const mark = "mark-of-the-bench";
  const metadata = { name, visibility: "private", workspace_id: workspace, conversion: { framework: "onnx" } };
  const head = Buffer.from(
    `--${mark}\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(metadata)}\r\n--${mark}\r\nContent-Disposition: form-data; name="file"; filename="m.onnx"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const end = Buffer.from(`\r\n--${mark}--\r\n`);
  const block = Buffer.alloc(2 ** 20, 7);
  function* parts() {
    yield head;
    yield model;
    yield field;
    for (let left = padding; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
    yield end;
  }
  const answer = await fetch(`${url}/v1/api/models/upload`, {
    method: "POST",
    headers: { ...headers, "content-type": `multipart/form-data; boundary=${mark}` },
    body: Readable.toWeb(Readable.from(parts())),
    duplex: "half",
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the upload got ${answer.status}: ${text}`);
  return JSON.parse(text).insert_models.returning[0].models[0].id;
}

const small = await upload("small", 0);
const before = memory("VmRSS");
const start = performance.now();
await upload("large", megabytes * 2 ** 20);
const seconds = (performance.now() - start) / 1000;
console.log(
  `upload of ${megabytes} MB: ${seconds.toFixed(1)} s; ${before.toFixed(0)} MB before, ${memory("VmHWM").toFixed(0)} MB at most`,
);

const count = 1000;
for (let i = 0; i < count; i++)
  await call("api/pipelines/create", { pipeline_id: `p-${i}`, workspace_id: workspace, definition: {} });
const list = performance.now();
const { pipelines } = await call("api/pipelines/list_pipelines", { workspace_id: workspace });
console.log(`list of ${pipelines.length} pipelines: ${(performance.now() - list).toFixed(0)} ms`);
// What the SDK asks of each pipeline before it shows the table.
const document =
  "query PipelineById($pipeline_id: bigint!) { pipeline_by_pk(id: $pipeline_id) { id pipeline_id created_at updated_at visibility owner_id pipeline_versions(order_by: {id: desc}) { id pipeline_publishes { id status } } pipeline_tags { tag { id tag } } workspace { id name } } }";
const each = performance.now();
for (const { pipeline } of pipelines)
  await call("graphql", { query: document, variables: { pipeline_id: pipeline.id } });
console.log(`PipelineById for each of them: ${(performance.now() - each).toFixed(0)} ms`);

const { data } = await call("graphql", { query: `{ model_by_pk(id: ${small}) { model_version sha } }` });
const model = { name: "small", version: data.model_by_pk.model_version, sha: data.model_by_pk.sha };
const definition = { id: "scores", steps: [{ ModelInference: { models: [model] } }] };
const made = await call("api/pipelines/create", { pipeline_id: "scores", workspace_id: workspace, definition });
const deployed = await call("api/pipelines/deploy", {
  ...{ deploy_id: "scores", pipeline_version_pk_id: made.pipeline_variant_pk_id, engine_config: {} },
});
const row = { embedding: Array.from({ length: 16 }, (_, i) => i / 16) };
const live = await connect({ url }).pipeline("scores");
const infers = `api/pipelines/infer/scores-${deployed.id}/scores?dataset[]=*&dataset.exclude[]=metadata&dataset.separator=.`;
const type = { "content-type": "application/json; format=pandas-records" };
const raw = await medianMs(async () => {
  const answer = await fetch(`${url}/v1/${infers}`, {
    method: "POST",
    headers: { ...headers, ...type },
    body: JSON.stringify([row]),
  });
  await answer.json();
});
const own = await medianMs(() => live.infer([row]));
console.log(`one row: ${raw.toFixed(1)} ms by fetch, ${own.toFixed(1)} ms by shapeline/client`);

const python = join(root, "test/oracles/wallaroo/.venvs/2026.1.3/bin/python");
if (existsSync(python)) {
  const program = join(root, "bench/control-plane-sdk.py");
  const { stdout } = await promisify(execFile)(python, [program, url, "", "bench", "scores", JSON.stringify(row)]);
  const { release, listed, list_s, table_s, infer_ms } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}");
  console.log(
    `SDK ${release}: ${listed} pipelines listed in ${list_s.toFixed(2)} s; a table of 100, for which it asks one by one, in ${table_s.toFixed(1)} s`,
  );
  const times = (infer_ms / own).toFixed(1);
  console.log(`SDK ${release}: one row in ${infer_ms.toFixed(1)} ms, ${times} times shapeline/client`);
} else console.log("skipped: the SDK is not installed; `npm run oracles:platform` makes its virtual environment");
process.exit(0);

/** The median of 100 calls, after 20 others. */
async function medianMs(/** @type {() => Promise<unknown>} */ work) {
  const times = [];
  for (let i = 0; i < 120; i++) {
    const begin = performance.now();
    await work();
    if (i >= 20) times.push(performance.now() - begin);
  }
  return median(times);
}
