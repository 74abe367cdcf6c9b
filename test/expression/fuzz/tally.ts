interface Sum {
  readonly compared: number;
  readonly refused: number;
  readonly differences: number;
}

/** What a run of the fuzzer found, by back-end. */
export class Tally {
  readonly #sums = new Map<string, Sum>();

  add(backEnd: string, { compared, refused, differences }: Sum): void {
    const sum = this.#sums.get(backEnd) ?? { compared: 0, refused: 0, differences: 0 };
    this.#sums.set(backEnd, {
      compared: sum.compared + compared,
      refused: sum.refused + refused,
      differences: sum.differences + differences,
    });
  }

  /** Says it, and answers the number of differences. */
  tell(say: (line: string) => void): number {
    for (const [backEnd, { compared, refused, differences }] of this.#sums) {
      const share = ((100 * refused) / Math.max(1, compared + refused)).toFixed(1);
      say(`${backEnd}: ${compared} compared, ${refused} refused (${share} %), ${differences} differences`);
    }
    return this.differences;
  }

  get differences(): number {
    return [...this.#sums.values()].reduce((all, { differences }) => all + differences, 0);
  }
}

const secondsBetween = 30;

/** Says from time to time how far a long run is. */
export class Progress {
  readonly #say: (line: string) => void;
  readonly #start = performance.now();
  #last = this.#start;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  tell(line: string): void {
    const now = performance.now();
    if (now - this.#last < secondsBetween * 1000) return;
    this.#last = now;
    this.#say(`… ${((now - this.#start) / 60_000).toFixed(1)} min: ${line}`);
  }
}
