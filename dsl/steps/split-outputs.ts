import type { CheckState } from "../check/check-state.js";
import type { PortState } from "../check/port-state.js";
import { byCodeUnit, firstFiveNames, type FirstFiveNames } from "../messages/first-five-names.js";
import type { Model } from "../model.js";
import { rowShape } from "../rows.js";
import type { AlternativesOf, TextElse } from "../shapes/alternatives.js";
import { showTensor, type IsFit, type Next, type Rows, type Unfit } from "../shapes/fits.js";
import type { ShowTensor } from "../shapes/mismatch.js";
import type { IsOne, NamesOf } from "../shapes/port-names.js";
import type { Port } from "../tensor.js";
import type { At } from "./step-kinds.js";

// Shared by key splits and random splits: all models of a split must produce the same outputs as its first model.

/** `M` where it fits `Out` and produces the outputs of `First`, apart from their row axes. */
export type Route<Out, M extends Model, First extends Model, In, Steps> =
  OtherRoutes<Out, M, First> extends never ? M : NoInfer<RouteTexts<Out, M, First, In, Steps>>;
/** The members of `M` that are no `Route`. */
export type OtherRoutes<Out, M extends Model, First extends Model> = M extends unknown
  ? First extends unknown
    ? Out extends unknown
      ? IsRoute<Out, M, First> extends true
        ? never
        : M
      : never
    : never
  : never;
/** Where `First` does not fit, its own text is enough. */
type IsRoute<Out, M extends Model, First extends Model> =
  IsFit<Out, M> extends true
    ? IsFit<Out, First> extends true
      ? SameRows<Next<Out, M>, Next<Out, First>>
      : true
    : false;

type RouteTexts<Out, M extends Model, First extends Model, In, Steps> = (
  M extends unknown
    ? OtherRoutes<Out, M, First> extends never
      ? never
      : IsOne<Out> extends true
        ? RouteText<Out, M, First, Steps>
        : RouteTextAt<AlternativesOf<In, Steps>, M, First>
    : never
) extends infer T extends string
  ? TextElse<T, M>
  : never;
type RouteTextAt<States, M extends Model, First extends Model> =
  States extends At<infer _In, infer Out, infer _Checks, infer Steps, infer _ByModel, infer _Names>
    ? RouteText<Out, M, First, Steps>
    : never;
type RouteText<Out, M extends Model, First extends Model, Steps> = M extends unknown
  ? First extends unknown
    ? IsFit<Out, M> extends true
      ? IsRoute<Out, M, First> extends true
        ? never
        : Difference<M["name"], Next<Out, M>, First["name"], Next<Out, First>>
      : Unfit<Out, M, object, Steps>
    : never
  : never;

type SameOutputs<A, B> = [A, B] extends [B, A] ? true : false;
type SameRows<A, B> = [A, B] extends [B, A] ? true : SameOutputs<Rows<A>, Rows<B>>;

type Difference<M extends string, A, First extends string, B> =
  SameOutputs<keyof A, keyof B> extends true
    ? FirstDifference<M, A, First, B, NamesOf<A>>
    : OtherNames<M, NamesOf<A>, First, NamesOf<B>>;
type FirstDifference<M extends string, A, First extends string, B, Names> = Names extends readonly [
  infer K extends keyof A & keyof B & string,
  ...infer Rest,
]
  ? SameOutputs<Rows<A>[K], Rows<B>[K]> extends true
    ? FirstDifference<M, A, First, B, Rest>
    : OtherTensor<M, K, ShowTensor<A[K]>, First, ShowTensor<B[K]>>
  : never;

/** The model of a split that the other ones are compared with. */
export interface FirstOfSplit {
  readonly model: Model;
  readonly outputs: readonly Port[];
  /** False if the model does not fit: then its outputs are not compared. */
  readonly fits: boolean;
}

/** The next step takes the outputs of the model that the split chooses. The first of `models` stands for all. */
export function advanceSplit(state: PortState, models: readonly Model[], index: number): void {
  const [first, ...others] = models.filter((model) => state.accepts(model));
  if (first === undefined) return;
  const names = [first, ...others].map(({ name }) => name);
  state.setSplitOutputs(first, names, state.infer(first, {}), index);
}

/** Checks that `model` takes the arriving tensors. */
export function inferInSplit(state: CheckState, model: Model, index: number): FirstOfSplit {
  const problems = state.problems.length;
  const outputs = state.check(model, {}, index);
  return { model, outputs, fits: state.problems.length === problems };
}

/** Checks that `model` takes the arriving tensors and produces the outputs of `first`. */
export function checkSameOutputs(
  state: CheckState,
  model: Model,
  first: FirstOfSplit,
  index: number,
  details: object,
): void {
  const { outputs, fits } = inferInSplit(state, model, index);
  if (!fits || !first.fits) return;
  const sorted = (ports: readonly Port[]) => [...ports].sort((a, b) => byCodeUnit(a.name, b.name));
  const names = (ports: readonly Port[]) => sorted(ports).map((port) => port.name);
  const report = (message: string) => state.report("SL2062", message, index, { model: model.name, ...details });
  if (names(outputs).join("\n") !== names(first.outputs).join("\n")) {
    return report(otherNames(model.name, names(outputs), first.model.name, names(first.outputs)));
  }
  for (const [position, port] of sorted(outputs).entries()) {
    const other = sorted(first.outputs)[position] ?? port;
    if (tensorOfRow(port) !== tensorOfRow(other)) {
      return report(otherTensor(model.name, port.name, showTensor(port), first.model.name, showTensor(other)));
    }
  }
}

const tensorOfRow = ({ dtype, shape }: Port): string => JSON.stringify([dtype, rowShape(shape)]);

type OtherNames<
  M extends string,
  Names extends readonly string[],
  First extends string,
  FirstNames extends readonly string[],
> = `model '${M}' produces ${FirstFiveNames<Names>} but model '${First}' of the same split produces ${FirstFiveNames<FirstNames>}`;
const otherNames = (model: string, names: readonly string[], first: string, firstNames: readonly string[]): string =>
  `model '${model}' produces ${firstFiveNames(names)} but model '${first}' of the same split produces ${firstFiveNames(firstNames)}`;

type OtherTensor<
  M extends string,
  K extends string,
  T extends string,
  First extends string,
  FirstT extends string,
> = `model '${M}' output '${K}' is ${T} but that of model '${First}' of the same split is ${FirstT}`;
const otherTensor = (model: string, port: string, tensor: string, first: string, firstTensor: string): string =>
  `model '${model}' output '${port}' is ${tensor} but that of model '${first}' of the same split is ${firstTensor}`;
