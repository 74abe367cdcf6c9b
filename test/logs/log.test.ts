import { describe, expect, it, vi } from "vitest";
import type { StorageError } from "../../dsl/errors.js";
import { dtypes } from "../../dsl/tensor.js";
import type { LogLayout } from "../../src/logs/pipeline-log.js";
import { toRecords, toTable } from "../../src/tensors/format-result.js";
import type { ResultBatch } from "../../src/tensors/result.js";
import { sample } from "../tensors/samples.js";
import { floats, fraud, meta, newFolder, port, scored, scores, storeIn } from "./batches.js";

const noon = Date.UTC(2026, 0, 31, 12);

describe("what is logged comes back as it was", () => {
  for (const dtype of dtypes) {
    it(`${dtype}, ranks 1 to 4 and unknown, also after the store was opened anew`, async () => {
      const shapes = { a: [5], b: [5, 6], c: [5, 2, 3], d: [5, 2, 1, 3], e: [5, 2, 2] };
      const ports = Object.entries(shapes).map(([name, [, ...rest]]) => port(name, dtype, "N", ...rest));
      const layout: LogLayout = {
        ...fraud,
        inputs: [...ports.slice(0, 4), { name: "e", dtype, shape: null }],
        outputs: [port("b", dtype, "N", null)],
        challengers: [],
        validations: [],
      };
      const inputs = new Map(Object.entries(shapes).map(([name, dims]) => [name, sample(dtype, dims)]));
      const batch: ResultBatch = {
        rows: 5,
        // The newest row comes first, so falling times keep the order.
        time: Float64Array.from([5, 4, 3, 2, 1], (ms) => noon + ms),
        inputs,
        outputs: new Map([["b", sample(dtype, [5, 6])]]),
        challengers: new Map(),
        failures: new Map(),
      };
      const folder = newFolder();
      const store = await storeIn(folder);
      const log = await store.openLog(layout);
      await log.append(batch, meta);
      expect(await log.read()).toEqual([
        expect.objectContaining({ time: batch.time, inputs, outputs: batch.outputs, rows: 5 }),
      ]);
      await store.close();
      expect(await (await storeIn(folder)).readLog("fraud")).toEqual([
        expect.objectContaining({ inputs, outputs: batch.outputs }),
      ]);
    });
  }

  it("NaN, infinities and -0 keep their bits after a checkpoint", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    const odd = [NaN, -0, 0, Infinity, -Infinity, 1e-45];
    await (
      await store.openLog(fraud)
    ).append({ ...scored(noon, 1, 2, 3, 4, 5, 6), outputs: new Map([["dense_1", floats([6, 1], ...odd)]]) }, meta);
    await store.close();
    const [batch] = await (await storeIn(folder)).readLog("fraud");
    expect(Array.from(batch?.outputs.get("dense_1")?.data as Float32Array).reverse()).toEqual(odd.map(Math.fround));
  });

  it("text with a NUL, and half a surrogate pair as the replacement character", async () => {
    const layout: LogLayout = { ...fraud, inputs: [port("text", "string", "N")], challengers: [], validations: [] };
    const log = await (await storeIn(newFolder())).openLog(layout);
    const text = (...data: string[]) => new Map([["text", { dtype: "string", dims: [3], data } as const]]);
    await log.append({ ...scored(noon, 1, 2, 3), inputs: text("a\0b", "\ud800x", "\0"), failures: new Map() }, meta);
    expect((await log.read())[0]?.inputs).toEqual(text("\0", "\ufffdx", "a\0b"));
  });

  it("row ids, the model that answered and the times of the steps", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraud);
    expect(await log.append(scored(noon, 0.1, 0.2), meta)).toEqual({ firstRow: 0n });
    expect(await log.append(scored(noon + 10, 0.3), { lastModel: "other", elapsed: [1], metadata: null })).toEqual({
      firstRow: 2n,
    });
    expect(await log.read()).toEqual([
      expect.objectContaining({
        version: 1,
        rowIds: [2n, 1n, 0n],
        lastModel: ["other", "ccfraud", "ccfraud"],
        elapsed: [[1], [12_000, 46_000], [12_000, 46_000]],
      }),
    ]);
  });

  it("ports whose names are hostile, or equal but for case", async () => {
    const names = ["A", "a", 'x"; DROP TABLE log_1; --', "__proto__", "time", "nul\0byte", "nul?byte", "ż.#2", ""];
    const layout: LogLayout = {
      ...fraud,
      inputs: names.map((name) => port(name, "int32", "N")),
      challengers: [],
      validations: ["Amt", "amt", "count"],
    };
    const inputs = new Map(names.map((name, i) => [name, sample("int32", [1], 10 + i)]));
    const failures = new Map([
      ["Amt", Uint8Array.of(1)],
      ["amt", Uint8Array.of(0)],
      ["count", Uint8Array.of(0)],
    ]);
    const log = await (await storeIn(newFolder())).openLog(layout);
    await log.append({ ...scored(noon, 0.5), inputs, failures }, meta);
    expect(await log.read()).toEqual([expect.objectContaining({ inputs, failures })]);
  });

  it("an empty batch logs nothing", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraud);
    await log.append(scored(noon), meta);
    expect(await log.read()).toEqual([]);
  });

  it("more rows than one chunk of the database holds", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraud);
    const many = Array.from({ length: 5000 }, (_, i) => i);
    await Promise.all([log.append(scored(noon, ...many), meta), log.append(scored(noon + 10_000, 9, 8, 7), meta)]);
    const batches = await log.read({ limit: 10_000 });
    expect(scores(batches)).toEqual([7, 8, 9, ...many.toReversed()]);
    expect(toTable(batches).numRows).toBe(5003);
  });
});

