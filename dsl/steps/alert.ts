import type { CheckState } from "../check/check-state.js";
import type { TextOf } from "../check/flaws.js";
import type { Problem } from "../errors.js";
import {
  isIdentifier,
  type Digit,
  type IsOpen,
  type IsRefused,
  type ScanIdentifier,
  namesRule,
  type NamesRule,
} from "../names.js";
import { kindOf } from "../value-kind.js";
import type { OneText } from "../shapes/alternatives.js";
import type { RowOf, UnknownRow } from "../row.js";
import type { AlertEntry } from "./logged-names.js";
import { noModels, type StepDefinition } from "./step-definition.js";
import type { BeforeInference, NewStep } from "./step-kinds.js";
import type { Unstated } from "./step-list.js";

/** A named condition over the rows of a window. */
export interface AlertStep {
  readonly kind: "alert";
  readonly name: string;
  readonly condition: (all: never) => unknown;
  /** The window: `"5m"`. */
  readonly over: string;
  /** How long the condition must hold before the alert fires; null: it fires immediately. */
  readonly for: string | null;
}

function alertStep(
  name: string,
  condition: (all: never) => unknown,
  options: { readonly over: string; readonly for?: string },
): AlertStep {
  const { over, for: duration = null } = { ...options };
  return Object.freeze({ kind: "alert", name, condition, over, for: duration });
}

/** An object cannot have an own key `__proto__`. */
const reserved = "__proto__";

/** The longest duration in each unit: 30 days. */
const longest = { s: "2592000", m: "43200", h: "720", d: "30" } as const;
const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

// ---------------------------------------------------------------- types

/** The type-level form of an alert. */
export interface Alert<out N extends string> {
  readonly alert: N;
}

/**
 * The rows of an alert's window, as its condition sees them. The functions take one row, like a validation at the same
 * position. A row is left out if a model that the function reads gave no answer for it. No aggregate returns -0.
 */
export interface AlertRows<out R> {
  /** The number of rows, or of rows for which `where` is true; 0 without rows. */
  count(where?: (row: R) => boolean): number;
  /** The sum, added from the smallest value to the largest; 0 without rows, NaN if a value is NaN. */
  sum(value: (row: R) => number): number;
  /** The sum divided by the number of rows; NaN without rows. */
  avg(value: (row: R) => number): number;
  /** The smallest value; NaN without rows or if a value is NaN. */
  min(value: (row: R) => number): number;
  /** The largest value; NaN without rows or if a value is NaN. */
  max(value: (row: R) => number): number;
  /**
   * The value below which the share `q` of the rows lies, interpolated linearly between the two nearest ranks, like
   * numpy and DuckDB's `quantile_cont`; NaN without rows or if a value is NaN.
   * @param q a constant from 0 to 1
   */
  quantile<const Q extends number>(q: Quantile<Q>, value: (row: R) => number): number;
  /** The share of the rows for which the condition is true, from 0 to 1; NaN without rows. */
  share(where: (row: R) => boolean): number;
}

/** `Q` if it is from 0 to 1 or not known, else the error message. */
export type Quantile<Q extends number> = `${Q}` extends infer T
  ? T extends "0" | "1" | `0.${string}` | `${Digit}${string}e-${string}`
    ? Q
    : number extends Q
      ? Q
      : NoInfer<NoQuantile>
  : never;

/** The window of an alert, and how long its condition must hold. */
export interface AlertOptions<D extends string, F extends string> {
  /** The window, up to now: a whole number and `s`, `m`, `h` or `d`, from `"1s"` to `"30d"`. */
  readonly over: Duration<D, "over">;
  /** How long the condition must hold before the alert fires. By default it fires immediately. */
  readonly for?: Duration<F, "for">;
}

/** For completions: usual durations. */
export type DurationHints = "1m" | "5m" | "15m" | "1h" | "24h";

/** An identifier that no other alert has. `N`, or the error message. */
export type AlertName<N extends string, Names extends string, Steps> =
  BeforeInference<Steps> extends true
    ? NoInfer<NoInferenceBeforeAlert<N>>
    : IsOpen<N> extends true
      ? N
      : N extends typeof reserved
        ? ReservedAlertName<N>
        : AlertEntry<N> extends Names
          ? TakenAlertName<N>
          : ScanIdentifier<N> extends true
            ? N
            : BadAlertName<N>;

/** Whether `AlertName` is a message: every message fits the name `string`. */
export type IsRefusedAlert<N extends string, Names extends string, Steps> = [unknown] extends [N]
  ? false
  : string extends N
    ? BeforeInference<Steps>
    : [AlertName<N, Names, Steps>] extends [N]
      ? false
      : true;

/** `D`, or the error message. */
export type Duration<D extends string, Option extends string> =
  true extends IsRefused<D, CheckedDuration<D>> ? NoInfer<BadDuration<Option, OneText<NoDurations<D>>>> : D;
type CheckedDuration<D extends string> = IsOpen<D> extends true ? D : IsDuration<D> extends true ? D : false;
type NoDurations<D extends string> = D extends unknown ? (CheckedDuration<D> extends string ? never : D) : never;

type Longest = typeof longest;
type IsDuration<D extends string> = D extends `${infer N}s`
  ? FitsAmount<N, Longest["s"]>
  : D extends `${infer N}m`
    ? FitsAmount<N, Longest["m"]>
    : D extends `${infer N}h`
      ? FitsAmount<N, Longest["h"]>
      : D extends `${infer N}d`
        ? FitsAmount<N, Longest["d"]>
        : false;
