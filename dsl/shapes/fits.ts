import type { Model } from "../model.js";
import type { TextIn } from "../check/flaws.js";
import type { AlternativesOf, ChoicesOfRecord, IsPlainRecord, TextElse } from "./alternatives.js";
import type { ExplainPorts } from "./mismatch.js";
import type { Fed, FedRenamed, IsOne, NamesOf } from "./port-names.js";
import type { OneOfSeveralModels, FedSources, OpenSymbols } from "./sources.js";
import type { MultiModelOf } from "../steps/multi-model.js";
import type { CheckedSources, SourcesFlaw } from "../steps/model.js";
import type { At, SourceOf } from "../steps/step-kinds.js";
import type { IsOpen } from "../names.js";
import type { RowShape } from "../rows.js";
import type { Dim, DType, Port, Tensor } from "../tensor.js";
import type { NeedsSelect } from "../messages/steps.js";

// ---------------------------------------------------------------- types: does a model fit, and what are its outputs

/**
 * `M` where all members of the union `M` fit the arriving tensors `Out`, else the text of the error at the argument.
 * The failure branch is inside `NoInfer`: otherwise `M` would be inferred through both branches. Inlined in `.model`:
 * alias arguments are instantiated again at every step (+25 %).
 */
export type Fits<Out, M extends Model, In, Steps> =
  Unfitting<Out, M> extends never ? M : NoInfer<M["name"] extends string ? Misfits<Out, M, In, Steps> : never>;

/** The members of `M` that do not fit a member of `Out`. */
export type Unfitting<Out, M extends Model> = M extends unknown
  ? Out extends M["inputs"]
    ? never
    : Bound<M["inputs"], Out> extends Refused
      ? M
      : never
  : never;

/**
 * The text of why a member of `M` does not fit; `M` if each pipeline that the unions stand for fits. Asks once more
 * which members do not fit: the compiler evaluates a text even of models that fit, for the constraint of `M`.
 */
export type Misfits<Out, M extends Model, In, Steps> = (
  M extends unknown ? (Unfitting<Out, M> extends never ? never : MisfitText<Out, M, In, Steps>) : never
) extends infer T extends string
  ? TextElse<T, M>
  : never;
type MisfitText<Out, M extends Model, In, Steps> =
  IsOne<Out> extends true ? MisfitsOf<Out, M, Steps> : MisfitsAt<AlternativesOf<In, Steps>, M>;
type MisfitsAt<States, M extends Model> =
  States extends At<infer _In, infer Out, infer _Checks, infer Steps, infer _ByModel, infer _Names>
    ? MisfitsOf<Out, M, Steps>
    : never;
type MisfitsOf<Out, M extends Model, Steps> = M extends unknown
  ? IsFit<Out, M> extends true
    ? never
    : Unfit<Out, M, object, Steps>
  : never;

/** Whether the tensors `Out` fit the model `M`. Neither is a union. */
export type IsFit<Out, M extends Model> = Out extends M["inputs"]
  ? true
  : Bound<M["inputs"], Out> extends Refused
    ? false
    : true;

/** `Fits` with sources. An unknown input, and a source that does not fit alone, is reported at its property only. */
export type FitsRenamed<Out, M extends Model, R, In, Steps> = [keyof R] extends [
  Out extends readonly unknown[] ? keyof R : keyof M["inputs"],
]
  ? NoInfer<
      IsPlain<Out, M, R> extends true
        ? FitsRenamedPlain<Out, M, R, In, Steps>
        : TextElse<RenamedTextAt<AlternativesOf<In, Steps>, M, ChoicesOfRecord<R>>, M>
    >
  : M;
type FitsRenamedPlain<Out, M extends Model, R, In, Steps> = Out extends readonly unknown[]
  ? Unselected<Out, M, Steps>
  : [R[keyof R]] extends [keyof Out]
    ? BoundRenamed<M["inputs"], Out, R> extends Refused
      ? Unfit<Out, M, R, Steps>
      : M
    : IsOpenRecord<R> extends true
      ? M
      : FitsSources<Out, M, R, In, Steps>;

/**
 * Whether some inputs or sources are not known, as in `Record<string, string>` or `` { x: `${name}.y` } ``. `build()`
 * checks them.
 */
