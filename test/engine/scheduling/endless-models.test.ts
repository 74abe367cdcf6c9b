import { performance } from "node:perf_hooks";
import { expect, onTestFinished, test } from "vitest";
import { openEngine } from "../../../src/engine/engine.js";
import { findModelFiles } from "../../../src/engine/session/model-files.js";
import { refusal } from "../../refusal.js";
import { config, folder, run, shadow, writeModel } from "../make-config.js";
import { counting, single } from "../odd-models.js";
import type { Graph } from "../onnx-writer.js";

/** Counts for some seconds whatever its input is. Nothing but the end of the process stops a model that never ends. */
function endless(): Graph {
  const graph = counting();
  const nodes = graph.nodes.map((node) =>
    node.op === "Loop" ? { ...node, inputs: ["seconds", ...node.inputs.slice(1)] } : node,
  );
  const seconds = { name: "seconds", dims: [], values: BigInt64Array.of(2_000_000n) };
  return { ...graph, nodes, weights: [...(graph.weights ?? []), seconds] };
}

/** Opens an engine for a shadow deploy of two graphs, and measures the event loop meanwhile. */
async function deploy(champion: Graph, challenger: Graph, deployTimeoutMs: number) {
  const dir = folder();
  const models = [writeModel(dir, "champion", champion), writeModel(dir, "challenger", challenger)];
  const built = config("p", models, [shadow("champion", "challenger")]);
  const files = await findModelFiles(dir, built.models);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  const startedAt = performance.now();
  const refused = await refusal(openEngine(built, files, { challengers: "log", seed: null, deployTimeoutMs }), [
    dir,
    "<dir>",
  ]);
  clearInterval(timer);
  return { refused, ticks, ms: performance.now() - startedAt };
}

test.each([
  ["champion", endless(), single("Identity")],
  ["challenger", single("Identity"), endless()],
])(
  "a %s that does not end is given up at deploy, and the event loop stays free",
  async (name, champion, challenger) => {
    const { refused, ticks, ms } = await deploy(champion, challenger, 1000);
    expect(refused).toBe(
      `SL3027 model '${name}': '<dir>/${name}.onnx' has not been loaded and tried within 1000 ms; give a higher local({ deployTimeoutMs }), or, if it should be fast, look for a loop in it that does not end`,
    );
    expect(ms).toBeLessThan(3000);
    expect(ticks).toBeGreaterThan(10);
  },
);

test("other models are deployed and run beside one that was given up", async () => {
  await deploy(endless(), single("Identity"), 100);
  const dir = folder();
  const built = config("p", [writeModel(dir, "m", single("Identity"))], [run("m")]);
  const engine = await openEngine(built, await findModelFiles(dir, built.models), { challengers: "log", seed: null });
  onTestFinished(() => engine.close());
  expect((await engine.infer([{ x: [3] }])).batch.outputs.get("y")?.data).toEqual(Float32Array.of(3));
});
