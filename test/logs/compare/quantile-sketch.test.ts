import { describe, expect, it } from "vitest";
import { QuantileSketch } from "../../../src/logs/compare/quantile-sketch.js";

const shares = [
  ["p1", 0.01],
  ["p5", 0.05],
  ["p25", 0.25],
  ["p50", 0.5],
  ["p75", 0.75],
  ["p95", 0.95],
  ["p99", 0.99],
] as const;

/** Numbers of many magnitudes and both signs, the same in every run. */
function pseudoRandomNumbers(count: number): number[] {
  let state = 7;
  const next = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  return Array.from({ length: count }, () => (next() < 0.3 ? -1 : 1) * Math.exp(20 * (next() - 0.5)));
}

function sketchOf(values: readonly number[], limit: number): QuantileSketch {
  const sketch = new QuantileSketch(limit);
  for (const value of values) sketch.add(value);
  return sketch;
}

function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  return low + (high - low) * (at - Math.floor(at));
}

describe("QuantileSketch", () => {
  const values = pseudoRandomNumbers(60_001);
  const sorted = values.toSorted((a, b) => a - b);

  it("returns exact quantiles up to its limit", () => {
    const found = sketchOf(values, values.length).quantiles();
    expect(found.estimated).toBe(false);
    for (const [name, share] of shares) expect(found[name]).toBe(quantile(sorted, share));
  });

  it("beyond its limit, estimates within 0.025 % and between minimum and maximum", () => {
    const sketch = sketchOf(values, values.length - 1);
    const found = sketch.quantiles();
    expect(found.estimated).toBe(true);
    for (const [name, share] of shares) {
      const exact = quantile(sorted, share);
      expect(Math.abs(found[name] - exact)).toBeLessThanOrEqual(0.00025 * Math.abs(exact));
    }
    expect([sketch.count, sketch.min, sketch.max]).toEqual([60_001, sorted[0], sorted.at(-1)]);
    const single = sketchOf(new Array<number>(10).fill(0.1), 5).quantiles();
    expect([single.p1, single.p99]).toEqual([0.1, 0.1]);
  });

  it("does not round integers and simple fractions", () => {
    const fractions = Array.from({ length: 5000 }, (_, i) => (i % 100 === 0 ? -0 : (i % 2000) - 1000 + (i % 4) / 4));
    const [exact, estimated] = [sketchOf(fractions, 5000), sketchOf(fractions, 10)];
    expect(estimated.quantiles()).toEqual({ ...exact.quantiles(), estimated: true });
    expect(estimated.histogram(-900, 900, 40)).toEqual(exact.histogram(-900, 900, 40));
  });

  it("counts every number in one histogram bin, at every width", () => {
    for (const sketch of [sketchOf(values, 100_000), sketchOf(values, 100)]) {
      for (const [from, to] of [
        [-5, 5],
        [0, 0],
        [-1e308, 1e308],
      ] as const) {
        expect(sketch.histogram(from, to, 40).reduce((sum, count) => sum + count, 0)).toBe(values.length);
      }
    }
    expect(sketchOf([-1.7e308, 1.7e308, 0], 3).histogram(-1.7e308, 1.7e308, 4)).toEqual([1, 0, 1, 1]);
  });

  it("returns zeros if no number was added", () => {
    expect(new QuantileSketch(10).quantiles()).toMatchObject({ p1: 0, p50: 0, p99: 0, estimated: false });
  });
});
