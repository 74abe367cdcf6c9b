import type { LoggedChallenger } from "../comparison.js";
import type { OutputPair } from "./output-pairs.js";
import { OutputStats, type Period } from "./output-stats.js";
import { QuantileSketch } from "./quantile-sketch.js";

/** Reports the most frequent notes. Counts only this many different ones: a model may put numbers into its messages. */
const maxReportedNotes = 20;
const maxDistinctNotes = 1000;
const otherNotes = "other reasons";

/** Collects the statistics of one challenger, row by row. */
export class ChallengerStats {
  readonly name: string;
  readonly pairs: readonly OutputPair[];
  readonly outputs: readonly OutputStats[];
  readonly #elapsed: QuantileSketch;
  readonly #notes = new Map<string, number>();
  #rows = 0;
  #withOutput = 0;

  constructor(name: string, pairs: readonly OutputPair[], period: Period, exactLimit: number, within?: number) {
    this.name = name;
    this.pairs = pairs;
    this.outputs = pairs.map((pair) => new OutputStats(pair, period, exactLimit, within));
    this.#elapsed = new QuantileSketch(exactLimit);
  }

  addRows(rows: number): void {
    this.#rows += rows;
  }

  addOutput(): void {
    this.#withOutput++;
  }

  addNote(note: string): void {
    const key = this.#notes.has(note) || this.#notes.size < maxDistinctNotes ? note : otherNotes;
    this.#notes.set(key, (this.#notes.get(key) ?? 0) + 1);
  }

  /** @param elapsed nanoseconds; NaN if unknown */
  addElapsed(elapsed: number): void {
    if (!Number.isNaN(elapsed)) this.#elapsed.add(elapsed);
  }

  result(): LoggedChallenger {
    const notes = [...this.#notes].map(([note, rows]) => ({ note, rows }));
    notes.sort((a, b) => b.rows - a.rows || (a.note < b.note ? -1 : 1));
    return {
      name: this.name,
      rows: this.#rows,
      answered: this.#withOutput,
      notes: notes.slice(0, maxReportedNotes),
      elapsed: this.#elapsed.count === 0 ? null : this.#elapsed.quantiles(),
      outputs: this.outputs.map((stats) => stats.result()),
    };
  }
}