type IsOpenRecord<R> = true extends IsOpenText<keyof R | R[keyof R]> ? true : false;
type IsOpenText<V> = V extends string ? IsOpen<V> : false;

/** False if one of them is a union. */
type IsPlain<Out, M, R> = IsOne<Out> extends true ? (IsOne<M> extends true ? IsPlainRecord<R> : false) : false;
type RenamedTextAt<States, M extends Model, R> =
  States extends At<infer In, infer Out, infer _Checks, infer Steps, infer _ByModel, infer _Names>
    ? M extends unknown
      ? R extends unknown
        ? TextIn<SourcesFlaw<M, R, Out, In, Steps>>
        : never
      : never
    : never;

/**
 * `FitsRenamed` if a source is not a current output. In `.model(on ? a : b).model(c, { x: "a.y" })`, the model of a
 * source may not run.
 */
type FitsSources<Out, M extends Model, R, In, Steps> = [OneOfSeveralModels<R[keyof R], Steps>] extends [never]
  ? FitsSourcesPlain<Out, M, R, In, Steps>
  : TextElse<RenamedTextAt<AlternativesOf<In, Steps>, M, R>, M>;
type FitsSourcesPlain<Out, M extends Model, R, In, Steps> =
  R extends CheckedSources<M, R, Out, In, Steps>
    ? Bound<M["inputs"], FedSources<M["inputs"], Out, R, In, Steps>> extends Refused
      ? ExplainPorts<
          M["name"],
          M["inputs"],
          FedSources<M["inputs"], Out, R, In, Steps>,
          Out,
          SourceOf<Steps>,
          NamesOf<M["inputs"]>,
          object
        >
      : M
    : M;

/** The text of why `M` does not take `Out`. */
export type Unfit<Out, M extends Model, R, Steps> = M extends unknown
  ? Out extends readonly unknown[]
    ? Unselected<Out, M, Steps>
    : ExplainPorts<M["name"], M["inputs"], Fed<M["inputs"], Out, R>, Out, SourceOf<Steps>, NamesOf<M["inputs"]>, object>
  : never;

/** A tuple of outputs arrives: none is selected. */
type Unselected<Out extends readonly unknown[], M extends Model, Steps> = M extends unknown
  ? NeedsSelect<MultiModelOf<Steps>["index"], Out["length"], `model '${M["name"]}'`>
  : never;

/** The current outputs after `M`: its outputs, each symbol replaced by its binding. Also inlined in `.model`. */
export type Next<Out, M extends Model> = M extends unknown
  ? M["outputs"] extends Plain
    ? Out extends M["inputs"]
      ? M["outputs"]
      : Resolved<M["outputs"], Bound<M["inputs"], Out>, M>
    : Resolved<M["outputs"], Bound<M["inputs"], Out>, M>
  : never;

/** `Next` for the first model of a pipeline, whose inputs are the request's columns. */
export type FirstNext<M extends Model> = M extends unknown ? Next<M["inputs"], M> : never;

/** Tensors without symbols except the row axis: nothing to replace. The cheap path. */
export interface Plain {
  readonly [port: string]: Tensor<DType, readonly (number | "batch" | null)[]>;
}

/**
 * `Next` on the general path. Where the model does not fit, its outputs are unchanged, so that later steps are still
 * checked.
 */
export type Substituted<Out, M extends Model, R, In, Steps> =
  IsPlain<Out, M, R> extends true
    ? SubstitutedPlain<Out, M, R, In, Steps>
    : SubstitutedAt<AlternativesOf<In, Steps>, M, ChoicesOfRecord<R>>;
type SubstitutedAt<States, M extends Model, R> =
  States extends At<infer In, infer Out, infer _Checks, infer Steps, infer _ByModel, infer _Names>
    ? M extends unknown
      ? R extends unknown
        ? SubstitutedPlain<Out, M, R, In, Steps>
        : never
      : never
    : never;
type SubstitutedPlain<Out, M extends Model, R, In, Steps> = [R[keyof R]] extends [keyof Out]
  ? Resolved<M["outputs"], BoundRenamed<M["inputs"], Out, R>, M>
  : IsOpenRecord<R> extends true
    ? Resolved<M["outputs"], Readonly<Record<string, null>>, M>
    : Resolved<
        M["outputs"],
        WithOpen<Bound<M["inputs"], FedSources<M["inputs"], Out, R, In, Steps>>, OpenSymbols<M["inputs"], R>>,
        M
      >;
