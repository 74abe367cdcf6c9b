// Gives the Open Inference client one mutated answer of a server. It must answer with the right form, or refuse.
import { openInference } from "../../dist/client.js";
import { defineModel } from "../../dist/index.js";
import { mutateBytes, mutateJson } from "../support/mutants/random.mjs";

const port = { dtype: "float32", shape: ["batch", 2] };
const model = defineModel({ name: "m", sha256: "0".repeat(64), inputs: { x: port }, outputs: { y: port } });
const tensor = (/** @type {string} */ name) => ({ name, datatype: "FP32", shape: [-1, 2] });
const metadata = { name: "m", versions: ["1"], platform: "onnx", inputs: [tensor("x")], outputs: [tensor("y")] };
const output = { name: "y", datatype: "FP32", shape: [2, 2] };
const rows = [{ x: [1, 2] }, { x: [3, 4] }];

/** A whole answer, JSON or binary, and its headers. */
function answer(/** @type {any} */ body, /** @type {boolean} */ isBinary) {
  const json = Buffer.from(JSON.stringify(body));
  if (!isBinary) return { bytes: json, headers: { "content-type": "application/json" } };
  const tensors = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);
  const headers = { "content-type": "application/octet-stream", "inference-header-content-length": `${json.length}` };
  return { bytes: Buffer.concat([json, tensors]), headers };
}

/** @param {import("../support/mutants/random.mjs").Random} random */
export async function judge(random) {
  const isBinary = random.below(2) === 0;
  const isMetadata = random.below(4) === 0;
  const data = isBinary ? { parameters: { binary_data_size: 16 } } : { data: [1, 2, 3, 4] };
  const inferred = { model_name: "m", outputs: [{ ...output, ...data }] };
  const byBytes = random.below(2) === 0;
  const send = (/** @type {any} */ body, /** @type {boolean} */ binary, /** @type {boolean} */ isMutated) => {
    const { bytes, headers } = answer(isMutated && !byBytes ? mutateJson(random, body) : body, binary);
    return new Response(isMutated && byBytes ? Buffer.from(mutateBytes(random, bytes)) : bytes, { headers });
  };
  const fetch = async (/** @type {string} */ url) =>
    url.endsWith("/infer") ? send(inferred, isBinary, !isMetadata) : send(metadata, false, isMetadata);
  const live = await openInference({
    url: "http://127.0.0.1:1",
    encoding: isBinary ? "binary" : "json",
    fetch,
  }).connect(model);
  const answered = await live.infer(rows);
  const isRight =
    answered.length === 2 &&
    answered.every(
      ({ out }) => out.y.length === 2 && out.y.every((/** @type {unknown} */ each) => typeof each === "number"),
    );
  if (!isRight) throw new TypeError(`a wrong answer was taken: ${JSON.stringify(answered)}`);
}
