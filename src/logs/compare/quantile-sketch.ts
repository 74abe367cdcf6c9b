import type { Quantiles } from "../comparison.js";

/** Counters per page. The upper 16 bits of a double select the page, the next 8 bits the counter. */
const countersPerPage = 256;
const quantileShares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

const asNumber = new Float64Array(1);
const asBits = new Uint32Array(asNumber.buffer);
/** Index of a double's upper half: 1 on little-endian platforms. */
const upperHalf = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/**
 * The distribution of finite numbers in bounded memory. It is exact up to a limit. Beyond it, each number is rounded
 * towards zero to twelve bits after the leading one: an error of less than 0.025 %.
 */
export class QuantileSketch {
  #values: Float64Array | null = new Float64Array(256);
  readonly #exactLimit: number;
  #pages: (Float64Array | undefined)[] = [];
  #count = 0;
  #min = Infinity;
  #max = -Infinity;

  /** @param exactLimit maximum numbers kept unrounded */
  constructor(exactLimit: number) {
    this.#exactLimit = exactLimit;
  }

  get count(): number {
    return this.#count;
  }

  get min(): number {
    return this.#min;
  }

  get max(): number {
    return this.#max;
  }

  add(value: number): void {
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (this.#values === null) this.#addRounded(value);
    else this.#store(this.#values, value);
    this.#count++;
  }

  #store(values: Float64Array, value: number): void {
    if (this.#count < values.length) {
      values[this.#count] = value;
    } else if (this.#count < this.#exactLimit) {
      const grown = new Float64Array(Math.min(values.length * 4, this.#exactLimit));
      grown.set(values);
      grown[this.#count] = value;
      this.#values = grown;
    } else {
      this.#values = null;
      for (const each of values.subarray(0, this.#count)) this.#addRounded(each);
      this.#addRounded(value);
    }
  }

  #addRounded(value: number): void {
    // Turns -0 into 0.
    asNumber[0] = value + 0;
    const bits = asBits[upperHalf] ?? 0;
    const page = (this.#pages[bits >>> 16] ??= new Float64Array(countersPerPage));
    const counter = (bits >>> 8) & (countersPerPage - 1);
    page[counter] = (page[counter] ?? 0) + 1;
  }

  /** The numbers in ascending order, with their counts. */
  *#inOrder(): Generator<readonly [value: number, count: number], void, undefined> {
    if (this.#values !== null) {
      for (const value of this.#values.subarray(0, this.#count).sort()) yield [value, 1];
      return;
    }
    const pages = [...this.#pages.keys()].filter((page) => this.#pages[page] !== undefined);
    const negative = (page: number) => page >= 0x8000;
    for (const page of [...pages.filter(negative).reverse(), ...pages.filter((each) => !negative(each))]) {
      for (let i = 0; i < countersPerPage; i++) {
        const counter = negative(page) ? countersPerPage - 1 - i : i;
        const count = this.#pages[page]?.[counter] ?? 0;
        asBits[1 - upperHalf] = 0;
        asBits[upperHalf] = ((page << 16) | (counter << 8)) >>> 0;
        if (count > 0) yield [Math.min(Math.max(asNumber[0] ?? 0, this.#min), this.#max), count];
      }
    }
  }

  /** Quantiles, linearly interpolated between neighbors; all 0 without numbers. */
  quantiles(): Quantiles {
    const wanted = quantileShares.map((share) => share * (this.#count - 1));
    const [low, high] = [quantileShares.map(() => 0), quantileShares.map(() => 0)];
    let passed = 0;
    for (const [value, count] of this.#inOrder()) {
      for (const [i, at] of wanted.entries()) {
        if (Math.floor(at) >= passed && Math.floor(at) < passed + count) low[i] = value;
        if (Math.ceil(at) >= passed && Math.ceil(at) < passed + count) high[i] = value;
      }
      passed += count;
    }
    const [p1 = 0, p5 = 0, p25 = 0, p50 = 0, p75 = 0, p95 = 0, p99 = 0] = wanted.map((at, i) => {
      const [from, to] = [low[i] ?? 0, high[i] ?? 0];
      // Halved, because the difference may exceed the range of a double.
      return from === to ? from : from + (to / 2 - from / 2) * (at - Math.floor(at)) * 2;
    });
    return { p1, p5, p25, p50, p75, p95, p99, estimated: this.#values === null };
  }

  /**
   * Counts the numbers in bins of equal width. The first and last bins include all numbers beyond them. If `from`
   * equals `to`, the middle bin has all numbers.
   */
  histogram(from: number, to: number, bins: number): number[] {
    const counts = new Array<number>(bins).fill(0);
    const half = to / 2 - from / 2;
    for (const [value, count] of this.#inOrder()) {
      const bin =
        half > 0 ? Math.min(Math.max(Math.floor(((value / 2 - from / 2) / half) * bins), 0), bins - 1) : bins / 2;
      counts[bin] = (counts[bin] ?? 0) + count;
    }
    return counts;
  }
}
