// Records the requests of one life of a pipeline (connect, workspace, upload, create, deploy, infer, logs, versions,
// undeploy) from the platform's SDK and from wallaroo(), both against our own server, and compares them with
// test/fixtures/platform/wire.json. Arguments: the Python of each release to record. Without any, only our own requests
// are compared. SHAPELINE_RECORD=1 writes the file.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSignature } from "../../../dist/codegen.js";
import { defineModel, pipeline } from "../../../dist/index.js";
import { createServer } from "../../../dist/server.js";
import { wallaroo } from "../../../dist/wallaroo.js";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const fixture = join(root, "test/fixtures/platform/wire.json");
const models = join(root, "examples/fraud/models");

/** The kind of a request: what does not change from run to run. */
function kindOf(method, url, headers, body) {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const type = headers["content-type"] ?? "";
  if (pathname === "/v1/graphql") return graphqlKinds(JSON.parse(body.toString()));
  const path = pathname
    .replace(/(\/pipelines\/infer)\/.*/, "$1/<deployment>/<pipeline>")
    .replace(/(\/topic)\/[^/]*/, "$1/<topic>");
  const query = [...new Set(searchParams.keys())].sort().join("&");
  const call = `${method} ${path}${query === "" ? "" : `?${query}`}`;
  if (method === "GET") return [call];
  if (type.startsWith("multipart/")) {
    const parts = [...body.toString("latin1").matchAll(/name="(\w+)"[^]*?\r\n\r\n([^]*?)\r\n--/g)];
    const shown = parts.map(([, name, value]) => `${name}${name === "metadata" ? ` ${keysOf(JSON.parse(value))}` : ""}`);
    return [`${call} multipart: ${shown.join(", ")}`];
  }
  if (!type.startsWith("application/json") || path.includes("<pipeline>")) return [`${call} ${type}`];
  return [`${call} ${keysOf(body.length === 0 ? {} : JSON.parse(body.toString()))}`];
}

/** The keys of an object, those of inner objects too. */
function keysOf(value) {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return "";
  const keys = Object.keys(value).sort();
  // What a definition holds is compared byte by byte elsewhere.
  const inner = (key) => (key === "definition" ? "" : keysOf(value[key]));
  return `{${keys.map((key) => `${key}${inner(key) === "{}" ? "" : inner(key)}`).join(",")}}`;
}

/** By operation and root field. A request for members of several objects is one kind for each member. */
function graphqlKinds({ query, operationName }) {
  const [, operation = "query", name = operationName ?? "?"] = /^\s*(query|mutation)\s+(\w+)/.exec(query) ?? [];
  if (query.includes("__schema")) return ["graphql introspection"];
  const fields = [...query.matchAll(/(?:^|[\s{])(?:\w+:\s*)?(\w+)\s*(?:\([^)]*\))?\s*\{/g)].map(([, field]) => field);
  if (name === "Members")
    return [...query.matchAll(/o\d+: (\w+)\(id: \$k\d+\) \{ id ?((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}/g)].flatMap(
      ([, object, selected]) =>
        selected
          .replace(/\([^)]*\)/g, "")
          .replace(/\{(?:[^{}]|\{[^{}]*\})*\}/g, "")
          .trim()
          .split(/\s+/)
          .map((member) => `graphql Members ${object}.${member}`),
    );
  const first = fields.find((field) => !["query", "mutation", name].includes(field));
  return [`graphql ${operation === "mutation" ? "mutation " : ""}${name} ${first ?? ""}`.trim()];
}

/** Forwards requests to a server and notes their kinds by part of the life. */
async function recordingProxy(target) {
  const parts = new Map();
  let current = new Set();
  const part = (name) => parts.set(name, (current = new Set()));
  const proxy = createHttpServer((incoming, answer) => {
    const chunks = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks);
      const url = incoming.url ?? "/";
      if (url.startsWith("/part/")) {
        part(url.slice("/part/".length));
        answer.end();
        return;
      }
      for (const kind of kindOf(incoming.method, url, incoming.headers, body)) current.add(kind);
      const forwarded = httpRequest(
        `${target}${url}`,
        { method: incoming.method, headers: { ...incoming.headers, host: new URL(target).host } },
        (reply) => {
          answer.writeHead(reply.statusCode ?? 502, reply.headers);
          reply.pipe(answer);
        },
      );
      forwarded.on("error", () => answer.destroy());
      forwarded.end(body);
    });
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    part,
    close: () => new Promise((resolve) => proxy.close(resolve).closeAllConnections()),
    life: () =>
      Object.fromEntries([...parts].filter(([name]) => name !== "end").map(([name, kinds]) => [name, [...kinds].sort()])),
  };
}

