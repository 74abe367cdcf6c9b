// A new process until its model is ready, timed from the first import. Prints { milliseconds, megabytes }.
// Usage: node start.mjs raw|deploy <model.onnx> <data folder> <signature in JSON>
import { readFileSync } from "node:fs";
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

/**
 * Peak memory in MB. On Linux `maxRSS` also counts the process that started this one, from before it became Node; the
 * kernel's own peak does not.
 */
function peakMegabytes() {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS / 1024;
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
}

await ways[how]();
const milliseconds = performance.now() - startedAt;
console.log(JSON.stringify({ milliseconds, megabytes: peakMegabytes() }));
process.exit(0);
