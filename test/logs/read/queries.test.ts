import { describe, expect, it } from "vitest";
import type { LogLayout } from "../../../src/logs/pipeline-log.js";
import { toTable } from "../../../src/tensors/arrow/to-table.js";
import { toRecords } from "../../../src/tensors/format-result.js";
import type { TensorData } from "../../../src/tensors/tensor-data.js";
import { refusal } from "../../refusal.js";
import { sample } from "../../tensors/samples.js";
import { floats, fraudLayout, noon, port, rowMeta, scoredRows, scoresOf } from "../support/sample-rows.js";
import { newFolder, storeIn } from "../support/stores.js";

describe("reading", () => {
  const filled = async () => {
    const log = await (await storeIn(newFolder())).openLog(fraudLayout);
    await log.append(scoredRows(noon, 0.5, 1.5, 0.25), rowMeta);
    await log.append(scoredRows(noon + 1, 2.5, 0.75), rowMeta);
    return log;
  };

  it("returns the rows logged last first, also if the machine's time was set back meanwhile", async () => {
    // Times: 0.5 at 0, 1.5 and 2.5 at 1, 0.25 and 0.75 at 2.
    const log = await filled();
    expect(scoresOf(await log.read())).toEqual([0.75, 2.5, 0.25, 1.5, 0.5]);
    await log.append(scoredRows(noon - 3_600_000, 3), rowMeta);
    expect(scoresOf(await log.read({ limit: 2 }))).toEqual([3, 0.75]);
  });

  it("filters by limit, start and end, both inclusive", async () => {
    const log = await filled();
    expect(scoresOf(await log.read({ limit: 2 }))).toEqual([0.75, 2.5]);
    expect(scoresOf(await log.read({ limit: 0 }))).toEqual([]);
    expect(scoresOf(await log.read({ start: new Date(noon + 1) }))).toEqual([0.75, 2.5, 0.25, 1.5]);
    expect(scoresOf(await log.read({ end: new Date(noon + 1) }))).toEqual([2.5, 1.5, 0.5]);
    expect(scoresOf(await log.read({ start: new Date(noon + 1), end: new Date(noon + 1), limit: 1 }))).toEqual([2.5]);
    expect(scoresOf(await log.read({ start: new Date(noon + 2), end: new Date(noon) }))).toEqual([]);
  });

  it("filters by valid", async () => {
    const log = await filled();
    expect(scoresOf(await log.read({ valid: false }))).toEqual([2.5, 1.5]);
    expect(scoresOf(await log.read({ valid: true, limit: 2 }))).toEqual([0.75, 0.25]);
  });

  it("returns 100 rows by default", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraudLayout);
    await log.append(scoredRows(noon, ...Array.from({ length: 150 }, (_, i) => i)), rowMeta);
    expect(scoresOf(await log.read())).toHaveLength(100);
  });

  it("rejects an invalid query", async () => {
    const log = await filled();
    expect(await refusal(log.read({ limit: -1 }))).toMatchInlineSnapshot(
      `"SL7013 limit is -1; give a whole number of rows, 0 or more"`,
    );
    expect(await refusal(log.read({ limit: 1.5 }))).toMatch(/^SL7013 /);
    expect(await refusal(log.read({ start: new Date("yesterday") }))).toMatchInlineSnapshot(
      `"SL7013 start is not a valid Date; give one like new Date("2026-01-31T12:00:00Z")"`,
    );
  });

  it("splits batches where the shape of rows changes", async () => {
    const log = await (
      await storeIn(newFolder())
    ).openLog({ ...fraudLayout, inputs: [port("dense_input", "float32", "N", "seq")] });
    for (const [at, size] of [
      [0, 2],
      [1, 2],
      [2, 3],
    ] as const) {
      const batch = scoredRows(noon + at, at);
      await log.append(
        { ...batch, inputs: new Map([["dense_input", floats([1, size], ...Array<number>(size).fill(at))]]) },
        rowMeta,
      );
    }
    const batches = await log.read();
    expect(batches.map((batch) => (batch.inputs.get("dense_input") as TensorData | undefined)?.dims)).toEqual([
      [1, 3],
      [2, 2],
    ]);
    expect(toRecords(batches).map((record) => record.in.dense_input)).toEqual([
      [2, 2, 2],
      [1, 1],
      [0, 0],
    ]);
  });

  it("reads all versions of a pipeline, newest first", async () => {
    const store = await storeIn(newFolder());
    await (await store.openLog(fraudLayout)).append(scoredRows(noon, 0.5, 0.75), rowMeta);
    const next: LogLayout = {
      ...fraudLayout,
      version: 2,
      inputs: [port("extra", "int64", "N")],
      challengers: [],
      validations: ["amt", "low"],
    };
    const newer = await store.openLog(next);
    await newer.append(
      {
        ...scoredRows(noon + 5, 1),
        inputs: new Map([["extra", sample("int64", [1], 3)]]),
        failures: new Map([
          ["amt", Uint8Array.of(1)],
          ["low", Uint8Array.of(0)],
        ]),
      },
      rowMeta,
    );
    const batches = await newer.read();
    expect(batches.map(({ version, rowIds }) => ({ version, rowIds }))).toEqual([
      { version: 2, rowIds: [2n] },
      { version: 1, rowIds: [1n, 0n] },
    ]);
    const records = toRecords(batches);
    expect(
      records.map((record) => [record.out.dense_1, record.in.extra, record.in.dense_input, record.anomaly.low]),
    ).toEqual([
      [[1], 4n, null, false],
      [[0.75], null, [0.75, 1.75, 2.75], null],
      [[0.5], null, [0.5, 1.5, 2.5], null],
    ]);
    expect(scoresOf(await newer.read({ limit: 2 }))).toEqual([1, 0.75]);
    expect(toTable(batches).getChild("in.extra")?.nullCount).toBe(2);
  });

  it("merges versions with overlapping times", async () => {
    const store = await storeIn(newFolder());
    const [first, second] = [await store.openLog(fraudLayout), await store.openLog({ ...fraudLayout, version: 2 })];
    await first.append(scoredRows(noon, 1, 2), rowMeta);
    await second.append(scoredRows(noon + 1, 3, 4), rowMeta);
    await first.append(scoredRows(noon + 2, 5), rowMeta);
    expect(scoresOf(await first.read())).toEqual([5, 4, 3, 2, 1]);
    expect((await first.read()).map(({ version }) => version)).toEqual([1, 2, 1]);
  });
});

