import type { SeveralOf, SourceOf } from "./step-types.js";
import type { Sorted } from "../shapes/port-names.js";
import type { Dim, Tensor } from "../tensor.js";
import type { NeedsSelect, NoSize, NoSymbol, NoSymbols } from "../messages/steps.js";

/** Symbol -> size. */
export type SizeOption = Readonly<Record<string, number>>;

/** The sizes `Z` where all their symbols stand in `Out`; what is wrong with one stands at its property. */
export type Sizes<Z extends SizeOption, Out, Steps> = Out extends readonly unknown[]
  ? NoInfer<NeedsSelect<SeveralOf<Steps>["index"], Out["length"], ".refine()">>
  : [keyof Z] extends [never]
    ? NoInfer<NoSymbols>
    : string extends keyof Z
      ? Z // `{}` is inferred from this branch alone.
      : { readonly [S in keyof Z]: Size<S & string, Z[S], Out, Steps> };

export type Size<S extends string, N extends number, Out, Steps> = string extends S
  ? N
  : S extends SymbolsOf<Out>
    ? `${N}` extends "0" | `-${string}` | `${string}.${string}` | `${string}e-${string}` | "Infinity"
      ? NoInfer<NoSize<S, N>>
      : N
    : NoInfer<NoSymbol<S, SourceOf<Steps>, Sorted<SymbolsOf<Out>>>>;

/** A tensor of unknown rank names none. */
type SymbolsOf<Out> = {
  [K in keyof Out]: Out[K] extends Tensor<infer _D, infer S>
    ? number extends S["length"]
      ? never
      : S[number] extends infer A
        ? A extends null
          ? never
          : A extends string
            ? A
            : never
        : never
    : never;
}[keyof Out];

/** The tensors `Out` with sizes in the place of symbols. */
export type Refined<Out, Z> = Out extends readonly unknown[]
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
