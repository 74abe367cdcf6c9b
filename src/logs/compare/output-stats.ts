import type { NumberComparison, OutputComparison } from "../comparison.js";
import type { Elements } from "../read/column-values.js";
import type { OutputPair } from "./output-pairs.js";
import { QuantileSketch } from "./quantile-sketch.js";

const histogramBins = 40;
const timelinePoints = 48;

/** The period of a comparison, in milliseconds since 1970 UTC. */
export interface Period {
  readonly first: number;
  readonly last: number;
}

/** Collects the statistics of one pair of outputs, row by row. */
export class OutputStats {
  readonly #pair: OutputPair;
  readonly #numbers: NumberStats | null;
  readonly #isClose: (a: number, b: number) => boolean;
  #rows = 0;
  #agreeing = 0;
  #multiValueRows = 0;
  #sameGreatest = 0;

  /**
   * @param exactLimit maximum numbers kept for exact quantiles
   * @param within how far numbers that agree may be apart; by default a thousandth of the champion's
   */
  constructor(pair: OutputPair, period: Period, exactLimit: number, within?: number) {
    this.#pair = pair;
    this.#isClose = within === undefined ? isWithinThousandth : (a, b) => isWithin(a, b, within);
    this.#numbers = pair.numeric ? new NumberStats(period, exactLimit) : null;
  }

  /** Adds a row for which both have outputs. */
  add(champion: Elements, challenger: Elements, row: number, time: number): void {
    this.#rows++;
    const [from, length] = [champion.from(row), champion.length(row)];
    const [from2, length2] = [challenger.from(row), challenger.length(row)];
    if (this.#numbers === null) {
      if (equal(champion.values, from, length, challenger.values, from2, length2)) this.#agreeing++;
      return;
    }
    const [a, b] = [champion.values as ArrayLike<number>, challenger.values as ArrayLike<number>];
    let agrees = length === length2;
    let [best, best2] = [0, 0];
    const longest = Math.max(length, length2);
    for (let i = 0; i < longest; i++) {
      const x = i < length ? (a[from + i] ?? NaN) : NaN;
      const y = i < length2 ? (b[from2 + i] ?? NaN) : NaN;
      if (agrees && !this.#isClose(x, y)) agrees = false;
      if (i < length && isGreater(x, a[from + best] ?? NaN)) best = i;
      if (i < length2 && isGreater(y, b[from2 + best2] ?? NaN)) best2 = i;
      this.#numbers.add(x, y, time);
    }
    if (agrees) this.#agreeing++;
    if (length > 1) {
      this.#multiValueRows++;
      if (best === best2 && length2 > 0) this.#sameGreatest++;
    }
  }

  result(): OutputComparison {
    return {
      champion: this.#pair.champion,
      challenger: this.#pair.challenger,
      rows: this.#rows,
      agreeing: this.#agreeing,
      sameGreatest: this.#multiValueRows === 0 ? null : this.#sameGreatest,
      numbers: this.#rows === 0 ? null : (this.#numbers?.result() ?? null),
    };
  }
}

function equal(
  a: Elements["values"],
  from: number,
  length: number,
  b: Elements["values"],
  from2: number,
  length2: number,
): boolean {
  if (length !== length2) return false;
  for (let i = 0; i < length; i++) if (a[from + i] !== b[from2 + i]) return false;
  return true;
}

/** Whether numbers are equal or differ by at most a thousandth of the champion's. */
function isWithinThousandth(a: number, b: number): boolean {
  return isWithin(a, b, 1e-3 * Math.abs(a));
}

function isWithin(a: number, b: number, bound: number): boolean {
  return a === b || Math.abs(b - a) <= bound || (Number.isNaN(a) && Number.isNaN(b));
}

/** NaN counts as greater than all numbers, as in DuckDB. */
function isGreater(value: number, than: number): boolean {
  return value > than || (Number.isNaN(value) && !Number.isNaN(than));
}

/**
 * Statistics of number pairs. Means and variances are updated incrementally (Welford), so that large numbers lose no
 * precision.
 */
class NumberStats {
  readonly #period: Period;
  readonly #champion: QuantileSketch;
  readonly #challenger: QuantileSketch;
  readonly #differences: QuantileSketch;
  readonly #counts = new Float64Array(timelinePoints);
  readonly #means = new Float64Array(timelinePoints);
  readonly #absolutes = new Float64Array(timelinePoints);
  #notFinite = 0;
  #meanA = 0;
  #meanB = 0;
  #squaresA = 0;
  #squaresB = 0;
  #products = 0;