/** The same life with wallaroo(). */
async function ourLife({ url, part }, dialect) {
  const { name, sha256, inputs, outputs } = await readSignature(join(models, "champ.onnx"));
  const ports = (list) => Object.fromEntries(list.map((port) => [port.name, { dtype: port.dtype, shape: port.shape }]));
  const champ = defineModel({ name, sha256, inputs: ports(inputs), outputs: ports(outputs) });
  part("connect");
  // The older dialect is found out by a route that this server has: it is named.
  const platform = wallaroo({ url, testAuth: true, models, ...(dialect === "checks" && { dialect }) });
  part("workspace");
  await platform.workspaces();
  part("upload");
  await platform.uploadModel(champ);
  part("create");
  part("deploy");
  const live = await pipeline("wire").model(champ).deploy(platform);
  part("infer");
  await live.infer([{ embedding: Array.from({ length: 16 }, (_, i) => i / 16) }]);
  part("logs");
  await live.logs({ limit: 5 });
  part("versions");
  await live.versions();
  part("undeploy");
  await live.undeploy();
  part("end");
}

async function recorded(live) {
  const data = mkdtempSync(join(tmpdir(), "shapeline-wire-"));
  const server = await createServer({ data, wallaroo: true });
  const proxy = await recordingProxy(await server.listen({ port: 0, host: "127.0.0.1" }));
  try {
    const name = await live(proxy);
    return [name, proxy.life()];
  } finally {
    await proxy.close();
    await server.close();
    rmSync(data, { recursive: true, force: true });
  }
}

/** Runs the life of the SDK; returns its release. */
const sdkLife = (python) => (proxy) =>
  new Promise((resolve, reject) => {
    const child = spawn(python, [join(here, "server_wire.py"), proxy.url, "", join(models, "champ.onnx")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    child.stdout.on("data", (chunk) => (out += chunk));
    child.on("error", reject);
    child.on("exit", (code) => {
      const release = out.trim().split("\n").at(-1) ?? "";
      if (code === 0) resolve(`wallaroo ${release}`);
      else reject(new Error(`the life of ${python} ended with ${code}`));
    });
  });

const lives = [];
for (const python of process.argv.slice(2)) lives.push(await recorded(sdkLife(python)));
for (const dialect of ["polars", "checks"])
  lives.push(
    await recorded(async (proxy) => {
      await ourLife(proxy, dialect);
      return `shapeline ${dialect}`;
    }),
  );

const found = Object.fromEntries(lives);
if (process.env.SHAPELINE_RECORD) writeFileSync(fixture, `${JSON.stringify(found, null, 2)}\n`);
const expected = JSON.parse(readFileSync(fixture, "utf8"));
const changes = [];
for (const [name, life] of Object.entries(found))
  for (const part of new Set([...Object.keys(life), ...Object.keys(expected[name] ?? {})])) {
    const [now, before] = [life[part] ?? [], expected[name]?.[part] ?? []];
    for (const call of now.filter((one) => !before.includes(one))) changes.push(`${name}, ${part}: + ${call}`);
    for (const call of before.filter((one) => !now.includes(one))) changes.push(`${name}, ${part}: - ${call}`);
  }
for (const change of changes) console.error(change);
if (changes.length > 0) {
  console.error("the requests have changed: look at docs/platform.md, and record them with SHAPELINE_RECORD=1");
  process.exit(1);
}
console.log(`the requests of ${Object.keys(found).join(", ")} are those of test/fixtures/platform/wire.json`);