describe("challengers", () => {
  it("are logged later, in part, or with a note", async () => {
    const store = await storeIn(newFolder());
    const xgb = { name: "xgb", outputs: [port("score", "float64", "N")] };
    const log = await store.openLog({ ...fraudLayout, challengers: [...fraudLayout.challengers, xgb] });
    const early = await log.append(scoredRows(noon, 0.1, 0.2), rowMeta);
    const late = await log.append(scoredRows(noon + 5, 0.3), rowMeta);
    const results = async () =>
      toRecords(await log.read()).map((record) => [record.out_rf?.variable, record.out_xgb?.score]);
    expect(await results()).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ]);
    await log.appendChallenger("rf", late.firstRow, 1, new Map([["variable", floats([1, 1], 3)]]));
    await log.appendChallenger("xgb", early.firstRow, 2, { note: "the model failed on the rows" });
    await log.appendChallenger("rf", early.firstRow, 2, new Map([["variable", floats([2, 1], 1, 2)]]));
    expect(await results()).toEqual([
      [[3], null],
      [[2], null],
      [[1], null],
    ]);
    const [batch] = await log.read();
    expect(batch?.challengers.get("xgb")?.answered).toEqual(Uint8Array.of(0, 0, 0));
    expect(batch?.notes.get("xgb")).toEqual([null, "the model failed on the rows", "the model failed on the rows"]);
    expect(toTable(await log.read()).getChild("out_xgb.score")?.nullCount).toBe(3);
  });

  it("are found for rows whose ids are far apart", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraudLayout);
    const rows = Array.from({ length: 4000 }, (_, i) => (i % 1999 === 0 ? 5 : 0));
    const { firstRow } = await log.append(scoredRows(noon, ...rows), rowMeta);
    await log.appendChallenger("rf", firstRow, 4000, new Map([["variable", floats([4000, 1], ...rows.keys())]]));
    expect(toRecords(await log.read({ valid: false })).map((record) => record.out_rf?.variable)).toEqual([
      [3998],
      [1999],
      [0],
    ]);
  });

  it("rejects a name that is not a challenger of the pipeline", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraudLayout);
    expect(await refusal(log.appendChallenger("who", 0n, 1, { note: "x" }))).toMatch(/^SL7015 /);
  });
});
