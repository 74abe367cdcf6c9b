/**
 * A run that takes longer than this goes to a worker. The way to a worker and back costs 0.1 to 0.2 ms (`npm run
 * bench:engine` measures it), a tenth of the time that the event loop is then free.
 */
export const inlineMs = 2;

/** Without any measurement, runs of up to this many elements are tried on the event loop. */
export const unknownElements = 4096;

/** Weight of a run that is slower than the estimate: one pause of the process must not send all runs to workers. */
const slowerWeight = 0.1;

/** Estimates how long one model's runs take, from measured runs, by powers of two of their input elements. */
export class LatencyEstimate {
  readonly #ms: (number | undefined)[] = [];

  /** @param ms duration of a run that nothing else delayed */
  record(elements: number, ms: number): void {
    const size = sizeClass(elements);
    const known = this.#ms[size];
    this.#ms[size] = known === undefined || ms < known ? ms : known + (ms - known) * slowerWeight;
  }

  /**
   * How many milliseconds a run takes. For a size without measurements, the estimate of the nearest smaller size is
   * scaled by the number of elements. Without any measurement, few elements count as a run that just fits.
   */
  expectedMs(elements: number): number {
    const size = sizeClass(elements);
    const known = this.#ms[size];
    if (known !== undefined) return known;
    for (let smaller = size - 1; smaller >= 0; smaller--) {
      const ms = this.#ms[smaller];
      if (ms !== undefined) return ms * 2 ** (size - smaller);
    }
    for (let larger = size + 1; larger < this.#ms.length; larger++) {
      const ms = this.#ms[larger];
      if (ms !== undefined) return ms;
    }
    return elements <= unknownElements ? inlineMs : Infinity;
  }

  /** Whether a run is short enough for the event loop. */
  isShort(elements: number): boolean {
    return this.expectedMs(elements) <= inlineMs;
  }
}

function sizeClass(elements: number): number {
  return 31 - Math.clz32(Math.max(1, elements));
}