describe("reading", () => {
  const filled = async () => {
    const log = await (await storeIn(newFolder())).openLog(fraud);
    await log.append(scored(noon, 0.5, 1.5, 0.25), meta);
    await log.append(scored(noon + 1, 2.5, 0.75), meta);
    return log;
  };

  it("gives the newest rows first, of one time the one logged last first", async () => {
    // Times: 0.5 at 0, 1.5 and 2.5 at 1, 0.25 and 0.75 at 2.
    expect(scores(await (await filled()).read())).toEqual([0.75, 0.25, 2.5, 1.5, 0.5]);
  });

  it("takes limit, start and end, both inclusive", async () => {
    const log = await filled();
    expect(scores(await log.read({ limit: 2 }))).toEqual([0.75, 0.25]);
    expect(scores(await log.read({ limit: 0 }))).toEqual([]);
    expect(scores(await log.read({ start: new Date(noon + 1) }))).toEqual([0.75, 0.25, 2.5, 1.5]);
    expect(scores(await log.read({ end: new Date(noon + 1) }))).toEqual([2.5, 1.5, 0.5]);
    expect(scores(await log.read({ start: new Date(noon + 1), end: new Date(noon + 1), limit: 1 }))).toEqual([2.5]);
    expect(scores(await log.read({ start: new Date(noon + 2), end: new Date(noon) }))).toEqual([]);
  });

  it("takes valid", async () => {
    const log = await filled();
    expect(scores(await log.read({ valid: false }))).toEqual([2.5, 1.5]);
    expect(scores(await log.read({ valid: true, limit: 2 }))).toEqual([0.75, 0.25]);
  });

  it("reads 100 rows unless told", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraud);
    await log.append(scored(noon, ...Array.from({ length: 150 }, (_, i) => i)), meta);
    expect(scores(await log.read())).toHaveLength(100);
  });

  it("refuses a query that makes no sense", async () => {
    const log = await filled();
    await expect(log.read({ limit: -1 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[StorageError: limit is -1; give a whole number of rows, 0 or more]`,
    );
    await expect(log.read({ limit: 1.5 })).rejects.toMatchObject({ code: "SL7013" });
    await expect(log.read({ start: new Date("yesterday") })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[StorageError: start is not a valid Date; give one like new Date("2026-01-31T12:00:00Z")]`,
    );
  });

  it("cuts batches where the shape of rows changes", async () => {
    const log = await (
      await storeIn(newFolder())
    ).openLog({ ...fraud, inputs: [port("dense_input", "float32", "N", "seq")] });
    for (const [at, size] of [
      [0, 2],
      [1, 2],
      [2, 3],
    ] as const) {
      const batch = scored(noon + at, at);
      await log.append(
        { ...batch, inputs: new Map([["dense_input", floats([1, size], ...Array<number>(size).fill(at))]]) },
        meta,
      );
    }
    const batches = await log.read();
    expect(batches.map((batch) => batch.inputs.get("dense_input")?.dims)).toEqual([
      [1, 3],
      [2, 2],
    ]);
    expect(toRecords(batches).map((record) => record.in.dense_input)).toEqual([
      [2, 2, 2],
      [1, 1],
      [0, 0],
    ]);
  });

  it("reads through all versions of a pipeline, newest first", async () => {
    const store = await storeIn(newFolder());
    await (await store.openLog(fraud)).append(scored(noon, 0.5, 0.75), meta);
    const next: LogLayout = {
      ...fraud,
      version: 2,
      inputs: [port("extra", "int64", "N")],
      challengers: [],
      validations: ["amt", "low"],
    };
    const newer = await store.openLog(next);
    await newer.append(
      {
        ...scored(noon + 5, 1),
        inputs: new Map([["extra", sample("int64", [1], 3)]]),
        failures: new Map([
          ["amt", Uint8Array.of(1)],
          ["low", Uint8Array.of(0)],
        ]),
      },
      meta,
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
    expect(scores(await newer.read({ limit: 2 }))).toEqual([1, 0.75]);
    expect(toTable(batches).getChild("in.extra")?.nullCount).toBe(2);
  });

  it("merges versions that were logged at the same time", async () => {
    const store = await storeIn(newFolder());
    const [first, second] = [await store.openLog(fraud), await store.openLog({ ...fraud, version: 2 })];
    await first.append(scored(noon, 1, 2), meta);
    await second.append(scored(noon + 1, 3, 4), meta);
    await first.append(scored(noon + 2, 5), meta);
    expect(scores(await first.read())).toEqual([5, 4, 3, 2, 1]);
    expect((await first.read()).map(({ version }) => version)).toEqual([1, 2, 1]);
  });
});

describe("challengers", () => {
  it("answer later, in part, or say why not", async () => {
    const store = await storeIn(newFolder());
    const xgb = { name: "xgb", outputs: [port("score", "float64", "N")] };
    const log = await store.openLog({ ...fraud, challengers: [...fraud.challengers, xgb] });
    const early = await log.append(scored(noon, 0.1, 0.2), meta);
    const late = await log.append(scored(noon + 5, 0.3), meta);
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

  it("are found for rows that lie far apart", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraud);
    const rows = Array.from({ length: 4000 }, (_, i) => (i % 1999 === 0 ? 5 : 0));
    const { firstRow } = await log.append(scored(noon, ...rows), meta);
    await log.appendChallenger("rf", firstRow, 4000, new Map([["variable", floats([4000, 1], ...rows.keys())]]));
    expect(toRecords(await log.read({ valid: false })).map((record) => record.out_rf?.variable)).toEqual([
      [3998],
      [1999],
      [0],
    ]);
  });

  it("must be of the pipeline", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraud);
    await expect(log.appendChallenger("who", 0n, 1, { note: "x" })).rejects.toMatchObject({ code: "SL7015" });
  });
});

