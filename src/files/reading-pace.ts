import { setImmediate } from "node:timers/promises";
import { performance } from "node:perf_hooks";

/** How long a part of the work keeps the event loop. */
const partMs = 20;

/**
 * Divides a long reading into parts: between two of them the event loop is free, and the request's deadline and signal
 * are checked. So a reading ends with its request, whatever the file holds.
 *
 * @example
 * for (const line of lines) {
 *   if (pace.isDue()) await pace.rest();
 *   rows.push(parse(line));
 * }
 */
export class ReadingPace {
  readonly #check: () => void;
  #since = performance.now();
  #steps = 0;

  /** @param check throws when the request has ended */
  constructor(check: () => void = () => undefined) {
    this.#check = check;
  }

  /** Whether the part has taken its time. Reads the clock at every 16th call only. */
  isDue(): boolean {
    return (++this.#steps & 15) === 0 && performance.now() - this.#since > partMs;
  }

  /** @throws what `check` throws: TargetError SL6004 or SL6005 */
  async rest(): Promise<void> {
    this.#check();
    await setImmediate();
    this.#check();
    this.#since = performance.now();
  }
}
