import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ShapelineError } from "../../../dsl/errors.js";
import { local } from "../../../src/targets/local/index.js";
import { config, folder, run, validation, writeModel } from "../../engine/make-config.js";
import { refusal } from "../../refusal.js";
import { float32 } from "../../engine/recorded-models.js";

const dir = folder();
const model = writeModel(dir, "plain", {
  inputs: [float32("x", "batch", 1)],
  outputs: [float32("y", "batch", 1)],
  nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
});
const plain = config("plain", [model], [run("plain")]);
const checked = config(
  "plain",
  [model],
  [run("plain"), validation("small", "(x) => x.out.y[0] < 1", { inputs: model.inputs, outputs: model.outputs })],
);

const codeOf = (error: unknown) => (error instanceof ShapelineError ? error.code : String(error));
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function deployed(name: string, rows: number) {
  const data = join(dir, name);
  const target = local({ models: dir, data });
  const live = await target.deploy(plain);
  if (rows > 0) await live.infer(Array.from({ length: rows }, (_, i) => ({ x: [i] })));
  return { target, live, data };
}

describe("closing a deployment", () => {
  test("waits for pending reads, whenever it is closed", async () => {
    const { target, live } = await deployed("reads", 40);
    await target.close();
    expect(await live.logs().catch(codeOf)).toBe("SL6009");
    for (const wait of [0, 1, 3, 8]) {
      for (const read of [
        (d: typeof live) => d.logs().then((all) => all.length),
        (d: typeof live) => d.logs({ arrow: true }).then(({ numRows }) => numRows),
        (d: typeof live) => d.compare().then(({ rows }) => rows),
      ]) {
        const again = await target.deploy(plain);
        const result = read(again).catch(codeOf);
        await sleep(wait);
        await again.close();
        expect(await result).toBe(40);
      }
    }
  });

  test("ends exports and streams with SL6009, unless they are done, without partial files", async () => {
    const { target, data } = await deployed("streams", 40);
    await target.close();
    for (const wait of [0, 1, 3, 8]) {
      const again = await target.deploy(plain);
      const directory = join(data, `out-${wait}`);
      const exported = again.exportLogs({ directory }).then(({ rows }) => rows, codeOf);
      const stream = again.logBatches({ batchRows: 10 });
      const first = stream.next().then((next) => (next.done === true ? 0 : next.value.numRows), codeOf);
      await sleep(wait);
      await again.close();
      expect([40, "SL6009"]).toContain(await exported);
      expect(existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith(".tmp")) : []).toEqual([]);
      expect([10, "SL6009"]).toContain(await first);
      expect(await stream.next().then((next) => (next.done === true ? "ended" : "more"), codeOf)).toMatch(
        /SL6009|ended/,
      );
    }
  });

  test("of a target ends a deploy under way, which says so, and leaves nothing open", async () => {
    const data = join(dir, "under-way");
    const target = local({ models: dir, data });
    const deploying = refusal(target.deploy(plain));
    await target.close();
    expect(await deploying).toBe(
      "SL6009 the target was closed while pipeline 'plain' was being deployed, so it is not deployed; await the deploy before close()",
    );
    expect(await target.pipelines()).toEqual([]);
    const again = await target.deploy(plain);
    expect(await again.infer([{ x: [1] }])).toMatchObject([{ out: { y: [1] } }]);
    await target.close();
  });

  test("of eleven data folders that were open at once, without a warning of too many listeners", async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => void warnings.push(warning);
    process.on("warning", listen);
    const targets = Array.from({ length: 11 }, (_, i) => local({ models: dir, data: join(dir, `many-${i}`) }));
    for (const target of targets) await target.deploy(plain);
    await Promise.all(targets.map((target) => target.close()));
    process.off("warning", listen);
    expect(warnings.map(({ name }) => name)).toEqual([]);
  });

  test("twice at the same time: both calls wait until the folder is released", async () => {
    const { target, live, data } = await deployed("twice", 1);
    void live.close();
    await target.close();
    expect(readdirSync(data)).toEqual(["shapeline.duckdb"]);
    const again = local({ models: dir, data });
    await again.deploy(plain);
    void again.close();
    await again.close();
    expect(readdirSync(data)).toEqual(["shapeline.duckdb"]);
    await live.close();
  });

  test("reads continue while new versions replace each other", async () => {
    const { target, data } = await deployed("swaps", 5);
    const live = await local({ models: dir, data }).pipeline("plain");
    await live.infer([{ x: [5] }]);
    const counts: Promise<number | string>[] = [];
    for (let i = 0; i < 6; i++) {
      counts.push(...Array.from({ length: 4 }, () => live.logs().then((all) => all.length, codeOf)));
      await target.deploy(i % 2 === 0 ? checked : plain);
    }
    expect(await Promise.all(counts)).toEqual(Array.from({ length: 24 }, () => 6));
    await live.close();
    await target.close();
  });

  test("undeploy waits for pending reads, too", async () => {
    const { target, live } = await deployed("undeployed", 40);
    const result = live.logs().then((all) => all.length, codeOf);
    await live.undeploy();
    expect(await result).toBe(40);
    await target.close();
  });
});
