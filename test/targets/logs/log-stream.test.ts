import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { pipeline, ShapelineError } from "shapeline";
import { local, type LocalDeployment, type LocalTarget } from "shapeline/local";
import { folder } from "../../engine/make-config.js";
import { boosting, models, rows } from "../breast-cancer.js";

const open: LocalTarget[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((target) => target.close()));
});

const features = Array.from({ length: 1000 }, (_, i) => rows[i % 20]?.features ?? []);

/** A log of a thousand rows, and a handle that has not inferred: it holds nothing by itself. */
async function logged(): Promise<{ live: LocalDeployment; data: string; held: () => boolean }> {
  const data = folder();
  const first = local({ models, data });
  await (await first.deploy(pipeline("cancer").model(boosting))).infer({ features });
  await first.close();
  const target = local({ models, data });
  open.push(target);
  return { live: await target.pipeline("cancer"), data, held: () => existsSync(join(data, "shapeline.sock")) };
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ShapelineError)) throw error;
  return `${error.code} ${error.message}`;
}

describe.skipIf(process.platform === "win32")("a stream of a log has the folder open", () => {
  test("until it ends", async () => {
    const { live, held } = await logged();
    const seen: boolean[] = [];
    for await (const table of live.logBatches({ batchRows: 250 })) {
      expect(table.numRows).toBe(250);
      seen.push(held());
    }
    expect(seen).toEqual([true, true, true, true]);
    expect(held()).toBe(false);
  });

  test("until it is left", async () => {
    const { live, held } = await logged();
    for await (const table of live.logBatches({ batchRows: 10 })) if (table.numRows > 0) break;
    expect(held()).toBe(false);
    const left = async () => {
      for await (const table of live.logBatches({ batchRows: 10 })) throw new RangeError(String(table.numRows));
    };
    await expect(left()).rejects.toThrow("10");
    expect(held()).toBe(false);
  });

  test("until its signal says so, even while nobody reads on", async () => {
    const { live, held } = await logged();
    const abort = new AbortController();
    const stream = live.logBatches({ batchRows: 10, signal: abort.signal });
    await stream.next();
    expect(held()).toBe(true);
    abort.abort();
    await expect.poll(held).toBe(false);
    expect(await refusal(stream.next())).toMatchInlineSnapshot(
      `"SL6005 reading the log of pipeline 'cancer' was aborted"`,
    );
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(await refusal(live.logBatches({ signal: AbortSignal.abort() }).next())).toMatch(/^SL6005/);
  });

  test("until its deployment is closed", async () => {
    const { live, held } = await logged();
    const stream = live.logBatches({ batchRows: 10 });
    await stream.next();
    await live.close();
    expect(held()).toBe(false);
    expect(await refusal(stream.next())).toMatch(/^SL6009/);
  });
});

test("a stream goes on while rows are logged and while the pipeline is undeployed", async () => {
  const { live } = await logged();
  let count = 0;
  for await (const table of live.logBatches({ batchRows: 100 })) {
    if (count === 0) await Promise.all([live.infer(rows), live.infer(rows)]);
    if (count === 500) await live.undeploy();
    count += table.numRows;
  }
  expect(count).toBe(1000);
  expect((await live.logs({ limit: 2000 })).length).toBe(1040);
});

test.each(["json", "arrow", "parquet"] as const)("an export that is aborted leaves no file (%s)", async (format) => {
  const { live } = await logged();
  await live.infer({ features: Array.from({ length: 10_000 }, (_, i) => features[i % 1000] ?? []) });
  const directory = folder();
  const abort = new AbortController();
  const told: number[] = [];
  const work = live.exportLogs({
    directory,
    format,
    signal: abort.signal,
    onProgress: (progress) => (told.push(progress.rows), abort.abort()),
  });
  expect(await refusal(work)).toBe("SL6005 reading the log of pipeline 'cancer' was aborted");
  expect(told).toHaveLength(1);
  expect(readdirSync(directory)).toEqual([]);
});

test("two exports to one place do not mix: each file is whole", async () => {
  const { live } = await logged();
  const directory = folder();
  const both = await Promise.all([live.exportLogs({ directory }), live.exportLogs({ directory, limit: 10 })]);
  expect(both.map((exported) => exported.rows)).toEqual([1000, 10]);
  expect(readdirSync(directory)).toEqual(["cancer-1.json"]);
  const again = await live.exportLogs({ directory: join(directory, "again") });
  expect(again.rows).toBe(1000);
});

test("a signal that is none is refused", async () => {
  const { live } = await logged();
  const signal = {} as AbortSignal;
  expect(await refusal(live.logBatches({ signal }).next())).toMatchInlineSnapshot(
    `"SL6011 logBatches(): the option 'signal' is not an AbortSignal"`,
  );
  expect(await refusal(live.exportLogs({ signal }))).toMatchInlineSnapshot(
    `"SL6011 exportLogs(): the option 'signal' is not an AbortSignal"`,
  );
});
