import type { Fits, Next } from "../shapes/fits.js";
import type { Model } from "../model.js";
import type { NamesBefore } from "./shadow.js";
import type { IsAudited, LoggedName, SeveralOf } from "./step-types.js";
import type {
  AuditedAlready,
  EmptySlice,
  LoggedAlready,
  NeedsModels,
  NoModels,
  NoSlice,
  RepeatedModel,
  SelectOutOfRange,
  SliceOutOfRange,
} from "../messages/steps.js";

// The types of a tuple of outputs: models, audit and select. `walk-several.ts` is their run-time side.

/** The models `Ms` where all fit `Out`; what is wrong with one stands at that element. */
export type Members<Out, Ms extends readonly Model[], Names, Steps> = [Ms] extends [readonly []]
  ? NoInfer<NoModels>
  : { readonly [I in keyof Ms]: Member<Out, Ms[I], NamesBefore<Ms, I>, Names, Steps> };

export type Member<Out, M extends Model, Before extends string, Names, Steps> = string extends M["name"]
  ? M
  : M["name"] extends Before
    ? NoInfer<RepeatedModel<M["name"], "models step">>
    : LoggedName<M["name"]> extends Names
      ? NoInfer<LoggedAlready<M["name"]>>
      : Fits<Out, M, Steps>;

/** The outputs of all models, in their order. */
export type TupleOf<Out, Ms extends readonly Model[]> = { readonly [I in keyof Ms]: Next<Out, Ms[I]> };

/** The outputs of all models by name. */
export type OutputsByName<Out, Ms extends readonly Model[]> = { readonly [M in Ms[number] as M["name"]]: Next<Out, M> };

/** `S` where it is a slice of the tuple `Out`, else what is wrong with it. */
export type Slice<S extends string, Out, Steps> = Out extends readonly unknown[]
  ? IsAudited<Steps> extends true
    ? NoInfer<AuditedAlready<SeveralOf<Steps>["index"]>>
    : string extends S
      ? S
      : NotSlice<S, Out, Steps>
  : NoInfer<NeedsModels<"audit">>;

/** Looked at for every audit, also for the bound of `S`: as `NotSelected` below. */
type NotSlice<S extends string, Out extends readonly unknown[], Steps> = S extends infer T extends string
  ? string extends T
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
            : NoInfer<EmptySlice<Shown<B>>>
          : S
        : NoInfer<SliceOutOfRange<Shown<B>, SeveralOf<Steps>["index"], Out["length"]>>
    : never;
type InRange<From extends number, To, Out extends readonly unknown[]> = `${From}` extends keyof Out
  ? To extends number
    ? `${To}` extends keyof Out | `${Out["length"]}`
      ? true
      : false
    : true
  : false;

/** `"1:3"` as `[1, 3]`, no end as `"end"`; `never` where it is no slice. */
type Bounds<S extends string> = S extends ""
  ? never
  : S extends `${infer From}:${infer To}`
    ? Pair<Count<From, 0>, Count<To, "end">>
    : Pair<Count<S, 0>, "end">;
type Pair<From, To> = [From] extends [never] ? never : [To] extends [never] ? never : readonly [From, To];
/** `never` where the text is no whole number from 0 on; `Missing` where it is empty. */
type Count<S extends string, Missing> = S extends ""
  ? Missing
  : S extends `${infer N extends number}`
    ? number extends N
      ? never
      : `${N}` extends `-${string}` | `${string}.${string}` | `${string}e${string}`
        ? never
        : N
    : never;

type Shown<B> = B extends readonly [infer From extends number, infer To]
  ? `${From}:${To extends number ? To : ""}`
  : never;

/** 0 up to, and without, `N`. */
export type Below<N extends number, A extends readonly number[] = []> = A["length"] extends N
  ? A[number]
  : Below<N, readonly [...A, A["length"]]>;

/** The models that a slice takes, by name. */
export type AuditedNames<S extends string, Ms> = string extends S ? never : Taken<Bounds<S>, Ms>;

type Taken<B, Ms, Passed extends readonly 0[] = [], Names = never> = Ms extends readonly [
  infer M extends Model,
  ...infer Rest,
]
  ? B extends readonly [infer From extends number, infer To]
    ? Taken<
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

/** `I` where the tuple `Out` has such an output, else what is wrong. */
export type SelectIndex<I extends number, Out, Steps> = Out extends readonly unknown[]
  ? number extends I | Out["length"]
    ? I
    : `${I}` extends keyof Out
      ? I
      : NoInfer<NotSelected<I, Out, Steps>>
  : NoInfer<NeedsModels<"select">>;

/** The compiler looks at this text for every selection, also for the bound of `I`: where no index is known it must come without a walk through the list of steps. */
type NotSelected<I extends number, Out extends readonly unknown[], Steps> = I extends infer J extends number
  ? SelectOutOfRange<J, number extends J ? number : SeveralOf<Steps>["index"], Out["length"]>
  : never;

/** The output that goes on; all of them where there is no such one. */
export type Selected<Out, I extends number> = Out extends readonly object[]
  ? number extends I | Out["length"]
    ? Out[I]
    : `${I}` extends keyof Out
      ? Out[I]
      : Out
  : Out;
