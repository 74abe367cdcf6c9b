import { kindOf } from "./value-kind.js";
import type { Problem } from "./errors.js";
import type { BeforeInference } from "./steps/step-types.js";
import {
  badPipelineName,
  badValidationName,
  longPipelineName,
  reservedValidationName,
  takenValidationName,
  type BadPipelineName,
  type BadValidationName,
  type LongPipelineName,
  type NoInferenceBefore,
  type ReservedValidationName,
  type TakenValidationName,
} from "./messages/shapes.js";

export type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";
// prettier-ignore
type Lower =
  | "a" | "b" | "c" | "d" | "e" | "f" | "g" | "h" | "i" | "j" | "k" | "l" | "m"
  | "n" | "o" | "p" | "q" | "r" | "s" | "t" | "u" | "v" | "w" | "x" | "y" | "z";
type LowerOrDigit = Lower | Digit;
type Letter = Lower | Uppercase<Lower> | "_";

/** A DNS label: `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$` and under 64. `N`, or what is wrong with it. */
export type PipelineName<N extends string> = string extends N ? N : ScanLabel<N, N, "-", []>;

type ScanLabel<
  N extends string,
  Rest extends string,
  Before extends string,
  Seen extends readonly 0[],
  Bad = false,
> = Rest extends `${infer C}${infer R}`
  ? Seen["length"] extends 63
    ? LongPipelineName
    : ScanLabel<
        N,
        R,
        C,
        [...Seen, 0],
        C extends LowerOrDigit ? Bad : C extends "-" ? (Seen extends [] ? true : Bad) : true
      >
  : Before extends "-"
    ? BadPipelineName<N>
    : Bad extends true
      ? BadPipelineName<N>
      : N;

export function pipelineNameProblem(name: unknown): Problem | null {
  if (typeof name !== "string") {
    return { code: "SL2001", message: `the pipeline name must be a string, not ${kindOf(name)}` };
  }
  if (name.length > 63) return { code: "SL2001", message: longPipelineName, details: { name } };
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) return null;
  return { code: "SL2001", message: badPipelineName(name), details: { name } };
}

/** An identifier that is not reserved and not taken. `N`, or what is wrong with it. */
export type ValidationName<N extends string, Taken extends string, Steps> = string extends N
  ? N
  : BeforeInference<Steps> extends true
    ? NoInfer<NoInferenceBefore<N>>
    : N extends Reserved
      ? ReservedValidationName<N>
      : N extends (string extends Taken ? never : Taken)
        ? TakenValidationName<N>
        : ScanIdentifier<N> extends true
          ? N
          : BadValidationName<N>;

/** `anomaly.count` is the number of failed validations, and an object cannot hold a key `__proto__` of its own. */
type Reserved = (typeof reserved)[number];
const reserved = ["count", "__proto__"] as const;

/** True for `^[A-Za-z_][A-Za-z0-9_]*$`. */
export type ScanIdentifier<N extends string> = N extends `${Digit}${string}` | "" ? false : ScanWord<N>;
type ScanWord<N extends string> = N extends `${infer C}${infer R}`
  ? C extends Letter | Digit
    ? ScanWord<R>
    : false
  : true;

export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

export function validationNameProblem(name: unknown, taken: ReadonlySet<string>): Problem | null {
  if (typeof name !== "string") {
    return { code: "SL2002", message: `a validation name must be a string, not ${kindOf(name)}` };
  }
  const details = { validation: name };
  if ((reserved as readonly string[]).includes(name)) {
    return { code: "SL2003", message: reservedValidationName(name), details };
  }
  if (taken.has(name)) return { code: "SL2004", message: takenValidationName(name), details };
  return isIdentifier(name) ? null : { code: "SL2002", message: badValidationName(name), details };
}
