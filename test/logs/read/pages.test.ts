import { describe, expect, it, onTestFinished, vi } from "vitest";
import { dtypes } from "../../../dsl/tensor.js";
import type { LogLayout, LogQuery } from "../../../src/logs/pipeline-log.js";
import { readStore } from "../../../src/logs/read-store.js";
import type { Store } from "../../../src/logs/store.js";
import type { ResultBatch } from "../../../src/tensors/result.js";
import { refusal } from "../../refusal.js";
import { sample } from "../../tensors/samples.js";
import { startOwner } from "../support/child-process.js";
import { port, fraudLayout, rowMeta, floats, scoredRows } from "../support/sample-rows.js";
import { newFolder, storeIn } from "../support/stores.js";

const unlimited = { rows: 1000, bytes: Infinity };
const withoutChallengers: LogLayout = { ...fraudLayout, challengers: [] };

function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

/** A row for each time. */
const rowsAt = (times: readonly number[]): ResultBatch => ({
  ...scoredRows(0, ...times.map(() => 0.5)),
  time: Float64Array.from(times),
});

async function pagesOf(store: Pick<Store, "pages">, query: LogQuery, size = unlimited) {
  const pages = [];
  for await (const page of store.pages("fraud", query, size)) pages.push(page);
  return pages;
}

const ids = (pages: readonly (readonly { readonly rowIds: readonly bigint[] }[])[]) =>
  pages.flatMap((page) => page.flatMap(({ rowIds }) => rowIds.map(Number)));

