// A new process until its model is ready, timed from the first import. Prints { milliseconds, megabytes }.
// Usage: node start.mjs raw|deploy <model.onnx> <data folder> <signature in JSON>
import { dirname } from "node:path";

const [how, file, data, signature] = process.argv.slice(2);
const startedAt = performance.now();

const ways = {
  async raw() {
    const ort = await import("onnxruntime-node");
    await ort.InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  },
  async deploy() {
    const { pipeline } = await import("shapeline");
    const { local } = await import("shapeline/local");
    const { handleOf } = await import("./handle.mjs");
    const model = handleOf(JSON.parse(signature));
    await pipeline("start")
      .model(model)
      .deploy(local({ models: dirname(file), data, durability: "off" }));
  },
};

await ways[how]();
const milliseconds = performance.now() - startedAt;
console.log(JSON.stringify({ milliseconds, megabytes: process.resourceUsage().maxRSS / 1024 }));
process.exit(0);