  constructor(period: Period, exactLimit: number) {
    this.#period = period;
    [this.#champion, this.#challenger, this.#differences] = [
      new QuantileSketch(exactLimit),
      new QuantileSketch(exactLimit),
      new QuantileSketch(exactLimit),
    ];
  }

  add(a: number, b: number, time: number): void {
    const difference = b - a;
    if (!Number.isFinite(difference)) {
      this.#notFinite++;
      return;
    }
    this.#champion.add(a);
    this.#challenger.add(b);
    this.#differences.add(difference);
    const share = 1 / this.#differences.count;
    const [deltaA, deltaB] = [a - this.#meanA, b - this.#meanB];
    this.#meanA += deltaA * share;
    this.#meanB += deltaB * share;
    this.#squaresA += deltaA * (a - this.#meanA);
    this.#squaresB += deltaB * (b - this.#meanB);
    this.#products += deltaA * (b - this.#meanB);
    const { first, last } = this.#period;
    const point = Math.min(
      Math.max(Math.floor(((time - first) / (last - first + 1)) * timelinePoints), 0),
      timelinePoints - 1,
    );
    const count = (this.#counts[point] ?? 0) + 1;
    this.#counts[point] = count;
    this.#means[point] = (this.#means[point] ?? 0) + (difference - (this.#means[point] ?? 0)) / count;
    this.#absolutes[point] =
      (this.#absolutes[point] ?? 0) + (Math.abs(difference) - (this.#absolutes[point] ?? 0)) / count;
  }

  result(): NumberComparison {
    const [champion, challenger, quantiles] = [
      this.#champion.quantiles(),
      this.#challenger.quantiles(),
      this.#differences.quantiles(),
    ];
    const differences = { from: quantiles.p1, to: quantiles.p99 };
    const both = { from: Math.min(champion.p1, challenger.p1), to: Math.max(champion.p99, challenger.p99) };
    const values = this.#differences.count;
    const [least, greatest] = values === 0 ? [0, 0] : [this.#differences.min, this.#differences.max];
    const times = [...this.#counts.keys()].filter((point) => this.#counts[point] !== 0);
    const mean = (of: Float64Array) =>
      times.reduce((sum, point) => sum + (of[point] ?? 0) * ((this.#counts[point] ?? 0) / values), 0);
    return {
      values,
      notFinite: this.#notFinite,
      championMean: this.#meanA,
      challengerMean: this.#meanB,
      mean: mean(this.#means),
      meanAbsolute: mean(this.#absolutes),
      least,
      greatest,
      quantiles,
      correlation: this.#correlation(),
      histogram: {
        ...differences,
        counts: this.#differences.histogram(differences.from, differences.to, histogramBins),
      },
      championValues: { ...both, counts: this.#champion.histogram(both.from, both.to, histogramBins) },
      challengerValues: { ...both, counts: this.#challenger.histogram(both.from, both.to, histogramBins) },
      timeline: times.map((point) => ({
        time: this.#middleOf(point),
        values: this.#counts[point] ?? 0,
        mean: this.#means[point] ?? 0,
        meanAbsolute: this.#absolutes[point] ?? 0,
      })),
    };
  }

  #correlation(): number | null {
    const constant = (sketch: QuantileSketch) => sketch.min >= sketch.max;
    if (constant(this.#champion) || constant(this.#challenger)) return null;
    const correlation = this.#products / (Math.sqrt(this.#squaresA) * Math.sqrt(this.#squaresB));
    return Number.isFinite(correlation) ? Math.min(Math.max(correlation, -1), 1) : null;
  }

  #middleOf(point: number): number {
    const { first, last } = this.#period;
    return Math.round(first + ((point + 0.5) * (last - first + 1)) / timelinePoints);
  }
}
