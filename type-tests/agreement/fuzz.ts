import { compilers, type Compiler } from "../compilers.js";
import { agree, declarations } from "./agree.js";
import { declaredElsewhere, isDeclared } from "./declared.js";
import { makeCases } from "./pipelines.js";

export interface FuzzOptions {
  readonly count: number;
  readonly seed: number;
  readonly compilers: readonly string[];
  say(line: string): void;
}

const casesPerRun = 500;

/**
 * Checks generated pipelines with the compilers, and prints where they and the run-time check differ, and where their
 * declarations have other types.
 *
 * @returns the number of disagreements
 */
export function fuzz({ count, seed, compilers: chosen, say }: FuzzOptions): number {
  const unknown = chosen.filter((name) => !Object.hasOwn(compilers, name));
  if (unknown.length > 0)
    throw new TypeError(`no compiler ${unknown.join(", ")}: choose among ${Object.keys(compilers).join(", ")}`);
  let differences = 0;
  for (const compiler of chosen as readonly Compiler[]) {
    const started = Date.now();
    let [broken, found, later] = [0, 0, 0];
    const codes: Record<string, number> = {};
    for (let done = 0; done < count; done += casesPerRun) {
      const cases = makeCases(Math.min(casesPerRun, count - done), seed + done);
      // The package with the declarations has the pipelines without a problem: they are compiled once.
      const result = agree(
        compiler,
        cases.filter((one) => !isDeclared(one)),
        declarations,
      );
      for (const text of result.disagreements) say(`DISAGREEMENT on TypeScript ${compiler}, ${text}`);
      const declared = declaredElsewhere(compiler, cases.filter(isDeclared));
      for (const text of declared) say(`DISAGREEMENT on TypeScript ${compiler}, in declarations: ${text}`);
      found += result.disagreements.length + declared.length;
      later += result.later;
      broken += result.broken;
      for (const [code, times] of Object.entries(result.codes)) codes[code] = (codes[code] ?? 0) + times;
    }
    const seconds = Math.round((Date.now() - started) / 1000);
    const share = Math.round((100 * broken) / count);
    differences += found;
    say(
      `TypeScript ${compiler}: ${count} pipelines, ${broken} broken (${share} %), ${found} disagreements, ${later} after a first agreed problem, ${seconds} s`,
    );
    say(
      Object.entries(codes)
        .sort()
        .map(([code, times]) => `${code} ${times}`)
        .join("  "),
    );
  }
  return differences;
}
