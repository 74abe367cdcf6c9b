const KEPT = 1024;

/** The last latencies, in milliseconds. */
export class LatencyWindow {
  readonly #values = new Float64Array(KEPT);
  #count = 0;

  add(ms: number): void {
    this.#values[this.#count++ % KEPT] = ms;
  }

  /** The latency that a share of the requests did not exceed; null before the first. */
  quantile(share: number): number | null {
    const sorted = this.#values.slice(0, Math.min(this.#count, KEPT)).sort();
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  }
}
