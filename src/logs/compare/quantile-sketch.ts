import type { Quantiles } from "../comparison.js";

/** Counters of a page: what eight bits more of a number tell apart. */
const slots = 256;
const shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

const asNumber = new Float64Array(1);
const asBits = new Uint32Array(asNumber.buffer);
/** Where the upper half of a number lies. */
const upper = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/**
 * The distribution of finite numbers, in bounded memory. Up to a number of them it is exact; beyond, each counts as the number
 * next to it towards zero that has twelve bits after its first one: less than 0.025 % away.
 */
export class QuantileSketch {
  #values: Float64Array | null = new Float64Array(256);
  readonly #exact: number;
  #pages: (Float64Array | undefined)[] = [];
  #count = 0;
  #least = Infinity;
  #greatest = -Infinity;

  /** @param exact how many numbers are kept as they are */
  constructor(exact: number) {
    this.#exact = exact;
  }

  get count(): number {
    return this.#count;
  }

  get min(): number {
    return this.#least;
  }

  get max(): number {
    return this.#greatest;
  }

  add(value: number): void {
    if (value < this.#least) this.#least = value;
    if (value > this.#greatest) this.#greatest = value;
    if (this.#values === null) this.#tally(value);
    else this.#keep(this.#values, value);
    this.#count++;
  }

  #keep(values: Float64Array, value: number): void {
    if (this.#count < values.length) {
      values[this.#count] = value;
    } else if (this.#count < this.#exact) {
      const more = new Float64Array(Math.min(values.length * 4, this.#exact));
      more.set(values);
      more[this.#count] = value;
      this.#values = more;
    } else {
      this.#values = null;
      for (const each of values.subarray(0, this.#count)) this.#tally(each);
      this.#tally(value);
    }
  }

  #tally(value: number): void {
    // Makes -0 a 0.
    asNumber[0] = value + 0;
    const bits = asBits[upper] ?? 0;
    const page = (this.#pages[bits >>> 16] ??= new Float64Array(slots));
    const slot = (bits >>> 8) & (slots - 1);
    page[slot] = (page[slot] ?? 0) + 1;
  }

  /** The numbers in their order, and how often each is there. */
  *#inOrder(): Generator<readonly [value: number, count: number], void, undefined> {
    if (this.#values !== null) {
      for (const value of this.#values.subarray(0, this.#count).sort()) yield [value, 1];
      return;
    }
    const pages = [...this.#pages.keys()].filter((page) => this.#pages[page] !== undefined);
    const negative = (page: number) => page >= 0x8000;
    for (const page of [...pages.filter(negative).reverse(), ...pages.filter((each) => !negative(each))]) {
      for (let i = 0; i < slots; i++) {
        const slot = negative(page) ? slots - 1 - i : i;
        const count = this.#pages[page]?.[slot] ?? 0;
        asBits[1 - upper] = 0;
        asBits[upper] = ((page << 16) | (slot << 8)) >>> 0;
        if (count > 0) yield [Math.min(Math.max(asNumber[0] ?? 0, this.#least), this.#greatest), count];
      }
    }
  }

  /** Between two numbers the quantile lies between them; zeros where there is none. */
  quantiles(): Quantiles {
    const wanted = shares.map((share) => share * (this.#count - 1));
    const [low, high] = [shares.map(() => 0), shares.map(() => 0)];
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
      // In halves, for the whole may be beyond a double.
      return from === to ? from : from + (to / 2 - from / 2) * (at - Math.floor(at)) * 2;
    });
    return { p1, p5, p25, p50, p75, p95, p99, estimated: this.#values === null };
  }

  /** How many numbers fall into equal bins; the first and the last one hold what lies beyond, and one in the middle all where there is no width. */
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
