import { checkLambdas, type CheckedFunction } from "../lambda/attach/attach.js";
import { isGlobal } from "../lambda/lower/globals.js";
import { refusals, type Refusal } from "../lambda/refusals.js";
import { lintRefusals } from "./lint-refusals.js";
import { rowsOfPipeline } from "./row-types.js";
import type { TypeInformation } from "./type-information.js";
import { typeProblems } from "./type-problems.js";
import { squares, strictEquality, type Mend } from "./mends.js";

/** A problem of a lambda, or of a function of the file that it calls, at `[start, end)` of the file. */
export interface LambdaProblem extends Refusal {
  readonly start: number;
  readonly end: number;
  /** Present if there is exactly one right way to write it. */
  readonly mend?: Mend;
}

export interface LambdaProblemOptions {
  /** The path of the file; its extension determines the language. */
  readonly file: string;
  /** Whether imports with this specifier provide `pipeline`. */
  readonly isPipelineModule: (specifier: string) => boolean;
  /** Whether lambdas are read from running functions, without the plugin and the command line. */
  readonly readAtRunTime: boolean;
  /** The types of the file, where the linter has them: of the same text. */
  readonly types?: TypeInformation | null;
}

/**
 * What the compiler refuses in the lambdas of a file's pipelines, in source order: all that needs no types, and with
 * types what concerns ports and constants. Empty for a file that has no pipeline or does not parse.
 */
export function lambdaProblems(
  code: string,
  { file, isPipelineModule, readAtRunTime, types = null }: LambdaProblemOptions,
): readonly LambdaProblem[] {
  const checked = checkLambdas(code, {
    file,
    isPipelineModule,
    ...(types !== null && {
      isPipelineByType: (receiver) => {
        const type = types.typeAt(receiver.getStart(), receiver.end);
        return type !== null && rowsOfPipeline(type, types) !== null;
      },
    }),
  });
  if (checked === null) return [];
  const { functions, refused } = checked;
  const problems: LambdaProblem[] = [];
  for (const { diagnostic, origin } of refused) {
    const { code: errorCode, message, hint } = diagnostic;
    const offset = origin.location?.offset ?? 0;
    const [start, end] = [offset + diagnostic.start, offset + diagnostic.end];
    const fn = functions.find(({ lowered }) => lowered === origin);
    const mend = fn === undefined ? null : mendOf(errorCode, fn, start, end);
    problems.push({
      code: errorCode,
      message,
      ...(hint !== undefined && { hint }),
      start,
      end,
      ...(mend !== null && { mend }),
    });
  }
  for (const fn of functions) {
    for (const { start, end, ...refusal } of typeProblems(fn, checked, types))
      problems.push({ ...refusal, start: fn.offset + start, end: fn.offset + end });
    // A name that is refused for another reason is not reported twice.
    if (readAtRunTime)
      problems.push(...outsideNames(fn).filter(({ start }) => !problems.some((known) => known.start === start)));
    for (const { start, end, written, mend } of squares(fn.node, callsGlobal(fn, "Math.pow")))
      problems.push({ ...lintRefusals.inexactSquare(written), start, end, mend });
  }
  return problems.sort((a, b) => a.start - b.start || a.end - b.end);
}

function mendOf(code: string, { node, lowered }: CheckedFunction, start: number, end: number): Mend | null {
  return code === looseEquality ? strictEquality(node, start, end, "lambda" in lowered) : null;
}

const looseEquality = refusals.looseEquality("==").code;

/** The first use of each name from outside, whose value a running function does not show. */
function outsideNames({ lowered, offset }: CheckedFunction): LambdaProblem[] {
  const seen = new Set<string>();
  return lowered.free.flatMap(({ path, span: [start, end] }) => {
    const name = path.join(".");
    if (isGlobal(path[0] ?? "") || seen.has(name)) return [];
    seen.add(name);
    return [{ ...lintRefusals.compiledOnly(name), start: offset + start, end: offset + end }];
  });
}

const callsGlobal = ({ lowered }: CheckedFunction, name: string): boolean =>
  lowered.calledGlobals.some(({ path }) => path.join(".") === name);