describe("writing", () => {
  it("writes what is in flight together: 64 appends cost few commits, each keeps its own rows", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraud);
    const run = vi.spyOn((await import("@duckdb/node-api")).DuckDBConnection.prototype, "run");
    const firsts = await Promise.all(Array.from({ length: 64 }, (_, i) => log.append(scored(noon + i, i), meta)));
    await log.flush();
    const commits = run.mock.calls.filter(([sql]) => sql === "COMMIT").length;
    run.mockRestore();
    expect(commits).toBeGreaterThan(0);
    expect(commits).toBeLessThanOrEqual(3);
    const batches = await log.read();
    const byRow = new Map(
      batches.flatMap((batch) =>
        batch.rowIds.map((row, i) => [row, (batch.outputs.get("dense_1")?.data as Float32Array)[i]]),
      ),
    );
    expect(firsts.map(({ firstRow }) => byRow.get(firstRow))).toEqual(Array.from({ length: 64 }, (_, i) => i));
  });

  it("has a row on disk when append resolves, and a relaxed one within the bound", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraud);
    const run = vi.spyOn((await import("@duckdb/node-api")).DuckDBConnection.prototype, "run");
    const commits = () => run.mock.calls.filter(([sql]) => sql === "COMMIT").length;
    expect(log.appendRelaxed(scored(noon, 0.5), meta)).toEqual({ firstRow: 0n });
    expect(commits()).toBe(0);
    await vi.waitFor(() => expect(commits()).toBe(1), { timeout: 2000, interval: 5 });
    const began = performance.now();
    for (let i = 0; i < 1000; i++) log.appendRelaxed(scored(noon + i, i), meta);
    await vi.waitFor(() => expect(commits()).toBe(2), { timeout: 2000, interval: 5 });
    run.mockRestore();
    expect(performance.now() - began).toBeLessThan(2000);
    expect(scores(await store.readLog("fraud", { limit: 2000 }))).toHaveLength(1001);
  });

  it("shows relaxed rows to a read at once, and keeps the order of handing over", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraud);
    log.appendRelaxed(scored(noon, 1), meta);
    const second = log.append(scored(noon, 2), meta);
    log.appendRelaxed(scored(noon, 3), meta);
    expect(scores(await log.read())).toEqual([3, 2, 1]);
    expect((await second).firstRow).toBe(1n);
  });

  it("keeps relaxed rows over a close", async () => {
    const folder = newFolder();
    const store = await storeIn(folder);
    (await store.openLog(fraud)).appendRelaxed(scored(noon, 0.5), meta);
    await store.close();
    expect(scores(await (await storeIn(folder)).readLog("fraud"))).toEqual([0.5]);
  });

  it("refuses rows that do not fit, alone and whole", async () => {
    const log = await (await storeIn(newFolder())).openLog(fraud);
    const good = scored(noon, 0.5, 0.6);
    const bad: readonly [string, ResultBatch][] = [
      ["missing port", { ...good, outputs: new Map() }],
      ["dtype", { ...good, outputs: new Map([["dense_1", sample("float64", [2, 1])]]) }],
      ["rank", { ...good, outputs: new Map([["dense_1", floats([2, 1, 1], 1, 2)]]) }],
      ["size", { ...good, inputs: new Map([["dense_input", floats([2, 2], 1, 2, 3, 4)]]) }],
      ["rows", { ...good, outputs: new Map([["dense_1", floats([1, 1], 1)]]) }],
      ["elements", { ...good, outputs: new Map([["dense_1", floats([2, 1], 1)]]) }],
      ["checks", { ...good, failures: new Map() }],
      ["time", { ...good, time: Float64Array.of(1, NaN) }],
    ];
    const outcomes = await Promise.allSettled([
      ...bad.map(([, batch]) => log.append(batch, meta)),
      log.append(good, meta),
    ]);
    expect(
      outcomes.map((outcome, i) =>
        outcome.status === "rejected" ? `${bad[i]?.[0]}: ${(outcome.reason as StorageError).message}` : "logged",
      ),
    ).toMatchInlineSnapshot(`
      [
        "missing port: the rows do not fit the log: port 'dense_1' is missing; log what the pipeline's config describes",
        "dtype: the rows do not fit the log: port 'dense_1' is float64, its column is float32; log what the pipeline's config describes",
        "rank: the rows do not fit the log: port 'dense_1' has dimensions [2, 1, 1], its column takes [N, 1]; log what the pipeline's config describes",
        "size: the rows do not fit the log: port 'dense_input' has dimensions [2, 2], its column takes [N, 3]; log what the pipeline's config describes",
        "rows: the rows do not fit the log: port 'dense_1' has 1 rows, the batch has 2; log what the pipeline's config describes",
        "elements: the rows do not fit the log: port 'dense_1' holds 1 elements, its dimensions need 2; log what the pipeline's config describes",
        "checks: the rows do not fit the log: the results of validation 'amt' are missing, or their number is not the number of rows; log what the pipeline's config describes",
        "time: the rows do not fit the log: the times of the rows are missing or not finite; log what the pipeline's config describes",
        "logged",
      ]
    `);
    expect(scores(await log.read())).toEqual([Math.fround(0.6), 0.5]);
  });

  it("tells of a failed commit: append rejects, a relaxed row at the next flush, and nothing is half written", async () => {
    const many = Array.from({ length: 500 }, (_, i) => i);
    const seen: StorageError[] = [];
    const store = await storeIn(newFolder(), { onError: (error) => seen.push(error) });
    const log = await store.openLog(fraud);
    const { DuckDBConnection } = await import("@duckdb/node-api");
    const original = DuckDBConnection.prototype.run;
    const run = vi.spyOn(DuckDBConnection.prototype, "run").mockImplementation(function (
      this: InstanceType<typeof DuckDBConnection>,
      sql,
      ...rest
    ) {
      return sql === "COMMIT"
        ? Promise.reject(new TypeError("IO Error: No space left on device"))
        : original.call(this, sql, ...rest);
    });
    log.appendRelaxed(scored(noon, 7), meta);
    await expect(log.append(scored(noon, ...many), meta)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[StorageError: the rows could not be logged: IO Error: No space left on device; none of them is in the log; make sure the disk has free space, then log them again]`,
    );
    await expect(log.flush()).rejects.toMatchObject({ code: "SL7009" });
    expect(seen.map(({ code }) => code)).toEqual(["SL7009"]);
    run.mockRestore();
    await log.flush();
    await log.append(scored(noon, 9), meta);
    expect(scores(await log.read())).toEqual([9]);
  });

  it("keeps acknowledged rows in the journal while the database takes none, says so, and moves them there as soon as it does", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraud);
    const { DuckDBConnection } = await import("@duckdb/node-api");
    const original = DuckDBConnection.prototype.run;
    const run = vi.spyOn(DuckDBConnection.prototype, "run").mockImplementation(function (
      this: InstanceType<typeof DuckDBConnection>,
      sql,
      ...rest
    ) {
      return sql === "COMMIT"
        ? Promise.reject(new TypeError("IO Error: No space left on device"))
        : original.call(this, sql, ...rest);
    });
    await log.append(scored(noon, 7), meta);
    await expect(log.flush()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[StorageError: acknowledged rows cannot be moved from the journal into the database: IO Error: No space left on device; no row is lost, and Shapeline retries every second and when the log is next opened; make sure the disk has free space]`,
    );
    await expect(log.append(scored(noon, 8), meta)).rejects.toMatchObject({ code: "SL7009" });
    run.mockRestore();
    await log.append(scored(noon + 1, 9), meta);
    expect(scores(await log.read())).toEqual([9, 7]);
  });

  it("takes nothing more once closed", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraud);
    await log.close();
    await expect(log.append(scored(noon, 1), meta)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[StorageError: the log of pipeline 'fraud' is closed; open it again]`,
    );
    await store.close();
    await expect(store.readLog("fraud")).rejects.toMatchObject({ code: "SL7007" });
    await expect(store.openLog(fraud)).rejects.toMatchObject({ code: "SL7007" });
  });
});
