import type { Next, Normal, Substituted } from "../shapes/fits.js";
import type { Model } from "../model.js";
import type { Refined } from "./refine.js";
import type { Columns } from "./rename.js";
import type { AuditedNames, OutputsByName, Selected, TupleOf } from "./models.js";
import type { ShadowOutputs } from "./shadow.js";
import type {
  Alert,
  AlertTaken,
  Audit,
  AuditNames,
  Check,
  After,
  Forward,
  Link,
  Passing,
  RecordOf,
  Refine,
  Renamed,
  Select,
  SeveralOf,
  Several,
  Shadow,
  ShadowNames,
  StandingModel,
  Unstated,
} from "./step-types.js";

// What each step makes of what arrives, computed again from the list of steps. `Walk` is the run-time side.

/** What arrives at the step `S`; where `Out` is `Unstated`, the columns that `S` asks for. */
export type Arriving<Out, S> = [Out] extends [Unstated] ? Normal<ColumnsOf<S>> : Out;

/** The request's columns after the step `S`: the first inference step gives them where they are not stated. */
export type InAfter<In, S> = [In] extends [Unstated] ? ColumnsOf<S> : In;

type ColumnsOf<S> =
  S extends Renamed<infer M extends Model, infer Pairs>
    ? Columns<M["inputs"], RecordOf<Pairs>>
    : [StandingModel<S>] extends [never]
      ? object
      : StandingModel<S>["inputs" & keyof StandingModel<S>];

/** What goes on after the step `S`. */
export type OutAfter<Out, S> = S extends Model
  ? Next<Out, S>
  : S extends Check<string> | Alert<string> | Audit<string>
    ? Out
    : S extends Renamed<infer M extends Model, infer Pairs>
      ? Substituted<Out, M, RecordOf<Pairs>>
      : S extends Several<infer Ms extends readonly Model[]>
        ? TupleOf<Out, Ms>
        : S extends Select<infer I>
          ? Selected<Out, I>
          : S extends Refine<infer Pairs>
            ? Refined<Out, RecordOf<Pairs>>
            : StandingModel<S> extends infer M extends Model
              ? Next<Out, M>
              : Out;

/** The outputs by model that rows show beside the current ones, after the step `S`. */
export type BesideAfter<Beside, Out, S> = S extends Passing | Select<number>
  ? Beside
  : S extends Shadow<infer C extends Model, infer Cs extends readonly Model[]>
    ? ShadowOutputs<Out, C, Cs>
    : S extends Several<infer Ms extends readonly Model[]>
      ? OutputsByName<Out, Ms>
      : object;

/** The names of validations after the step `S`. */
export type ChecksAfter<Checks, S> = S extends Check<infer N> ? Checks | N : Checks;

/** The names of logged models and of alerts after the step `S`, which comes after `Steps`. */
export type NamesAfter<Names extends string, S, Steps> = S extends Model
  ? Names
  : S extends Shadow<unknown, infer Cs extends readonly Model[]>
    ? Names | ShadowNames<Cs>
    : S extends Audit<infer Slice>
      ? Names | AuditNames<Slice, Steps>
      : S extends Alert<infer N>
        ? Names | AlertTaken<N>
        : Names;

/** The outputs that the log holds under their models' names: those of challengers, and audited ones. */
export type LoggedOutputs<In, Steps, Names> = [Extract<Names, `model ${string}`>] extends [never]
  ? object
  : Logged<Forward<Steps>, Normal<In>, object, unknown>;

type Logged<Nodes, Out, Beside, Found> =
  Nodes extends Link<After<infer S, infer Prev>, infer Rest>
    ? Logged<Rest, OutAfter<Out, S>, BesideAfter<Beside, Out, S>, Found & LoggedBy<S, Prev, Out, Beside>>
    : { readonly [C in keyof Found]: Found[C] };
type LoggedBy<S, Prev, Out, Beside> =
  S extends Shadow<infer C extends Model, infer Cs extends readonly Model[]>
    ? Omit<ShadowOutputs<Out, C, Cs>, C["name"]>
    : S extends Audit<infer Slice>
      ? Pick<Beside, AuditedNames<Slice, SeveralOf<Prev>["models"]> & keyof Beside>
      : unknown;
