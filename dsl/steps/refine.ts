import type { CheckState } from "../check/check-state.js";
import type { PortState } from "../check/port-state.js";
import type { FirstText, TextIn, TextOf } from "../check/flaws.js";
import { byCodeUnit, firstFiveNames, type FirstFiveNames } from "../messages/first-five-names.js";
import { requestSource } from "../messages/shapes.js";
import { needsSelect, type NeedsSelect } from "../messages/steps.js";
import { withSizes } from "../shapes/feeds.js";
import type { ByText } from "../names.js";
import { isRecord, kindOf } from "../value-kind.js";
import type { AlternativesOf, ChoicesOfRecord, IsOneRecord, IsPlainRecord, TextElse } from "../shapes/alternatives.js";
import type { IsOne, NamesOf, Sorted } from "../shapes/port-names.js";
import { rowShape } from "../rows.js";
import type { Dim, Tensor } from "../tensor.js";
import type { MultiModelOf } from "./multi-model.js";
import { frozenCopy, noModels, type StepDefinition } from "./step-definition.js";
import type { At, NewStep, SourceOf } from "./step-kinds.js";
import type { PairsOf, RecordOf, Unstated } from "./step-list.js";

/** Replaces symbols of the current outputs by sizes. Every batch is checked for them. */
export interface RefineStep {
  readonly kind: "refine";
  readonly sizes: Readonly<Record<string, number>>;
}

/** Symbol -> size. */
export type SizeOption = Readonly<Record<string, number>>;

function refineStep(sizes: SizeOption): RefineStep {
  return Object.freeze({ kind: "refine", sizes: frozenCopy(sizes) });
}

// ---------------------------------------------------------------- types

/** The type-level form of a refine step: sizes for symbols, a union of `readonly [symbol, size]`. */
export interface Refine<out Pairs> {
  readonly sizes: Pairs;
}

/** The sizes `Z` where `Out` has all their symbols; the text of a wrong one is the type of its property. */
export type Sizes<Z extends SizeOption, Out, In, Steps> =
  Unselected<Out, Steps> extends never
    ? IsOneRecord<Z> extends true
      ? [keyof Z] extends [never]
        ? NoInfer<NoSymbols>
        : string extends keyof Z
          ? Z // `{}` is inferred from this branch alone.
          : { readonly [S in keyof Z]: Size<S & string, Z[S], Out, In, Steps> }
      : NoInfer<TextElse<SizesTextOfEach<ChoicesOfRecord<Z>, Out, In, Steps>, Z>>
    : NoInfer<Unselected<Out, Steps>>;
type SizesTextOfEach<Z, Out, In, Steps> = Z extends unknown
  ? [keyof Z] extends [never]
    ? NoSymbols
    : TextIn<SizesFlaw<Z, Out, In, Steps, NamesOf<Z>>>
  : never;
type Unselected<Out, Steps> = Out extends readonly unknown[]
  ? NeedsSelect<MultiModelOf<Steps>["index"], Out["length"], ".refine()">
  : never;

type Size<S extends string, N extends number, Out, In, Steps> = string extends S
  ? N
  : 0 extends 1 & N
    ? N // A name that an author has not finished.
    : NoInfer<
        TextElse<IsOne<Out> extends true ? SizeText<S, N, Out, Steps> : SizeTextAt<AlternativesOf<In, Steps>, S, N>, N>
      >;
type SizeTextAt<States, S extends string, N extends number> =
  States extends At<infer _In, infer Out, infer _Checks, infer Steps, infer _ByModel, infer _Names>
    ? SizeText<S, N, Out, Steps>
    : never;
type SizeText<S extends string, N extends number, Out, Steps> =
  S extends SymbolsOf<Out>
    ? N extends unknown
      ? `${N}` extends "0" | `-${string}` | `${string}.${string}` | `${string}e-${string}` | "Infinity"
        ? NoSize<S, N>
        : never
      : never
    : NoSymbol<S, SourceOf<Steps>, Sorted<SymbolsOf<Out>>>;

/** A tensor of unknown rank has no symbols. */
type SymbolsOf<Out> = {
  [K in keyof Out]: Out[K] extends Tensor<infer _D, infer S>
    ? number extends S["length"]
      ? never
      : S[number] extends infer A
        ? A extends null | "batch"
          ? never
          : A extends string
            ? A
            : never
        : never
    : never;
}[keyof Out];

/** For completions: the symbols. */
export type SizeHints<Out> = { readonly [S in SymbolsOf<Out>]: number };

/** The tensors `Out` with symbols replaced by sizes. */
export type Refined<Out, Z> =
  IsPlainRecord<Z> extends true ? RefinedBy<Out, ByText<Z>> : RefinedByEach<Out, ChoicesOfRecord<Z>>;
