// The client in a JavaScript runtime: Node, Deno or Bun run this file. It prints what it got, for a comparison.
// Arguments: the server's URL.
import { readFileSync } from "node:fs";
import { defineModel, pipeline } from "../../../dist/index.js";
import { openInference, server } from "../../../dist/client.js";

const url = process.argv[2];
const example = new URL("../../../examples/fraud/", import.meta.url);
const read = (file) => JSON.parse(readFileSync(new URL(file, example), "utf8"));
const ports = (list) => Object.fromEntries(list.map(({ name, dtype, shape }) => [name, { dtype, shape }]));
const [a, champ, c1, c2] = ["a", "champ", "c1", "c2"].map((wanted) => {
  const { name, version, sha256, inputs, outputs } = read("fraud.pipeline.json").models.find(
    (model) => model.name === wanted,
  );
  return defineModel({ name, version, sha256, inputs: ports(inputs), outputs: ports(outputs) });
});
const fraud = pipeline("fraud")
  .model(a)
  .shadow(champ, [c1, c2])
  .validate("amt", (x) => x.out < 1);
const rows = read("rows.df.json").slice(0, 20);
const untimed = (records) => records.map(({ out, anomaly }) => ({ out, anomaly }));
const failure = (work) =>
  work.then(
    () => "it worked",
    ({ code, name }) => `${name} ${code}`,
  );

const live = await fraud.connect(server({ url }));
const json = await fraud.connect(openInference({ url }));
const binary = await fraud.connect(openInference({ url, encoding: "binary" }));
const handle = await openInference({ url, encoding: "binary" }).connect(a);
console.log(
  JSON.stringify({
    server: untimed(await live.infer(rows)),
    json: untimed(await json.infer(rows)),
    binary: untimed(await binary.infer(rows)),
    handle: (await handle.infer(rows)).map(({ out }) => out),
    drift: await failure(fraud.validate("more", (x) => x.out < 2).connect(server({ url }))),
    wrong: await failure(json.infer([{ pixels: ["no"] }])),
    unreachable: await failure(fraud.connect(openInference({ url: "http://127.0.0.1:1" }))),
  }),
);