type FitsAmount<N extends string, Max extends string> = N extends "" | `0${string}` ? false : AtMost<N, Max>;
/** Compares digit by digit from the left. With equal lengths, the first different digit decides. */
type AtMost<N extends string, Max extends string, Order = "equal"> = N extends `${infer A}${infer NR}`
  ? A extends Digit
    ? Max extends `${infer B}${infer MR}`
      ? AtMost<NR, MR, Order extends "equal" ? Compared<A, B> : Order>
      : false
    : false
  : Max extends ""
    ? Order extends "more"
      ? false
      : true
    : true;
type Compared<A extends string, B extends string> = A extends B
  ? "equal"
  : "0123456789" extends `${string}${A}${string}${B}${string}`
    ? "less"
    : "more";

/** The problem of the name of an alert after an edit; false if there is none. */
export type AlertFlaw<N extends string, Names extends string, Steps> = TextOf<AlertName<N, Names, Steps>, N>;

/** `.alert` in the callback of an edit. */
export interface AtAlert<In, Out, Steps, ByModel, Names extends string> {
  /** For editors. */
  alert<const N extends string>(
    name: N,
    condition: (all: AlertRows<[Out] extends [Unstated] ? UnknownRow : RowOf<In, Out, ByModel>>) => boolean,
    options: AlertOptions<DurationHints, DurationHints>,
    no: never,
  ): NewStep<Alert<N>>;
  alert<const N extends string, const D extends string, const F extends string = never>(
    // From the bare `N`, the compiler infers it.
    name: true extends IsRefusedAlert<N, Names, Steps> ? NoInfer<AlertName<N, Names, Steps>> : N,
    condition: (all: AlertRows<[Out] extends [Unstated] ? UnknownRow : RowOf<In, Out, ByModel>>) => boolean,
    options: AlertOptions<D, F>,
  ): NewStep<Alert<N>>;
}

/** `.alert` if the compiler does not know the steps. */
export interface UncheckedAlert<out P> {
  alert<R = UnknownRow>(
    name: string,
    condition: (all: AlertRows<R>) => boolean,
    options: { readonly over: string; readonly for?: string },
  ): P;
}

// ---------------------------------------------------------------- run time

export function checkAlert(state: CheckState, step: AlertStep, index: number): void {
  const { name, condition } = step;
  const details = { alert: name };
  if (state.source === null && typeof name === "string") {
    state.report("SL2083", noInferenceBeforeAlert(name), index, details);
  }
  const problem = nameProblem(name, state.alerts);
  if (problem !== null) state.problems.push({ ...problem, details: { ...problem.details, step: index } });
  if (typeof condition !== "function") {
    const message = `alert '${name}' needs a function of the window's rows, not ${kindOf(condition)}`;
    state.report("SL2084", message, index, details);
  }
  checkDuration(state, "over", step.over, index, details);
  if (step.for !== null) checkDuration(state, "for", step.for, index, details);
  state.alerts.add(name);
}

function nameProblem(name: unknown, taken: ReadonlySet<string>): Problem | null {
  if (typeof name !== "string")
    return { code: "SL2080", message: `an alert name must be a string, not ${kindOf(name)}` };
  const details = { alert: name };
  if (name === reserved) return { code: "SL2081", message: reservedAlertName(name), details };
  if (taken.has(name)) return { code: "SL2082", message: takenAlertName(name), details };
  return isIdentifier(name) ? null : { code: "SL2080", message: badAlertName(name), details };
}

/** Whether an alert may have the name. */
export function isAlertName(name: string): boolean {
  return nameProblem(name, new Set()) === null;
}

function checkDuration(state: CheckState, option: string, duration: unknown, index: number, details: object): void {
  if (secondsIn(duration) !== null) return;
  const given = typeof duration === "string" ? duration : kindOf(duration);
  state.report("SL2085", badDuration(option, given), index, { ...details });
}

/** The seconds of a duration such as `"5m"`; null if it is not a duration from 1 s to 30 d. */
export function secondsIn(duration: unknown): number | null {
  const [, amount = "", unit = ""] = (typeof duration === "string" && /^([1-9]\d{0,6})([smhd])$/.exec(duration)) || [];
  const seconds = Number(amount) * (secondsOf[unit as keyof typeof secondsOf] ?? Number.NaN);
  return seconds <= Number(longest.s) ? seconds : null;
}

export const alertKind = {
  method: "alert",
  arity: 3,
  options: ["over", "for"],
  create: alertStep,
  modelsOf: noModels,
} satisfies StepDefinition<AlertStep>;

// ---------------------------------------------------------------- messages

type NoQuantile = "'quantile' takes a constant from 0 to 1";

type BadAlertName<N extends string> =
  `alert name '${N}' is not an identifier: use letters, digits and '_', and no digit at the beginning; ${NamesRule}`;
const badAlertName = (name: string): string =>
  `alert name '${name}' is not an identifier: use letters, digits and '_', and no digit at the beginning; ${namesRule}`;

type ReservedAlertName<N extends string> = `alert name '${N}' is reserved: choose another`;
const reservedAlertName = (name: string): string => `alert name '${name}' is reserved: choose another`;

type TakenAlertName<N extends string> = `alert name '${N}' is taken: choose another`;
const takenAlertName = (name: string): string => `alert name '${name}' is taken: choose another`;

export type NoInferenceBeforeAlert<N extends string> = `alert '${N}' needs an inference step before it`;
const noInferenceBeforeAlert = (name: string): string => `alert '${name}' needs an inference step before it`;

type BadDuration<
  Option extends string,
  D extends string,
> = `'${Option}' is not a duration: '${D}'; write a whole number and s, m, h or d, from '1s' to '30d'`;
const badDuration = (option: string, duration: string): string =>
  `'${option}' is not a duration: '${duration}'; write a whole number and s, m, h or d, from '1s' to '30d'`;