type RefinedByEach<Out, Z> = Z extends unknown ? RefinedBy<Out, ByText<Z>> : never;
type RefinedBy<Out, Z> = Out extends readonly unknown[]
  ? Out
  : {
      readonly [K in keyof Out]: Out[K] extends Tensor<infer D, infer S>
        ? number extends S["length"]
          ? Out[K]
          : Tensor<
              D,
              {
                [A in keyof S]: S[A] extends null
                  ? null
                  : S[A] extends keyof Z
                    ? Z[S[A]] extends infer N extends Dim
                      ? N
                      : never
                    : S[A];
              }
            >
        : never;
    };

/**
 * The problem of a refine step after an edit; false if there is none. The compiler infers no sizes where they are
 * refused: then the edit must not be checked further.
 */
export type RefineFlaw<Pairs, Out, In, Steps> = [Pairs] extends [never]
  ? NoSymbols
  : Out extends readonly unknown[]
    ? Unselected<Out, Steps>
    : SizesFlaw<RecordOf<Pairs>, Out, In, Steps, NamesOf<RecordOf<Pairs>>>;
type SizesFlaw<Z, Out, In, Steps, Names> = Names extends readonly [infer S extends keyof Z & string, ...infer Rest]
  ? FirstText<
      Z[S] extends infer N extends number ? TextOf<Size<S, N, Out, In, Steps>> : false,
      SizesFlaw<Z, Out, In, Steps, Rest>
    >
  : false;

/** `.refine` in the callback of an edit. */
export interface AtRefine<In, Out, Steps> {
  /** For editors. */
  refine(sizes: Partial<SizeHints<Out>>, no: never): NewStep<Refine<never>>;
  refine<const Z extends SizeOption = SizeHints<Out>>(
    sizes: Sizes<Z, [Out] extends [Unstated] ? object : Out, In, Steps>,
  ): NewStep<Refine<PairsOf<Z>>>;
}

/** `.refine` if the compiler does not know the steps. */
export interface UncheckedRefine<out P> {
  refine(sizes: SizeOption): P;
}

// ---------------------------------------------------------------- run time

export function checkRefine(state: CheckState, step: RefineStep, index: number): void {
  const sizes: unknown = step.sizes;
  if (typeof sizes !== "object" || sizes === null || Array.isArray(sizes)) {
    return state.report("SL2073", `the sizes of step ${index} must be { symbol: size }`, index);
  }
  const { tuple } = state;
  if (tuple !== null) return state.report("SL2026", needsSelect(tuple.step, tuple.outputs.length, ".refine()"), index);
  if (Object.keys(sizes).length === 0) return state.report("SL2072", noSymbols, index);
  const symbols = new Set(
    state.outputs.flatMap(({ shape }) => rowShape(shape) ?? []).filter((dim) => typeof dim === "string"),
  );
  const refined = new Map<unknown, number>();
  const entries = Object.entries(sizes as Readonly<Record<string, unknown>>);
  for (const [symbol, size] of entries.sort(([a], [b]) => byCodeUnit(a, b))) {
    if (!symbols.has(symbol)) {
      state.report("SL2070", noSymbol(symbol, state.source ?? requestSource, [...symbols]), index, { symbol });
    } else if (!Number.isSafeInteger(size) || (size as number) < 1) {
      state.report("SL2071", noSize(symbol, typeof size === "number" ? size : kindOf(size)), index, { symbol });
    }
    if (typeof size === "number") refined.set(symbol, size);
  }
  for (const { name, shape } of state.outputs) {
    for (const [axis, dim] of (rowShape(shape) ?? []).entries()) {
      const expects = refined.get(dim);
      if (expects !== undefined) state.checks.push({ step: index, model: null, input: name, axis, expects });
    }
  }
}

export function advanceRefine(state: PortState, step: RefineStep): void {
  const sizes: unknown = step.sizes;
  if (state.tuple !== null || !isRecord(sizes)) return;
  state.outputs = withSizes(state.outputs, (symbol) => {
    const size = Object.hasOwn(sizes, symbol) ? sizes[symbol] : symbol;
    return typeof size === "number" ? size : symbol;
  });
}

export const refineKind = {
  method: "refine",
  arity: 1,
  create: refineStep,
  modelsOf: noModels,
} satisfies StepDefinition<RefineStep>;

// ---------------------------------------------------------------- messages

type NoSymbol<
  S extends string,
  Source extends string,
  Names extends readonly string[],
> = `cannot refine '${S}': ${Source} ${Names extends readonly [] ? "no symbols" : `only ${FirstFiveNames<Names>}`}`;
const noSymbol = (symbol: string, source: string, names: readonly string[]): string =>
  `cannot refine '${symbol}': ${source} ${names.length === 0 ? "no symbols" : `only ${firstFiveNames(names)}`}`;

type NoSize<
  S extends string,
  Size extends number,
> = `cannot refine '${S}' to ${Size}: a size is a whole number of 1 or more`;
const noSize = (symbol: string, size: number | string): string =>
  `cannot refine '${symbol}' to ${size}: a size is a whole number of 1 or more`;

type NoSymbols = "a refine step needs at least one symbol";
const noSymbols: NoSymbols = "a refine step needs at least one symbol";
