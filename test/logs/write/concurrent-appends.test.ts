import { DuckDBConnection } from "@duckdb/node-api";
import { cpSync } from "node:fs";
import { expect, it, onTestFinished, vi } from "vitest";
import type { Store } from "../../../src/logs/store.js";
import type { LogLayout } from "../../../src/logs/pipeline-log.js";
import type { ResultBatch } from "../../../src/tensors/result.js";
import { columnRank, type TensorData } from "../../../src/tensors/tensor-data.js";
import { Journal } from "../../../src/logs/write/journal.js";
import { port, rowMeta, wideLayout, wideRow } from "../support/sample-rows.js";
import { newFolder, storeIn } from "../support/stores.js";

const layout: LogLayout = {
  pipeline: "mixed",
  version: 1,
  inputs: [
    port("words", "string", "N", "M"),
    port("grid", "float16", "N", "A", "B"),
    { name: "any", dtype: "bool", shape: null },
  ],
  outputs: [port("score", "int64", "N")],
  challengers: [{ name: "rf", outputs: [port("label", "string", "N")] }],
  validations: ["ok"],
};

/** Two rows whose sizes depend on `i`; some are empty. */
function batch(i: number): ResultBatch {
  const [m, a, b] = [i % 3, i % 4, (i + 1) % 3];
  const tensor = (dtype: TensorData["dtype"], dims: number[], data: TensorData["data"]): TensorData => ({
    dtype,
    dims,
    data,
  });
  return {
    rows: 2,
    time: Float64Array.of(2 * i, 2 * i + 1),
    inputs: new Map([
      [
        "words",
        tensor(
          "string",
          [2, m],
          Array.from({ length: 2 * m }, (_, k) => `${i}é${k}`),
        ),
      ],
      [
        "grid",
        tensor(
          "float16",
          [2, a, b],
          Uint16Array.from({ length: 2 * a * b }, (_, k) => 0x3c00 + i + k),
        ),
      ],
      [
        "any",
        tensor(
          "bool",
          [2, m],
          Uint8Array.from({ length: 2 * m }, (_, k) => (i + k) % 2),
        ),
      ],
    ]),
    outputs: new Map([
      ["score", tensor("int64", [2], BigInt64Array.of(2n ** 63n - BigInt(i) - 1n, -(2n ** 63n) + BigInt(i)))],
    ]),
    challengers: new Map(),
    failures: new Map([["ok", Uint8Array.of(i % 2, 1)]]),
  };
}

it("reads back concurrent appends that differ in row size, notes and metadata", async () => {
  const folder = newFolder();
  const store = await storeIn(folder);
  const log = await store.openLog(layout);
  for (const round of [0, 1]) {
    await Promise.all(
      Array.from({ length: 40 }, async (_, k) => {
        const i = round * 40 + k;
        const { firstRow } = await log.append(batch(i), metaOf(i));
        const labels: TensorData = { dtype: "string", dims: [2], data: [`a${i}`, `b${i}`] };
        await log.appendChallenger(
          "rf",
          firstRow,
          2,
          i % 3 === 0 ? { note: `late ${i}` } : new Map([["label", labels]]),
        );
      }),
    );
  }
  await expectAllRows(store, 80);
});

it("reads back rows that a process left in its journal", async () => {
  const folder = newFolder();
  const log = await (await storeIn(folder)).openLog(layout);
  for (const round of [0, 1]) {
    await Promise.all(Array.from({ length: 20 }, (_, k) => log.append(batch(round * 20 + k), metaOf(round * 20 + k))));
  }
  const after = newFolder();
  cpSync(folder, after, { recursive: true, filter: (path) => !path.endsWith(".sock") });
  await expectAllRows(await storeIn(after), 40);
});

const metaOf = (i: number) => ({
  lastModel: `m${i}`,
  elapsed: new Array<number>(i % 3).fill(i),
  metadata: i % 2 === 0 ? null : { id: `r${i}` },
});

async function expectAllRows(store: Store, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const [read, ...more] = await store.readLog("mixed", { start: new Date(2 * i), end: new Date(2 * i + 1) });
    expect(more).toEqual([]);
    const logged = batch(i);
    for (const port of ["words", "grid", "any"]) {
      const [expected, actual] = [logged.inputs.get(port), read?.inputs.get(port)];
      expect(actual && columnRank(actual)).toBe(expected && columnRank(expected));
      const half = (expected?.data.length ?? 0) / 2;
      const list = Array.from(expected?.data ?? [], String);
      expect(Array.from(actual?.data ?? [], String)).toEqual([...list.slice(half), ...list.slice(0, half)]);
    }
    expect(read?.outputs.get("score")?.data).toEqual(
      (logged.outputs.get("score")?.data as BigInt64Array).slice().reverse(),
    );
    expect([...(read?.failures.get("ok") ?? [])]).toEqual([1, i % 2]);
    expect(read?.lastModel).toEqual([`m${i}`, `m${i}`]);
    expect(read?.elapsed[0]).toEqual(new Array<number>(i % 3).fill(i));
    expect(read?.requests[1]).toEqual(i % 2 === 0 ? null : { id: `r${i}` });
    const hasChallenger = read?.challengers.get("rf")?.answered[1] === 1 || read?.notes.get("rf")?.[0] !== null;
    expect(hasChallenger).toBe(count === 80);
    if (!hasChallenger) continue;
    expect(read?.notes.get("rf")?.[0]).toBe(i % 3 === 0 ? `late ${i}` : null);
    if (i % 3 !== 0) expect(read?.challengers.get("rf")?.outputs.get("label")?.data).toEqual([`b${i}`, `a${i}`]);
  }
}

it("shares the writes of the journal among rows that come in successive turns of the event loop", async () => {
  const log = await (await storeIn(newFolder())).openLog(wideLayout);
  const writes = vi.spyOn(Journal.prototype, "write");
  onTestFinished(() => void writes.mockRestore());
  const rounds = 20;
  await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      for (let round = 0; round < rounds; round++) {
        for (let turns = i % 4; turns > 0; turns--) await new Promise(setImmediate);
        await log.append(wideRow(i), rowMeta);
      }
    }),
  );
  expect(writes.mock.calls.length).toBeLessThan(1.5 * rounds);
});

it("commits the results of challengers together with the journal's rows", async () => {
  const folder = newFolder();
  const store = await storeIn(folder);
  const log = await store.openLog(layout);
  const run = vi.spyOn(DuckDBConnection.prototype, "run");
  onTestFinished(() => void run.mockRestore());
  for (let i = 0; i < 6; i++) {
    const { firstRow } = await log.append(batch(i), metaOf(i));
    const labels: TensorData = { dtype: "string", dims: [2], data: [`a${i}`, `b${i}`] };
    await log.appendChallenger("rf", firstRow, 2, new Map([["label", labels]]));
  }
  // A commit for each result would make six; the journal's rows are moved four times a second.
  expect(run.mock.calls.filter(([sql]) => sql === "COMMIT").length).toBeLessThan(4);
  const after = newFolder();
  cpSync(folder, after, { recursive: true, filter: (path) => !path.endsWith(".sock") });
  const read = await (await storeIn(after)).readLog("mixed");
  const labels = read.flatMap(({ challengers }) => challengers.get("rf")?.outputs.get("label")?.data as string[]);
  expect(labels).toEqual([5, 4, 3, 2, 1, 0].flatMap((i) => [`b${i}`, `a${i}`]));
});
