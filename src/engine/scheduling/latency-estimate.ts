/**
 * A run that takes longer than this goes to another thread: the way there and back costs 0.1 to 0.2 ms (`npm run bench:engine`
 * measures it beside the runs), a tenth of what it then spares the event loop.
 */
export const INLINE_MS = 2;

/** As long as nothing is known of a model, so few elements are tried on the event loop. */
const UNKNOWN_ELEMENTS = 4096;

/** How much a run that is slower than was known changes what is known: one pause of the process must not send all to threads. */
const SLOWER = 0.1;

/** What one model's runs take, learnt from the runs themselves: by powers of two of the elements they are fed. */
export class LatencyEstimate {
  readonly #ms: (number | undefined)[] = [];

  /** @param ms of a run that nothing else held up */
  record(elements: number, ms: number): void {
    const size = sizeOf(elements);
    const known = this.#ms[size];
    this.#ms[size] = known === undefined || ms < known ? ms : known + (ms - known) * SLOWER;
  }

  /** Whether a run may be done on the event loop. One of a size that never ran counts as long as its elements make it against smaller ones. */
  isShort(elements: number): boolean {
    const size = sizeOf(elements);
    const known = this.#ms[size];
    if (known !== undefined) return known <= INLINE_MS;
    for (let smaller = size - 1; smaller >= 0; smaller--) {
      const ms = this.#ms[smaller];
      if (ms !== undefined) return ms * 2 ** (size - smaller) <= INLINE_MS;
    }
    for (let larger = size + 1; larger < this.#ms.length; larger++) {
      const ms = this.#ms[larger];
      if (ms !== undefined) return ms <= INLINE_MS;
    }
    return elements <= UNKNOWN_ELEMENTS;
  }
}

function sizeOf(elements: number): number {
  return 31 - Math.clz32(Math.max(1, elements));
}
