import type { CheckState } from "../check/check-state.js";
import type { PortState } from "../check/port-state.js";
import type { TextOf } from "../check/flaws.js";
import type { Model } from "../model.js";
import type { IsOpen } from "../names.js";
import { kindOf } from "../value-kind.js";
import type { LoggedModelEntry } from "./logged-names.js";
import { isCount, needsModels, type IsAudited, type MultiModelOf, type NeedsModels } from "./multi-model.js";
import { noModels, type StepDefinition } from "./step-definition.js";
import type { NewStep } from "./step-kinds.js";
import type { Below } from "./step-list.js";

/** Which outputs of the tuple are logged: `from` is inclusive, `to` is exclusive; `null` is the end. */
export interface AuditStep {
  readonly kind: "audit";
  readonly from: number;
  readonly to: number | null;
}

/**
 * `slice` in the platform's notation: `"1:"`, `"1:3"`, `":2"`, and `"1"`, which means `"1:"`. Any other text is kept in
 * `from`, so that the check can name it.
 */
function auditStep(slice: string): AuditStep {
  const given: unknown = slice;
  const text = typeof given === "string" ? given : kindOf(given);
  const [, from, to] = /^(0|[1-9]\d*|)(?::(0|[1-9]\d*|))?$/.exec(text) ?? [];
  if (from === undefined || text === "")
    return Object.freeze({ kind: "audit", from: text as unknown as number, to: null });
  return Object.freeze({ kind: "audit", from: Number(from), to: to === undefined || to === "" ? null : Number(to) });
}

// ---------------------------------------------------------------- types

/** The type-level form of an audit of the slice `S`. */
export interface Audit<out S extends string> {
  readonly audit: S;
}

/** `S` if it is a slice of the tuple `Out`, else the error message. */
export type Slice<S extends string, Out, Steps> = Out extends readonly unknown[]
  ? IsAudited<Steps> extends true
    ? NoInfer<AuditedAlready<MultiModelOf<Steps>["index"]>>
    : IsOpen<S> extends true
      ? S
      : SliceIn<S, Out, Steps>
  : NoInfer<NeedsModels<"audit">>;

/** For completions: slices of the tuple with one end. */
export type SliceHints<Out> = Out extends readonly unknown[]
  ? number extends Out["length"]
    ? string
    : `${Below<Out["length"]>}:` | `:${Exclude<Below<Out["length"]>, 0>}`
  : string;

/**
 * The compiler evaluates this for every audit, also for the constraint of `S`: where `S` is not known, it must not
 * traverse the list of steps.
 */
type SliceIn<S extends string, Out extends readonly unknown[], Steps> = S extends infer T extends string
  ? IsOpen<T> extends true
    ? T
    : NoInfer<SliceText<T, Bounds<T>, Out, Steps>>
  : never;

type SliceText<S extends string, B, Out extends readonly unknown[], Steps> = [B] extends [never]
  ? NoInfer<NoSlice<S>>
  : B extends readonly [infer From extends number, infer To]
    ? number extends Out["length"]
      ? S
      : InRange<From, To, Out> extends true
        ? To extends number
          ? From extends Below<To>
            ? S
            : NoInfer<EmptySlice<ShowBounds<B>>>
          : S
        : NoInfer<SliceOutOfRange<ShowBounds<B>, MultiModelOf<Steps>["index"], Out["length"]>>
    : never;
type InRange<From extends number, To, Out extends readonly unknown[]> = `${From}` extends keyof Out
  ? To extends number
    ? `${To}` extends keyof Out | `${Out["length"]}`
      ? true
      : false
    : true
  : false;

/** `"1:3"` as `[1, 3]`, an open end as `"end"`; `never` where the text is not a slice. */
type Bounds<S extends string> = S extends ""
  ? never
  : S extends `${infer From}:${infer To}`
    ? Pair<Count<From, 0>, Count<To, "end">>
    : Pair<Count<S, 0>, "end">;
type Pair<From, To> = [From] extends [never] ? never : [To] extends [never] ? never : readonly [From, To];
/** `Missing` where the text is empty; `never` where it is not a whole number of 0 or more. */
type Count<S extends string, Missing> = S extends ""
  ? Missing
  : S extends `${infer N extends number}`
    ? number extends N
      ? never
      : `${N}` extends `-${string}` | `${string}.${string}` | `${string}e${string}`
        ? never
        : N
    : never;

