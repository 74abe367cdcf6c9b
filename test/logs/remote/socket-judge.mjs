// Even seeds send a mutated request to the owner of a data folder, odd ones a mutated answer to a reader of one.
import { mkdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { StorageError } from "../../../dist/dsl/errors.js";
import { RemoteLog } from "../../../dist/src/logs/remote/remote-log.js";
import { socketPath } from "../../../dist/src/logs/remote/socket-place.js";
import { unpackValue } from "../../../dist/src/logs/remote/packed-value.js";
import { local } from "../../../dist/src/targets/local/index.js";
import { toTable } from "../../../dist/src/tensors/arrow/to-table.js";
import { toRecords } from "../../../dist/src/tensors/format-result.js";
import { mutateBytes, mutateJson } from "../../support/mutants/random.mjs";

const example = new URL("../../../examples/breast-cancer/", import.meta.url);
const name = "breast-cancer";
const queries = {
  owner: {},
  versions: {},
  pipelines: {},
  layouts: { start: 0 },
  readLog: { limit: 5, after: "9", valid: true, bytes: 1000, metadata: true },
  compare: { start: 0, end: 8e12 },
};
const requests = Object.entries(queries).map(([method, query]) => ({ protocol: 2, method, pipeline: name, query }));

/** Sends text to a socket and returns all that comes back. */
function ask(path, text) {
  return new Promise((resolve) => {
    const parts = [];
    const socket = connect(path, () => socket.end(text));
    socket.on("data", (part) => parts.push(part));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(Buffer.concat(parts)));
  });
}

export async function prepare(folder) {
  // The sockets belong to the judge's own folder, too.
  process.env.TMPDIR = folder;
  const data = join(folder, `owned-${process.pid}`);
  const target = local({ models: fileURLToPath(new URL("models", example)), data });
  const live = await target.deploy(JSON.parse(readFileSync(new URL("breast-cancer.pipeline.json", example), "utf8")));
  const rows = JSON.parse(readFileSync(new URL("rows.df.json", example), "utf8")).slice(0, 20);
  await live.infer(rows);
  const path = socketPath(data);
  const answers = [];
  for (const request of requests) answers.push(await ask(path, JSON.stringify(request)));

  const fake = join(folder, `fake-${process.pid}`);
  mkdirSync(fake);
  let answer = Buffer.alloc(0);
  const server = createServer({ allowHalfOpen: true }, (guest) => {
    guest.on("error", () => undefined);
    guest.resume();
    guest.end(answer);
  });
  await new Promise((listening) => server.listen(socketPath(fake), listening));
  const guest = new RemoteLog(fake, new StorageError("SL7003", "it is owned"));
  return { path, live, answers, guest, respond: (bytes) => (answer = bytes) };
}

export async function judge(random, { path, answers, guest, respond }, seed) {
  if (seed % 2 === 0) {
    const request = random.pick(requests);
    const mutant =
      random.below(2) === 0
        ? JSON.stringify(mutateJson(random, request))
        : mutateBytes(random, Buffer.from(JSON.stringify(request)));
    const bytes = await ask(path, mutant);
    // An owner that still works answers the next request.
    if (seed % 100 === 0) unpackValue(await ask(path, JSON.stringify(requests[0])));
    if (bytes.byteLength === 0) return;
    const { error } = unpackValue(bytes);
    if (error !== undefined) throw error;
    return;
  }
  const at = random.below(requests.length);
  respond(mutantOf(random, answers[at]));
  const { method } = requests[at];
  if (method === "owner") return;
  const result = await guest[method](name, { limit: 5 });
  if (method === "readLog") {
    toRecords(result);
    toTable(result);
  }
}

export const finish = ({ live }) => live.close?.();

/** Half of the mutants change bytes anywhere, the others the JSON of a well-formed answer. */
function mutantOf(random, bytes) {
  if (random.below(2) === 0) return mutateBytes(random, bytes);
  const buffers = bytes.readUInt32LE(8);
  const [from, length] = [12 + 4 * buffers, bytes.readUInt32LE(4)];
  const json = Buffer.from(
    JSON.stringify(mutateJson(random, JSON.parse(bytes.toString("utf8", from, from + length)))) ?? "null",
  );
  const head = Buffer.from(bytes.subarray(0, from));
  head.writeUInt32LE(json.byteLength, 4);
  return Buffer.concat([head, json, bytes.subarray(from + length)]);
}
