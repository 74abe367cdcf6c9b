import { describe, expect, it } from "vitest";
import type { LogLayout } from "../../src/logs/pipeline-log.js";
import type { TensorData } from "../../src/tensors/tensor-data.js";
import { floats, fraudLayout, noon, port, rowMeta, scoredRows } from "../logs/support/sample-rows.js";
import { newFolder, storeIn } from "../logs/support/stores.js";
import { emptyComparison } from "./empty-comparison.js";

/** Pseudo-random numbers, the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  return low + (high - low) * (at - Math.floor(at));
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const together = mean(a.map((value, i) => (value - meanA) * ((b[i] ?? 0) - meanB)));
  return (
    together / Math.sqrt(mean(a.map((value) => (value - meanA) ** 2)) * mean(b.map((value) => (value - meanB) ** 2)))
  );
}

describe("the numbers of a comparison", () => {
  it("equal a plain computation over the same rows", async () => {
    const next = sequence(7);
    const layout: LogLayout = {
      ...fraudLayout,
      outputs: [port("probabilities", "float32", "batch", 3)],
      challengers: [{ name: "rf", outputs: [port("scores", "float32", "batch", 3)] }],
    };
    const store = await storeIn(newFolder());
    const log = await store.openLog(layout);
    const rows = 5000;
    const a = Float32Array.from({ length: rows * 3 }, next);
    const b = a.map((value, i) => (i % 7 < 4 ? value : value + (next() - 0.4) / 5));
    b[30] = NaN;
    b[61] = Infinity;
    const { firstRow } = await log.append(
      {
        ...scoredRows(noon, ...new Array<number>(rows).fill(0)),
        outputs: new Map([["probabilities", floats([rows, 3], ...a)]]),
      },
      { ...rowMeta, elapsed: [1000, 3000] },
    );
    const answered = rows - 500;
    await log.appendChallenger(
      "rf",
      firstRow,
      answered,
      new Map([["scores", floats([answered, 3], ...b.subarray(0, answered * 3))]]),
      7e6,
    );
    await log.appendChallenger("rf", firstRow + BigInt(answered), 300, { note: "no answer within 50 ms" });

    expect(await store.compare("nobody")).toEqual(emptyComparison("nobody"));
    const found = await store.compare("fraud");
    expect(found).toMatchObject({
      rows,
      first: noon,
      last: noon + rows - 1,
      versions: [1],
      failures: [{ validation: "amt", rows, failed: 0 }],
    });
    expect(found.elapsed).toMatchObject({ p50: 4000, p99: 4000, estimated: false });
    const [rf] = found.challengers;
    expect(rf).toMatchObject({
      name: "rf",
      rows,
      answered,
      notes: [{ note: "no answer within 50 ms", rows: 300 }],
      elapsed: { p1: 7e6, p99: 7e6 },
    });
    expect(rf?.outputs).toHaveLength(1);
    const output = rf?.outputs[0];
    expect(output).toMatchObject({ champion: "probabilities", challenger: "scores", rows: answered });

    const row = (values: Float32Array, i: number) => [...values.subarray(i * 3, i * 3 + 3)];
    const all = Array.from({ length: answered }, (_, i) => [row(a, i), row(b, i)] as const);
    expect(output?.agreeing).toBe(
      all.filter(([x, y]) => x.every((value, i) => Math.abs((y[i] ?? NaN) - value) <= 1e-3 * Math.abs(value))).length,
    );
    const finite = all.filter(([, y]) => y.every(Number.isFinite));
    const same = finite.filter(([x, y]) => x.indexOf(Math.max(...x)) === y.indexOf(Math.max(...y))).length;
    expect(Math.abs((output?.sameGreatest ?? 0) - same)).toBeLessThanOrEqual(2);
    const pairs = all
      .flatMap(([x, y]) => x.map((value, i) => [value, y[i] ?? NaN] as const))
      .filter(([, y]) => Number.isFinite(y));
    const differences = pairs.map(([x, y]) => y - x);
    const numbers = output?.numbers;
    expect(numbers).toMatchObject({ values: pairs.length, notFinite: 2 });
    expect(numbers?.mean).toBeCloseTo(mean(differences), 12);
    expect(numbers?.meanAbsolute).toBeCloseTo(mean(differences.map(Math.abs)), 12);
    expect(numbers?.championMean).toBeCloseTo(mean(pairs.map(([x]) => x)), 12);
    expect(numbers?.challengerMean).toBeCloseTo(mean(pairs.map(([, y]) => y)), 12);
    expect(numbers?.correlation).toBeCloseTo(
      correlation(
        pairs.map(([x]) => x),
        pairs.map(([, y]) => y),
      ),
      10,
    );
    expect([numbers?.least, numbers?.greatest]).toEqual([Math.min(...differences), Math.max(...differences)]);
    for (const [name, share] of [
      ["p1", 0.01],
      ["p5", 0.05],
      ["p25", 0.25],
      ["p50", 0.5],
      ["p75", 0.75],
      ["p95", 0.95],
      ["p99", 0.99],
    ] as const) {
      expect(numbers?.quantiles[name]).toBeCloseTo(quantile(differences, share), 12);
    }
    const { from = 0, to = 0, counts = [] } = numbers?.histogram ?? {};
    const expected = new Array<number>(counts.length).fill(0);
    for (const difference of differences) {
      const bin = Math.min(
        Math.max(Math.floor(((difference - from) / (to - from)) * counts.length), 0),
        counts.length - 1,
      );
      expected[bin] = (expected[bin] ?? 0) + 1;
    }
    expect(counts).toEqual(expected);
    expect(numbers?.timeline.reduce((sum, point) => sum + point.values, 0)).toBe(pairs.length);
    expect(
      mean((numbers?.timeline ?? []).flatMap((point) => new Array<number>(point.values).fill(point.mean))),
    ).toBeCloseTo(mean(differences), 10);
  });

  it("respect start and end, span versions, and count each validation only where it exists", async () => {
    const store = await storeIn(newFolder());
    const first = await store.openLog(fraudLayout);
    const second = await store.openLog({ ...fraudLayout, version: 2, validations: ["amt", "low"] });
    const one = await first.append(scoredRows(noon, 1, 2, 0.5, 0.25), rowMeta);
    await first.appendChallenger("rf", one.firstRow, 4, new Map([["variable", floats([4, 1], 1, 2, 0.5, 0.5)]]));
    const later = scoredRows(noon + 100, 3, 4);
    const two = await second.append(
      {
        ...later,
        failures: new Map([
          ["amt", Uint8Array.of(1, 1)],
          ["low", Uint8Array.of(0, 1)],
        ]),
      },
      rowMeta,
    );
    await second.appendChallenger("rf", two.firstRow, 2, new Map([["variable", floats([2, 1], 3, 5)]]));
    const all = await store.compare("fraud");
    expect(all).toMatchObject({
      rows: 6,
      versions: [2, 1],
      failures: [
        { validation: "amt", rows: 6, failed: 4 },
        { validation: "low", rows: 2, failed: 1 },
      ],
    });
    expect(all.challengers[0]).toMatchObject({ rows: 6, answered: 6, elapsed: null });
    expect(all.challengers[0]?.outputs).toHaveLength(1);
    expect(all.challengers[0]?.outputs[0]).toMatchObject({
      champion: "dense_1",
      challenger: "variable",
      rows: 6,
      agreeing: 4,
      sameGreatest: null,
      numbers: { values: 6, mean: expect.closeTo(1.25 / 6, 12) as number, least: 0, greatest: 1 },
    });
    const wide = await store.compare("fraud", { within: 1 });
    expect([all.within, wide.within, wide.challengers[0]?.outputs[0]?.agreeing]).toEqual([null, 1, 6]);
    const late = await store.compare("fraud", { start: new Date(noon + 101) });
    expect(late).toMatchObject({
      rows: 1,
      first: noon + 101,
      failures: [
        { validation: "amt", rows: 1, failed: 1 },
        { validation: "low", rows: 1, failed: 1 },
      ],
    });
    expect(late.challengers[0]?.outputs[0]?.numbers).toMatchObject({
      values: 1,
      mean: 1,
      correlation: null,
      histogram: { from: 1, to: 1 },
    });
    expect(late.challengers[0]?.outputs[0]?.numbers?.histogram.counts[20]).toBe(1);
  });

  it("compare strings and booleans by equality, pair outputs by name, and skip outputs without a counterpart", async () => {
    const outputs = [
      port("label", "string", "batch"),
      port("sure", "bool", "batch", 2),
      port("only", "float32", "batch"),
      port("grid", "int64", "batch", 2, 2),
    ];
    const layout: LogLayout = {
      ...fraudLayout,
      outputs,
      challengers: [{ name: "rf", outputs: [...outputs.slice(0, 2), outputs[3]!, port("other", "float32", "batch")] }],
    };
    const store = await storeIn(newFolder());
    const log = await store.openLog(layout);
    const given = (label: string[], sure: number[], grid: bigint[]): [string, TensorData][] => [
      ["label", { dtype: "string", dims: [2], data: label }],
      ["sure", { dtype: "bool", dims: [2, 2], data: Uint8Array.from(sure) }],
      ["grid", { dtype: "int64", dims: [2, 2, 2], data: BigInt64Array.from(grid) }],
    ];
    const batch = {
      ...scoredRows(noon, 0, 0),
      outputs: new Map<string, TensorData>([
        ...given(["a", "b"], [1, 0, 1, 1], [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]),
        ["only", { dtype: "float32", dims: [2], data: Float32Array.of(1, 2) }],
      ]),
    };
    const { firstRow } = await log.append(batch, rowMeta);
    await log.appendChallenger(
      "rf",
      firstRow,
      2,
      new Map<string, TensorData>([
        ...given(["a", "c"], [1, 0, 0, 1], [1n, 2n, 3n, 4n, 5n, 6n, 8n, 9n]),
        ["other", { dtype: "float32", dims: [2], data: Float32Array.of(1, 2) }],
      ]),
    );
    const found = (await store.compare("fraud")).challengers[0]?.outputs;
    expect(
      found?.map(({ champion, rows, agreeing, sameGreatest, numbers }) => [
        champion,
        rows,
        agreeing,
        sameGreatest,
        numbers?.values,
      ]),
    ).toEqual([
      ["label", 2, 1, null, undefined],
      ["sure", 2, 1, null, undefined],
      ["grid", 2, 1, 2, 8],
    ]);
  });
});
