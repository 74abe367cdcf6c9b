// Compiles the pipelines of server_same_rows.py with shapeline: argv is the dialect, and the uploaded models by name as JSON
// ({ version, sha }). Prints a definition for each pipeline, by name, as the SDK would send it.
import { build, defineModel, pipeline, tensor } from "../../../dist/index.js";
import { stringifyDefinition, toDefinition } from "../../../dist/wallaroo.js";

const [, , dialect, uploaded = "{}"] = process.argv;
const versions = JSON.parse(uploaded);

/** @type {(name: string, input: [string, number], output: [string, number]) => any} */
const model = (name, [input, inputSize], [output, outputSize]) =>
  defineModel({
    name,
    version: versions[name].version,
    sha256: versions[name].sha,
    inputs: { [input]: tensor("float32", ["batch", inputSize]) },
    outputs: { [output]: tensor("float32", ["batch", outputSize]) },
  });
const champion = model("ccfraud", ["tensor", 29], ["dense_1", 1]);
const xgb = model("ccfraud-xgb", ["tensor", 29], ["variable", 1]);
const forest = model("ccfraud-rf", ["tensor", 29], ["variable", 1]);
const control = model("house-control", ["tensor", 18], ["variable", 1]);
const challenger = model("house-challenger", ["tensor", 18], ["variable", 1]);
const embedder = model("embedder", ["tensor", 100], ["flatten_1", 800]);
const sentiment = model("sentiment", ["flatten_1", 800], ["dense_1", 1]);

/** @type {Record<string, any>} */
const pipelines = {
  single: pipeline("single").model(champion),
  validated: pipeline("validated")
    .model(champion)
    .validate("fraud", (x) => x.out.dense_1[0] < 0.9),
  twice: pipeline("twice")
    .model(champion)
    .validate("fraud", (x) => x.out.dense_1[0] < 0.9)
    .validate("low", (x) => x.out.dense_1[0] > 0.001),
  requested: pipeline("requested")
    .model(champion)
    .validate("first", (x) => x.in.tensor[0] > 0),
  chain: pipeline("chain")
    .model(embedder)
    .model(sentiment)
    .validate("positive", (x) => x.out.dense_1[0] > 0.5),
  shadow: pipeline("shadow").shadow(champion, [xgb, forest]),
  beside: pipeline("beside")
    .shadow(champion, [xgb, forest])
    .validate("beside", (x) => x.models["ccfraud-rf"].variable[0] < 0.5),
  selected: pipeline("selected").models([control, challenger]).audit("1:").select(0),
  second: pipeline("second")
    .models([control, challenger])
    .select(1)
    .validate("dear", (x) => x.out.variable[0] < 710000),
  keyed: pipeline("keyed").keySplit("segment", { default: control, routes: { gold: challenger } }),
  hashed: pipeline("hashed").randomSplit(
    [
      [2, control],
      [1, challenger],
    ],
    { hashKey: "session_id" },
  ),
};

/** @type {Record<string, string>} */
const definitions = {};
for (const [name, each] of Object.entries(pipelines))
  definitions[name] = stringifyDefinition(toDefinition(await build(each), { dialect }));
console.log(JSON.stringify(definitions));
