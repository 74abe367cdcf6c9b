import type { Fits, FitsRenamed } from "../shapes/fits.js";
import type { AlertName } from "../steps/alert.js";
import type { RowChange } from "./row-change.js";
import type { Model } from "../model.js";
import type { ValidationName } from "../names.js";
import type { NamesOf } from "../shapes/port-names.js";
import type { Size } from "../steps/refine.js";
import type { Renaming } from "../steps/rename.js";
import type { Member, SelectIndex, Slice } from "../steps/models.js";
import type { Challenger } from "../steps/shadow.js";
import type { FirstModel, Route, Weighted } from "../steps/split.js";
import type {
  Alert,
  Audit,
  Check,
  IsAudited,
  KeySplit,
  LoggedName,
  RandomSplit,
  RecordOf,
  Refine,
  Renamed,
  Select,
  Several,
  SeveralOf,
  Shadow,
} from "../steps/step-types.js";
import type { AlreadyChallenger } from "../messages/shapes.js";
import type { OtherRow } from "../messages/edits.js";
import type { AuditedAlready, LoggedAlready, NeedsSelect } from "../messages/steps.js";

// The check of one step that stands already, where an edit changed what arrives. `walkStep` is the run-time side.

/** What is wrong with the step `S` where `Out` arrives after `Steps`; false where nothing is. */
export type Flaw<S, Out, Checks extends string, Names extends string, Steps> = S extends Model
  ? Out extends S["inputs"]
    ? false
    : TextOf<Fits<Out, S, Steps>>
  : S extends Check<infer N>
    ? TextOf<ValidationName<N, Checks, Steps>, N>
    : S extends Alert<infer N>
      ? TextOf<AlertName<N, Names, Steps>, N>
      : S extends Renamed<infer M extends Model, infer Pairs>
        ? RenamedFlaw<M, RecordOf<Pairs>, Out, Steps>
        : S extends Shadow<infer C extends Model, infer Cs extends readonly Model[]>
          ? FirstText<TextOf<Fits<Out, C, Steps>>, ChallengersFlaw<Out, Cs, Names, Steps>>
          : S extends Several<infer Ms extends readonly Model[]>
            ? MembersFlaw<Out, Ms, Names, Steps>
            : S extends Audit<infer A>
              ? TextOf<Slice<A, Out, Steps>, A>
              : S extends Select<infer I>
                ? TextOf<SelectIndex<I, Out, Steps>>
                : S extends KeySplit<infer D extends Model, infer Routes>
                  ? FirstText<TextOf<Fits<Out, D, Steps>>, RoutesFlaw<Out, D, RecordOf<Routes>, Steps>>
                  : S extends RandomSplit<infer Ws extends readonly Weighted[]>
                    ? WeightsFlaw<Out, Ws, FirstModel<Ws>, Steps>
                    : S extends Refine<infer Pairs>
                      ? RefineFlaw<RecordOf<Pairs>, Out, Steps>
                      : false;

/** `T` where it is a text; `Fine` is a text that stands for no flaw. Where that is any text, a certain one is a flaw. */
type TextOf<T, Fine = never> = T extends string
  ? [T] extends [Fine]
    ? string extends Fine
      ? string extends T
        ? false
        : T
      : false
    : T
  : false;
type FirstText<A, B> = A extends string ? A : B;

type RenamedFlaw<M extends Model, R, Out, Steps> = FirstText<
  RenamingFlaw<Renaming<M, R, Out, Steps>, R, NamesOf<R>>,
  TextOf<FitsRenamed<Out, M, R, Steps>>
>;
type RenamingFlaw<T, R, Names> = Names extends readonly [infer K extends keyof T & keyof R, ...infer Rest]
  ? FirstText<TextOf<T[K], R[K]>, RenamingFlaw<T, R, Rest>>
  : false;

type ChallengersFlaw<Out, Cs, Names, Steps> = Cs extends readonly [infer M extends Model, ...infer Rest]
  ? FirstText<TextOf<Challenger<Out, M, never, Names, Steps>>, ChallengersFlaw<Out, Rest, Names, Steps>>
  : false;

type MembersFlaw<Out, Ms, Names, Steps> = Ms extends readonly [infer M extends Model, ...infer Rest]
  ? FirstText<TextOf<Member<Out, M, never, Names, Steps>>, MembersFlaw<Out, Rest, Names, Steps>>
  : false;

type RoutesFlaw<Out, D extends Model, R, Steps> = RouteFlaw<Out, D, R, Steps, NamesOf<R>>;
type RouteFlaw<Out, D extends Model, R, Steps, Names> = Names extends readonly [infer K extends keyof R, ...infer Rest]
  ? FirstText<
      R[K] extends infer M extends Model ? TextOf<Route<Out, M, D, Steps>> : false,
      RouteFlaw<Out, D, R, Steps, Rest>
    >
  : false;

type WeightsFlaw<Out, Ws, First extends Model, Steps> = Ws extends readonly [infer W extends Weighted, ...infer Rest]
  ? FirstText<TextOf<Route<Out, W[1], First, Steps>>, WeightsFlaw<Out, Rest, First, Steps>>
  : false;

type RefineFlaw<Z, Out, Steps> = Out extends readonly unknown[]
  ? NeedsSelect<SeveralOf<Steps>["index"], Out["length"], ".refine()">
  : SizesFlaw<Z, Out, Steps, NamesOf<Z>>;
type SizesFlaw<Z, Out, Steps, Names> = Names extends readonly [infer S extends keyof Z & string, ...infer Rest]
  ? FirstText<
      Z[S] extends infer N extends number ? TextOf<Size<S, N, Out, Steps>> : false,
      SizesFlaw<Z, Out, Steps, Rest>
    >
  : false;

/** What an edit can break although the same tensors arrive as before: names, and an audit that stands already. */
export type NameFlaw<S, Checks extends string, Names extends string, Steps> = S extends Model
  ? false
  : S extends Check<infer N>
    ? TextOf<ValidationName<N, Checks, Steps>, N>
    : S extends Alert<infer N>
      ? TextOf<AlertName<N, Names, Steps>, N>
      : S extends Shadow<unknown, infer Cs>
        ? LoggedAmong<Cs, Names> extends infer N extends string
          ? AlreadyChallenger<N>
          : false
        : S extends Several<infer Ms>
          ? LoggedAmong<Ms, Names> extends infer N extends string
            ? LoggedAlready<N>
            : false
          : S extends Audit<string>
            ? IsAudited<Steps> extends true
              ? AuditedAlready<SeveralOf<Steps>["index"]>
              : false
            : false;

/** The first name that is logged already; false where nothing is. */
type LoggedAmong<Ms, Names> = Ms extends readonly [infer M extends Model, ...infer Rest]
  ? LoggedName<M["name"]> extends Names
    ? M["name"]
    : LoggedAmong<Rest, Names>
  : false;

/** What is wrong with the row of a validation or an alert; false where nothing is. */
export type RowFlaw<S, OldIn, OldOut, OldBeside, In, Out, Beside> = S extends Check<infer N> | Alert<infer N>
  ? RowChange<OldIn, OldOut, OldBeside, In, Out, Beside> extends infer T extends string
    ? OtherRow<S extends Check<string> ? "validation" : "alert", N, T>
    : false
  : false;
