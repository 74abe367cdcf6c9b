import type { Problem } from "../errors.js";
import { isIdentifier, type Digit, type ScanIdentifier } from "../names.js";
import { kindOf } from "../value-kind.js";
import type { AlertTaken, BeforeInference } from "./step-types.js";
import {
  badAlertName,
  badDuration,
  reservedAlertName,
  takenAlertName,
  type BadAlertName,
  type BadDuration,
  type NoInferenceBeforeAlert,
  type ReservedAlertName,
  type TakenAlertName,
} from "../messages/alerts.js";

/**
 * The rows of an alert's window, as its condition sees them. Functions see one row, as a validation at this place does. A
 * row for which a model that the function reads gave no answer is left out. No aggregate gives -0.
 */
export interface AlertRows<out R> {
  /** How many rows there are, or for how many the condition is true; 0 when there is none. */
  count(where?: (row: R) => boolean): number;
  /** The sum, added from the least value to the greatest; 0 of no rows, NaN where a value is NaN. */
  sum(value: (row: R) => number): number;
  /** The sum divided by the number of rows; NaN of no rows. */
  avg(value: (row: R) => number): number;
  /** The least value; NaN of no rows, and where a value is NaN. */
  min(value: (row: R) => number): number;
  /** The greatest value; NaN of no rows, and where a value is NaN. */
  max(value: (row: R) => number): number;
  /**
   * The value below which the share `q` of the rows lies, between the two nearest ranks by their distance, as numpy and
   * DuckDB's `quantile_cont` do; NaN of no rows, and where a value is NaN.
   * @param q a constant from 0 to 1
   */
  quantile(q: number, value: (row: R) => number): number;
  /** The share of the rows for which the condition is true, from 0 to 1; NaN of no rows. */
  share(where: (row: R) => boolean): number;
}

/** How far back an alert looks, and how long its condition must hold. */
export interface AlertOptions<D extends string, F extends string> {
  /** The rows of the last `over`: a whole number and `s`, `m`, `h` or `d`, from `"1s"` to `"30d"`. */
  readonly over: Duration<D, "over">;
  /** How long the condition must hold before the alert fires; at once unless given. */
  readonly for?: Duration<F, "for">;
}

/** An identifier that no other alert has. `N`, or what is wrong with it. */
export type AlertName<N extends string, Names extends string, Steps> = string extends N
  ? N
  : BeforeInference<Steps> extends true
    ? NoInfer<NoInferenceBeforeAlert<N>>
    : N extends Reserved
      ? ReservedAlertName<N>
      : AlertTaken<N> extends Names
        ? TakenAlertName<N>
        : ScanIdentifier<N> extends true
          ? N
          : BadAlertName<N>;

/** An object cannot hold a key `__proto__` of its own. */
type Reserved = typeof reserved;
const reserved = "__proto__";

export function alertNameProblem(name: unknown, taken: ReadonlySet<string>): Problem | null {
  if (typeof name !== "string")
    return { code: "SL2080", message: `an alert name must be a string, not ${kindOf(name)}` };
  const details = { alert: name };
  if (name === reserved) return { code: "SL2081", message: reservedAlertName(name), details };
  if (taken.has(name)) return { code: "SL2082", message: takenAlertName(name), details };
  return isIdentifier(name) ? null : { code: "SL2080", message: badAlertName(name), details };
}

/** `D`, or what is wrong with it. */
export type Duration<D extends string, Option extends string> = string extends D
  ? D
  : Fits<D> extends true
    ? D
    : NoInfer<BadDuration<Option, D>>;

/** The most of each unit: 30 days. */
type Most = typeof most;
const most = { s: "2592000", m: "43200", h: "720", d: "30" } as const;
const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

type Fits<D extends string> = D extends `${infer N}s`
  ? FitsAmount<N, Most["s"]>
  : D extends `${infer N}m`
    ? FitsAmount<N, Most["m"]>
    : D extends `${infer N}h`
      ? FitsAmount<N, Most["h"]>
      : D extends `${infer N}d`
        ? FitsAmount<N, Most["d"]>
        : false;
type FitsAmount<N extends string, Max extends string> = N extends "" | `0${string}` ? false : AtMost<N, Max>;
/** Digit by digit from the left; the first that differs decides, where both are of one length. */
type AtMost<N extends string, Max extends string, So = "equal"> = N extends `${infer A}${infer NR}`
  ? A extends Digit
    ? Max extends `${infer B}${infer MR}`
      ? AtMost<NR, MR, So extends "equal" ? Compared<A, B> : So>
      : false
    : false
  : Max extends ""
    ? So extends "more"
      ? false
      : true
    : true;
type Compared<A extends string, B extends string> = A extends B
  ? "equal"
  : "0123456789" extends `${string}${A}${string}${B}${string}`
    ? "less"
    : "more";

/** The seconds of `"5m"`, or null where it is no duration from 1 s to 30 d. */
export function secondsIn(duration: unknown): number | null {
  const [, amount = "", unit = ""] = (typeof duration === "string" && /^([1-9]\d{0,6})([smhd])$/.exec(duration)) || [];
  const seconds = Number(amount) * (secondsOf[unit as keyof typeof secondsOf] ?? Number.NaN);
  return seconds <= Number(most.s) ? seconds : null;
}

export function durationProblem(option: string, duration: unknown): Problem | null {
  if (secondsIn(duration) !== null) return null;
  return { code: "SL2085", message: badDuration(option, typeof duration === "string" ? duration : kindOf(duration)) };
}
