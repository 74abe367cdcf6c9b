const windowSize = 1024;

/** Quantiles over the last 1,024 latencies, in milliseconds. */
export class LatencyWindow {
  readonly #values = new Float64Array(windowSize);
  #count = 0;

  add(ms: number): void {
    this.#values[this.#count++ % windowSize] = ms;
  }

  /** The latency that the given share of requests did not exceed; null before the first. */
  quantile(share: number): number | null {
    const sorted = this.#values.slice(0, Math.min(this.#count, windowSize)).sort();
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  }
}
