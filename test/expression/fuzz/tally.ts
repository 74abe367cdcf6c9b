interface Sum {
  readonly compared: number;
  readonly refused: number;
  readonly differences: number;
}

/** The results of a fuzzer run, by back-end. */
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

  /** Prints the results and returns the number of differences. */
  print(print: (line: string) => void): number {
    for (const [backEnd, { compared, refused, differences }] of this.#sums) {
      const share = ((100 * refused) / Math.max(1, compared + refused)).toFixed(1);
      print(`${backEnd}: ${compared} compared, ${refused} refused (${share} %), ${differences} differences`);
    }
    return this.differences;
  }

  get differences(): number {
    return [...this.#sums.values()].reduce((all, { differences }) => all + differences, 0);
  }
}

const secondsBetween = 30;

/** Prints the progress of a long run every 30 seconds. */
export class Progress {
  readonly #print: (line: string) => void;
  readonly #start = performance.now();
  #last = this.#start;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  report(line: string): void {
    const now = performance.now();
    if (now - this.#last < secondsBetween * 1000) return;
    this.#last = now;
    this.#print(`… ${((now - this.#start) / 60_000).toFixed(1)} min: ${line}`);
  }
}