describe("a log read page by page", () => {
  it.each([1, 64, 5000])(
    "returns every row once, last logged first, whatever the order of times (%i rows per page)",
    async (rows) => {
      const random = randomNumbers(rows);
      const store = await storeIn(newFolder());
      const logs = [await store.openLog(withoutChallengers), await store.openLog({ ...fraudLayout, version: 2 })];
      const logged: { time: number; id: number }[] = [];
      for (let batch = 0; batch < 12; batch++) {
        // Hundreds of rows share a time, and older rows are logged after newer ones.
        const times = Array.from({ length: rows === 1 ? 20 : 400 }, () => Math.floor(random() * 40));
        const { firstRow } = await logs[batch % 2]!.append(rowsAt(times), rowMeta);
        times.forEach((time, i) => logged.push({ time, id: Number(firstRow) + i }));
      }
      const expected = logged.sort((a, b) => b.id - a.id).map(({ id }) => id);
      const pages = await pagesOf(store, {}, { ...unlimited, rows });
      expect(ids(pages)).toEqual(expected);
      expect(Math.max(...pages.map((page) => page.reduce((sum, batch) => sum + batch.rows, 0)))).toBe(
        Math.min(rows, expected.length),
      );
      const some = { start: new Date(5), end: new Date(30), limit: 1000 };
      const within = logged.filter(({ time }) => time >= 5 && time <= 30).slice(0, 1000);
      expect(ids(await pagesOf(store, some, { ...unlimited, rows }))).toEqual(within.map(({ id }) => id));
      expect(ids([await store.readLog("fraud", some)])).toEqual(within.map(({ id }) => id));
    },
  );

  it("finds a few rows among many, with their challenger outputs", async () => {
    const store = await storeIn(newFolder());
    const log = await store.openLog(fraudLayout);
    for (let i = 0; i < 10; i++) {
      const scores = Array.from({ length: 2000 }, (_, row) => (row % 500 === i ? 2 : 0.5));
      const { firstRow } = await log.append(scoredRows(i * 2000, ...scores), rowMeta);
      await log.appendChallenger(
        "rf",
        firstRow,
        2000,
        new Map([["variable", floats([2000, 1], ...scores.map((_, row) => i * 2000 + row))]]),
      );
    }
    const pages = await pagesOf(store, { valid: false }, { ...unlimited, rows: 15 });
    expect(pages.map((page) => page.reduce((sum, batch) => sum + batch.rows, 0))).toEqual([15, 15, 10]);
    const expected = Array.from({ length: 10 }, (_, i) =>
      [1500, 1000, 500, 0].map((row) => (9 - i) * 2000 + row + 9 - i),
    ).flat();
    expect(ids(pages)).toEqual(expected);
    expect(
      pages.flatMap((page) =>
        page.flatMap((batch) => [...(batch.challengers.get("rf")?.outputs.get("variable")?.data ?? [])]),
      ),
    ).toEqual(expected);
  });

  it("excludes rows logged meanwhile, and rows that retention deletes meanwhile", async () => {
    const folder = newFolder();
    const now = Date.now();
    // A fixed clock, so that retention deletes the same rows however long the test takes.
    const clock = vi.spyOn(Date, "now").mockReturnValue(now);
    onTestFinished(() => clock.mockRestore());
    const store = await storeIn(folder);
    const log = await store.openLog(withoutChallengers);
    await log.append(rowsAt(Array.from({ length: 3000 }, (_, i) => now - 3_000_000 + i * 1000)), rowMeta);
    const read: number[] = [];
    let page = 0;
    for await (const batches of store.pages("fraud", {}, { ...unlimited, rows: 500 })) {
      read.push(...ids([batches]));
      await log.append(rowsAt([now + page]), rowMeta);
      if (++page === 2) {
        const keeper = await storeIn(folder, { retention: { age: 1_500_000 } });
        await keeper.sweep();
      }
    }
    expect(read).toEqual(Array.from({ length: 1500 }, (_, i) => 2999 - i));
  });

  it("limits the bytes of a page, but not below one row, whether or not the layout determines the row size", async () => {
    for (const dim of [4096, null]) {
      const store = await storeIn(newFolder());
      const inputs = [
        dim === null
          ? { name: "dense_input", dtype: "float32" as const, shape: null }
          : port("dense_input", "float32", "N", dim),
      ];
      const log = await store.openLog({ ...withoutChallengers, inputs });
      const wide = {
        ...scoredRows(0, ...new Array<number>(600).fill(0.5)),
        inputs: new Map([
          ["dense_input", { dtype: "float32" as const, dims: [600, 4096], data: new Float32Array(600 * 4096) }],
        ]),
      };
      await log.append(wide, rowMeta);
      const rowsOf = async (bytes: number, limit = 600) =>
        (await pagesOf(store, { limit }, { ...unlimited, bytes })).map((page) =>
          page.reduce((sum, batch) => sum + batch.rows, 0),
        );
      const [first = 0, ...rest] = await rowsOf(2 ** 20);
      expect(first).toBeLessThanOrEqual(256);
      for (const rows of rest) expect(rows).toBeLessThanOrEqual(64);
      expect(first + rest.reduce((a, b) => a + b)).toBe(600);
      expect((await rowsOf(1, 280)).slice(1).every((rows) => rows === 1)).toBe(true);
      expect(
        (await store.readLog("fraud", { limit: 600, bytes: 2 ** 20 })).reduce((sum, batch) => sum + batch.rows, 0),
      ).toBe(first);
    }
  });

  it("reads every dtype at every depth", async () => {
    const store = await storeIn(newFolder());
    const shapes = [[], [3], [2, 3], [2, 1, 3]];
    const inputs = dtypes.flatMap((dtype) => shapes.map((shape, i) => port(`${dtype}${i}`, dtype, "N", ...shape)));
    const log = await store.openLog({ ...withoutChallengers, inputs });
    const tensors = new Map(
      inputs.map(({ name, dtype, shape }) => [name, sample(dtype, [10, ...(shape ?? []).slice(1).map(Number)])]),
    );
    await log.append({ ...scoredRows(0, ...new Array<number>(10).fill(0.5)), inputs: tensors }, rowMeta);
    const pages = await pagesOf(store, {}, { ...unlimited, rows: 1 });
    for (const { name } of inputs) {
      const { dims, data } = tensors.get(name)!;
      const size = dims.slice(1).reduce((product, dim) => product * dim, 1);
      pages.forEach((page, i) =>
        expect(page[0]?.inputs.get(name), name).toEqual({
          dtype: tensors.get(name)!.dtype,
          dims: [1, ...dims.slice(1)],
          data: data.slice((9 - i) * size, (10 - i) * size),
        }),
      );
    }
  });

  it("omits metadata on request", async () => {
    const store = await storeIn(newFolder());
    await (await store.openLog(fraudLayout)).append(scoredRows(0, 1, 2), rowMeta);
    const [[lean] = [], [full] = []] = [...(await pagesOf(store, { metadata: false })), ...(await pagesOf(store, {}))];
    expect(lean).toMatchObject({ version: 1, rows: 2, lastModel: [], elapsed: [], requests: [] });
    expect(full).toMatchObject({
      version: 1,
      rows: 2,
      lastModel: ["ccfraud", "ccfraud"],
      elapsed: [
        [12_000, 46_000],
        [12_000, 46_000],
      ],
      requests: [null, null],
    });
    expect(lean?.inputs).toEqual(full?.inputs);
  });

  it("does not read the values of inputs on request", async () => {
    const store = await storeIn(newFolder());
    await (await store.openLog(fraudLayout)).append(scoredRows(0, 1, 2), rowMeta);
    const [[lean] = [], [full] = []] = [...(await pagesOf(store, { inputs: false })), ...(await pagesOf(store, {}))];
    expect([...(lean?.inputs.values() ?? [])].map(({ data }) => data.length)).toEqual(fraudLayout.inputs.map(() => 0));
    expect(lean?.outputs).toEqual(full?.outputs);
  });

  it("rejects an invalid query before it reads", async () => {
    const store = await storeIn(newFolder());
    expect(await refusal(pagesOf(store, { limit: -1 }))).toMatch(/^SL7013 limit is -1;/);
    expect(await refusal(pagesOf(store, { start: new Date(NaN) }))).toMatch(/^SL7013 start is not a valid Date;/);
  });
});

describe.skipIf(process.platform === "win32")("a log that another process owns, read page by page", () => {
  it("is read completely, in pages limited by the owner", async () => {
    const folder = newFolder();
    const child = await startOwner("serve", folder, "5000");
    const pages = await readStore(folder, (reader) =>
      pagesOf(reader, { metadata: false }, { rows: 10_000, bytes: 2 ** 30 }),
    );
    expect(ids(pages)).toEqual(Array.from({ length: 5000 }, (_, i) => 4999 - i));
    expect(pages.map((page) => page.reduce((sum, batch) => sum + batch.rows, 0))).toEqual([2000, 2000, 1000]);
    const narrow = await readStore(folder, (reader) => pagesOf(reader, { limit: 700 }, { rows: 10_000, bytes: 8192 }));
    expect(ids(narrow)).toEqual(Array.from({ length: 700 }, (_, i) => 4999 - i));
    expect(narrow.length).toBeGreaterThan(5);
    await child.kill();
  });
});