type ShowBounds<B> = B extends readonly [infer From extends number, infer To]
  ? `${From}:${To extends number ? To : ""}`
  : never;

/** The names that an audit of `Slice` adds to the log. */
export type AuditNames<Slice extends string, Steps> = LoggedModelEntry<
  AuditedNames<Slice, MultiModelOf<Steps>["models"]>
>;

/** The names of the models in a slice of `Ms`. */
export type AuditedNames<S extends string, Ms> = IsOpen<S> extends true ? never : NamesWithin<Bounds<S>, Ms>;

type NamesWithin<B, Ms, Passed extends readonly 0[] = [], Names = never> = Ms extends readonly [
  infer M extends Model,
  ...infer Rest,
]
  ? B extends readonly [infer From extends number, infer To]
    ? NamesWithin<
        B,
        Rest,
        [...Passed, 0],
        Passed["length"] extends Below<From>
          ? Names
          : IsBefore<Passed["length"], To> extends true
            ? Names | M["name"]
            : Names
      >
    : Names
  : Names;
type IsBefore<I extends number, To> = To extends number ? (I extends Below<To> ? true : false) : true;

/** The problem of the audit `S` after an edit; false if there is none. */
export type AuditFlaw<S extends string, Out, Steps> = TextOf<Slice<S, Out, Steps>, S>;

/** `AuditFlaw` if the arriving tensors are unchanged: only a second audit is a problem. */
export type RepeatedAuditFlaw<Steps> =
  IsAudited<Steps> extends true ? AuditedAlready<MultiModelOf<Steps>["index"]> : false;

/** `.audit` in the callback of an edit. */
export interface AtAudit<Out, Steps> {
  /** For editors. */
  audit(slice: SliceHints<Out>, no: never): NewStep<Audit<string>>;
  audit<const S extends string = never>(
    slice: S extends unknown ? NoInfer<Slice<S, Out, Steps>> : S,
  ): NewStep<Audit<S>>;
}

/** `.audit` if the compiler does not know the steps. */
export interface UncheckedAudit<out P> {
  audit(slice: string): P;
}

// ---------------------------------------------------------------- run time

export function checkAudit(state: CheckState, step: AuditStep, index: number): void {
  const { from, to } = step;
  const { tuple } = state;
  if (tuple === null) return state.report("SL2027", needsModels("audit"), index);
  if (tuple.audited) return state.report("SL2053", auditedAlready(tuple.step), index);
  if (!isCount(from) || !(to === null || isCount(to))) return state.report("SL2050", noSlice(String(from)), index);
  const slice = `${from}:${to ?? ""}`;
  const count = tuple.outputs.length;
  if (from >= count || (to ?? 0) > count)
    return state.report("SL2052", sliceOutOfRange(slice, tuple.step, count), index);
  if (to !== null && to <= from) state.report("SL2051", emptySlice(slice), index);
}

export function advanceAudit({ tuple, logged }: PortState, { from, to }: AuditStep): void {
  if (tuple === null || tuple.audited) return;
  tuple.audited = true;
  if (isCount(from) && (to ?? 0) <= tuple.outputs.length)
    for (const { name } of tuple.outputs.slice(from, to ?? undefined)) logged.add(name);
}

export const auditKind = {
  method: "audit",
  arity: 1,
  create: auditStep,
  modelsOf: noModels,
} satisfies StepDefinition<AuditStep>;

// ---------------------------------------------------------------- messages

type NoSlice<S extends string> = `audit '${S}' is not a slice: write '1:', '1:3', ':2' or '1'`;
const noSlice = (slice: string): string => `audit '${slice}' is not a slice: write '1:', '1:3', ':2' or '1'`;

type EmptySlice<S extends string> = `audit ${S} selects no output: its end must be after its start`;
const emptySlice = (slice: string): string => `audit ${slice} selects no output: its end must be after its start`;

type SliceOutOfRange<
  S extends string,
  Index extends number,
  Count extends number,
> = `audit ${S} is out of range: step ${Index} produces the outputs of ${Count} models`;
const sliceOutOfRange = (slice: string, index: number, count: number): string =>
  `audit ${slice} is out of range: step ${index} produces the outputs of ${count} models`;

type AuditedAlready<Index extends number> = `the outputs of step ${Index} are already audited`;
const auditedAlready = (index: number): string => `the outputs of step ${index} are already audited`;