type WithOpen<B, Symbols> = [Symbols] extends [never]
  ? B
  : B extends Refused
    ? B
    : B & { readonly [S in Symbols & string]: number };
export type Resolved<O, B, M extends Model> = B extends unknown
  ? {
      readonly [K in keyof O]: O[K] extends Tensor<infer D, infer S> ? Tensor<D, ResolvedDims<S, B, M>> : never;
    }
  : never;
type ResolvedDims<S, B, M extends Model> = { [A in keyof S]: ResolvedDim<S[A], B, M> };
type ResolvedDim<D, B, M extends Model> = D extends string | null
  ? D extends null
    ? null
    : D extends "batch"
      ? D
      : D extends keyof B
        ? B[D] & Dim
        : string extends D
          ? D
          : `${M["name"]}.${D & string}`
  : D;

// ---------------------------------------------------------------- types: bindings of symbols

/** The bindings of the symbols of the inputs `I` where the tensors `Out` arrive: a record, or `Refused`. */
export type Bound<I, Out> = Out extends unknown
  ? keyof I extends keyof Out
    ? BoundNamed<I, Out>
    : BoundSingle<I, Out>
  : never;
/** For an `Out` with all port names of `I`. */
type BoundNamed<I, Out> = { [K in keyof I]: BindPort<I[K], Out[K & keyof Out]> }[keyof I] extends (
  bound: infer B,
) => void
  ? [B] extends [never]
    ? Refused
    : B
  : Refused;
/** A single output feeds a single input, whatever their names. */
type BoundSingle<I, Out> =
  IsOne<keyof I> extends true
    ? IsOne<keyof Out> extends true
      ? BoundNamed<I, { readonly [K in keyof I]: Out[keyof Out] }>
      : Refused
    : Refused;
type BoundRenamed<I, Out, R> = [keyof R] extends [never] ? Bound<I, Out> : Bound<I, FedRenamed<I, Out, R>>;
/** Instead of bindings, if a model does not fit. It has no keys, so no symbol is bound. */
export type Refused = void;

/**
 * A union of functions, one for each bound symbol. The argument type inferred from the union is the intersection of all
 * bindings, and a conflict such as `{ n: 3 } & { n: 7 }` is `never`. `Refused` is not a function, so it makes the
 * inference fail.
 */
type BindPort<E, P> =
  E extends Tensor<infer D, infer S>
    ? P extends Tensor<D, infer PS>
      ? number extends S["length"]
        ? never
        : number extends PS["length"]
          ? never
          : BindRows<RowShape<S>, RowShape<PS>>
      : Refused
    : never;
/** Ports fit if their row shapes fit: each may stack its rows along another axis. */
type BindRows<S, PS> = PS extends SameRank<S> ? BindDims<S, PS>[keyof S & number] : Refused;
type SameRank<S> = { readonly [A in keyof S]: unknown };
type BindDims<S, PS extends SameRank<S>> = { [A in keyof S]: BindDim<S[A], PS[A]> };
/** Always `D extends null`, never `null extends D`: without `strictNullChecks`, `null` extends every type. */
type BindDim<E, P> = E extends number
  ? P extends E
    ? never
    : E extends null
      ? never
      : P extends null
        ? never
        : number extends E | P
          ? never
          : Refused
  : P extends null
    ? never
    : number extends P
      ? never
      : E extends null
        ? never
        : (bound: { readonly [K in E & string]: P }) => void;

/** The tensors of one row each: without the row axis. */
export type Rows<P> = {
  readonly [K in keyof P]: P[K] extends Tensor<infer D, infer S> ? Tensor<D, RowShape<S>> : P[K];
};

// ---------------------------------------------------------------- run time

/** `float32[batch, 10]`; `?` for an unknown dimension. */
export function showTensor({ dtype, shape }: Omit<Port, "name">): string {
  return shape === null ? `${dtype}[…]` : `${dtype}[${shape.map((dim) => dim ?? "?").join(", ")}]`;
}
