// A server that the hostile requests are sent to, in a process of its own: `node server-process.mjs FOLDER`. It prints
// its URL. The built package, because a crash must be that of what users run.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineModel, pipeline } from "shapeline";
import { readSignature } from "shapeline/codegen";
import { local } from "shapeline/local";
import { createServer } from "shapeline/server";

const data = join(process.argv[2] ?? "", "data");
const root = fileURLToPath(new URL("../../../", import.meta.url));
const models = join(root, "examples", "breast-cancer", "models");

const signature = await readSignature(join(models, "gradient-boosting.onnx"));
const ports = (/** @type {typeof signature.inputs} */ list) =>
  Object.fromEntries(list.map(({ name, dtype, shape }) => [name, { dtype, shape }]));
const handle = defineModel(
  /** @type {any} */ ({
    name: signature.name,
    sha256: signature.sha256,
    inputs: ports(signature.inputs),
    outputs: ports(signature.outputs),
  }),
);
const target = local({ models, data });
await (
  await /** @type {any} */ (pipeline("cancer").model(handle))
    .validate("sure", (/** @type {any} */ x) => x.out.probabilities[0] < 0.9)
    .deploy(target)
).close();
await target.close();

const server = await createServer({
  data,
  models,
  durability: "relaxed",
  maxBody: "4MB",
  timeoutMs: 2000,
  token: JSON.parse(readFileSync(join(process.argv[2] ?? "", "tokens.json"), "utf8")),
});
console.log(await server.listen({ port: 0 }));
process.once("SIGTERM", () => void server.close());
