import { cpSync, existsSync, readdirSync } from "node:fs";
import { socketPath } from "../../../src/logs/remote/socket-place.js";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { pipeline } from "shapeline";
import { local, type LocalDeployment } from "shapeline/local";
import { folder } from "../../engine/make-config.js";
import { refusal } from "../../refusal.js";
import { boosting, models, rows } from "../breast-cancer.js";
import { openEngine } from "../local-engine.js";

const features = Array.from({ length: 1000 }, (_, i) => rows[i % 20]?.features ?? []);

/** A data folder whose log has 1,000 rows; every test copies it. */
const template = folder();
beforeAll(async () => {
  const target = local({ models, data: template });
  await (await target.deploy(pipeline("cancer").model(boosting))).infer({ features });
  await target.close();
});

test("rows without inputs are the same as the other columns of whole rows", async () => {
  const data = folder();
  cpSync(template, data, { recursive: true });
  const live = await openEngine({ models, data }).pipeline("cancer");
  const all = await live.logs({ limit: 20, dataset: ["*", "metadata"] });
  for (const dataset of [["out"], ["anomaly", "out.probabilities"], ["time", "metadata"]]) {
    const groups = dataset.map((entry) => entry.split(".")[0] ?? "");
    const expected = all.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => groups.includes(name))),
    );
    expect(await live.logs({ limit: 20, dataset })).toEqual(expected);
  }
  const [row] = await live.logs({ limit: 1, datasetExclude: ["in"] });
  expect(Object.keys(row ?? {})).toEqual(["time", "out", "anomaly", "check_failures"]);
  const table = await live.logs({ limit: 20, dataset: ["out"], arrow: true });
  expect(table.toArray()).toHaveLength(20);
});

/** A handle that has not inferred, so that the data folder is open only during reads; `isOpen` tells whether it is. */
async function logged(): Promise<{ live: LocalDeployment; isOpen: () => boolean }> {
  const data = folder();
  cpSync(template, data, { recursive: true });
  return {
    live: await openEngine({ models, data }).pipeline("cancer"),
    isOpen: () => existsSync(socketPath(data) ?? ""),
  };
}

describe.skipIf(process.platform === "win32")("a log stream keeps the data folder open", () => {
  test("until it ends", async () => {
    const { live, isOpen } = await logged();
    const open: boolean[] = [];
    for await (const table of live.logBatches({ batchRows: 250 })) {
      expect(table.numRows).toBe(250);
      open.push(isOpen());
    }
    expect(open).toEqual([true, true, true, true]);
    expect(isOpen()).toBe(false);
  });

  test("with small tables, which are cut from larger pages", async () => {
    const { live } = await logged();
    const sizes: number[] = [];
    const values: unknown[] = [];
    for await (const table of live.logBatches({ batchRows: 3, limit: 10, dataset: ["out"] })) {
      sizes.push(table.numRows);
      for (const row of table.toArray()) values.push((row as { toJSON(): object }).toJSON());
    }
    expect(sizes).toEqual([3, 3, 3, 1]);
    const all = await live.logs({ limit: 10, dataset: ["out"], arrow: true });
    expect(JSON.stringify(values)).toBe(JSON.stringify(all.toArray()));
  });

  test("until the loop exits early", async () => {
    const { live, isOpen } = await logged();
    for await (const table of live.logBatches({ batchRows: 10 })) if (table.numRows > 0) break;
    expect(isOpen()).toBe(false);
    const throwInLoop = async () => {
      for await (const table of live.logBatches({ batchRows: 10 })) throw new RangeError(String(table.numRows));
    };
    await expect(throwInLoop()).rejects.toThrow("10");
    expect(isOpen()).toBe(false);
  });

  test("until its signal aborts, even without another read", async () => {
    const { live, isOpen } = await logged();
    const abort = new AbortController();
    const stream = live.logBatches({ batchRows: 10, signal: abort.signal });
    await stream.next();
    expect(isOpen()).toBe(true);
    abort.abort();
    await expect.poll(isOpen).toBe(false);
    expect(await refusal(stream.next())).toMatchInlineSnapshot(
      `"SL6005 reading the log of pipeline 'cancer' was aborted"`,
    );
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(await refusal(live.logBatches({ signal: AbortSignal.abort() }).next())).toMatch(/^SL6005/);
  });

  test("until its deployment is closed", async () => {
    const { live, isOpen } = await logged();
    const stream = live.logBatches({ batchRows: 10 });
    await stream.next();
    await live.close();
    expect(isOpen()).toBe(false);
    expect(await refusal(stream.next())).toMatch(/^SL6009/);
  });
});

test("a stream continues while rows are logged and the pipeline is undeployed", async () => {
  const { live } = await logged();
  let count = 0;
  for await (const table of live.logBatches({ batchRows: 100 })) {
    if (count === 0) await Promise.all([live.infer(rows), live.infer(rows)]);
    if (count === 500) await live.undeploy();
    count += table.numRows;
  }
  expect(count).toBe(1000);
  expect(await live.logs({ limit: 2000 })).toHaveLength(1040);
});

test.each(["json", "arrow", "parquet"] as const)("an aborted export leaves no file (%s)", async (format) => {
  const { live } = await logged();
  await live.infer({ features: Array.from({ length: 10_000 }, (_, i) => features[i % 1000] ?? []) });
  const directory = folder();
  const abort = new AbortController();
  const progress: number[] = [];
  const work = live.exportLogs({
    directory,
    format,
    signal: abort.signal,
    onProgress: ({ rows: written }) => (progress.push(written), abort.abort()),
  });
  expect(await refusal(work)).toBe("SL6005 reading the log of pipeline 'cancer' was aborted");
  expect(progress).toHaveLength(1);
  expect(readdirSync(directory)).toEqual([]);
});

test("concurrent exports to one folder write complete files", async () => {
  const { live } = await logged();
  const directory = folder();
  const both = await Promise.all([live.exportLogs({ directory }), live.exportLogs({ directory, limit: 10 })]);
  expect(both.map((exported) => exported.rows)).toEqual([1000, 10]);
  expect(readdirSync(directory)).toEqual(["cancer-1.json"]);
  const again = await live.exportLogs({ directory: join(directory, "again") });
  expect(again.rows).toBe(1000);
});

test("a signal that is not an AbortSignal is refused", async () => {
  const { live } = await logged();
  const signal = {} as AbortSignal;
  expect(await refusal(live.logBatches({ signal }).next())).toMatchInlineSnapshot(
    `"SL6011 logBatches(): the option 'signal' is not an AbortSignal"`,
  );
  expect(await refusal(live.exportLogs({ signal }))).toMatchInlineSnapshot(
    `"SL6011 exportLogs(): the option 'signal' is not an AbortSignal"`,
  );
});
