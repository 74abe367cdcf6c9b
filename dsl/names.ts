import { kindOf } from "./value-kind.js";
import type { Problem } from "./errors.js";
export type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";
// prettier-ignore
type Lower =
  | "a" | "b" | "c" | "d" | "e" | "f" | "g" | "h" | "i" | "j" | "k" | "l" | "m"
  | "n" | "o" | "p" | "q" | "r" | "s" | "t" | "u" | "v" | "w" | "x" | "y" | "z";
type LowerOrDigit = Lower | Digit;
type Character = Lower | Uppercase<Lower> | "_" | Digit;

/** A name as text: to JavaScript, the keys `0` and `"0"` are the same. */
export type Text<K> = K extends number ? `${K}` : K;

/** The record `R` with its names as text. Without number names it stays the same type, which is cheap. */
export type ByText<R> = [keyof R & number] extends [never]
  ? R
  : number extends keyof R
    ? R
    : { readonly [K in keyof R as Text<K>]: R[K] };

/** Fits an index signature, and no key. */
export type NoKeys = Record<never, never>;

/** True for text that is not fully known, such as `string` or `` `t_${string}` ``. `build()` checks it. */
export type IsOpen<N extends string> = NoKeys extends { readonly [K in N]: 0 } ? true : false;

/** The names of `N` that are fully known. */
export type KnownNames<N extends string> = N extends unknown ? (IsOpen<N> extends true ? never : N) : never;

/**
 * Whether `Checked`, which is `N` or an error message, is a message. False while `N` is a type parameter: to compare
 * with `true extends IsRefused<…> ? Text : N`, the compiler tries `any` for it. So a function may pass on a name that
 * is a type parameter, and `build()` checks it. `[unknown]` stops the compiler from working out the messages for `any`.
 */
export type IsRefused<N, Checked> = [unknown] extends [N] ? false : [Checked] extends [N] ? false : true;

/** A DNS label: `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`, under 64 characters. `N`, or the error message. */
export type PipelineName<N extends string> =
  true extends IsRefused<N, Label<N>> ? (N extends unknown ? NoInfer<Label<N>> : N) : N;
type Label<N extends string> = IsOpen<N> extends true ? N : ScanLabel<N, N, "-", []>;

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

/** True for `^[A-Za-z_][A-Za-z0-9_]*$`. */
export type ScanIdentifier<N extends string> = N extends `${Digit}${string}` | "" ? false : ScanWord<N>;
type ScanWord<N extends string> = N extends `${infer A}${infer B}${infer R}`
  ? A | B extends Character
    ? ScanWord<R>
    : false
  : N extends Character | ""
    ? true
    : false;

export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** Ends the messages on names: the one kind refuses what the other takes. */
export type NamesRule = "pipelines are named with '-', validations and alerts with '_'";
export const namesRule: NamesRule = "pipelines are named with '-', validations and alerts with '_'";

type BadPipelineName<N extends string> =
  `pipeline name '${N}' is not allowed: use lower-case letters, digits and '-', with a letter or digit at both ends; ${NamesRule}`;
const badPipelineName = (name: string): string =>
  `pipeline name '${name}' is not allowed: use lower-case letters, digits and '-', with a letter or digit at both ends; ${namesRule}`;

type LongPipelineName = "the pipeline name is too long: it must be under 64 characters";
const longPipelineName: LongPipelineName = "the pipeline name is too long: it must be under 64 characters";
