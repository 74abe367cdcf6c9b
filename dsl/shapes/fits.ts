import type { ErrorCode, Problem } from "../errors.js";
import { portsOf, type Model } from "../model.js";
import type { ExplainPorts } from "./mismatch.js";
import { feedOf, type Fed, type FedRenamed, type IsOne, type NamesOf } from "./port-names.js";
import type { MultiModelOf } from "../steps/multi-model.js";
import type { SourceOf } from "../steps/step-kinds.js";
import type { Dim, DType, Port, Tensor } from "../tensor.js";
import { byCodeUnit } from "../messages/first-five-names.js";
import { clash, misfit, missing, noSuchInput, noSuchOutput, refine } from "../messages/shapes.js";
import type { NeedsSelect } from "../messages/steps.js";

// ---------------------------------------------------------------- types: does a model fit, and what are its outputs

/**
 * `M` where the arriving tensors `Out` fit it, else the text of the error at the argument. The failure branch is inside
 * `NoInfer`: otherwise `M` would be inferred through both branches. It is also behind `M extends unknown`, so that the
 * compiler evaluates it only when needed. Inlined in `.model`: alias arguments are instantiated again at every step
 * (+25 %).
 */
export type Fits<Out, M extends Model, Steps> = M extends unknown
  ? Out extends M["inputs"]
    ? M
    : NoInfer<M extends unknown ? (Bound<M["inputs"], Out> extends Refused ? Unfit<Out, M, object, Steps> : M) : never>
  : never;

/** `Fits` with a renaming. An unknown input or output in the renaming is reported at its property only. */
export type FitsRenamed<Out, M extends Model, R, Steps> = [keyof R] extends [
  Out extends readonly unknown[] ? keyof R : keyof M["inputs"],
]
  ? NoInfer<
      Out extends readonly unknown[]
        ? Unselected<Out, M, Steps>
        : [R[keyof R]] extends [keyof Out]
          ? BoundRenamed<M["inputs"], Out, R> extends Refused
            ? Unfit<Out, M, R, Steps>
            : M
          : M
    >
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

/** `never` without `strictNullChecks`: there a tensor with a `null` batch would also be plain. */
export type Plain = null extends number ? never : PlainTensors;
/** Tensors with no symbol except the batch: nothing to replace. The cheap path. */
interface PlainTensors {
  readonly [port: string]: Tensor<DType, readonly [number | "batch", ...(number | "batch" | null)[]]>;
}

/** The request's columns as the first model receives them: the symbol of the batch becomes "batch" everywhere. */
export type Normal<P> = P extends Plain ? P : Resolved<P, Refused, Model<"", P & object, object>>;

/**
 * `Next` on the general path. Where the model does not fit, its outputs are unchanged, so that later steps are still
 * checked.
 */
export type Substituted<Out, M extends Model, R> = Resolved<M["outputs"], BoundRenamed<M["inputs"], Out, R>, M>;
export type Resolved<O, B, M extends Model> = O extends unknown
  ? {
      readonly [K in keyof O]: O[K] extends Tensor<infer D, infer S> ? Tensor<D, ResolvedDims<S, B, M>> : never;
    }
  : never;
type ResolvedDims<S, B, M extends Model> = { [A in keyof S]: ResolvedDim<S[A], A, B, M> };
type ResolvedDim<D, Axis, B, M extends Model> = D extends string | null
  ? Axis extends "0"
    ? BatchIn<B>
    : D extends null
      ? null
      : D extends BatchName<M["outputs"]>
        ? BatchIn<B>
        : D extends keyof B
          ? B[D] & Dim
          : D extends "batch" | BatchName<M["inputs"]>
            ? BatchIn<B>
            : string extends D
              ? D
              : M["name"] extends ""
                ? D
                : `${M["name"]}.${D & string}`
  : D;
type BatchIn<B> = B extends BatchBound ? B["batch"] : "batch";
interface BatchBound {
  readonly batch: Dim;
}

// ---------------------------------------------------------------- types: bindings of symbols

/** The bindings of the symbols of the inputs `I` where the tensors `Out` arrive: a record, or `Refused`. */
export type Bound<I, Out> = keyof I extends keyof Out ? BoundNamed<I, Out> : BoundSingle<I, Out>;
/** For an `Out` with all port names of `I`. */
type BoundNamed<I, Out> = { [K in keyof I]: BindPort<I[K], Out[K & keyof Out], BatchName<I>> }[keyof I] extends (
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
type BindPort<E, P, Batch> =
  E extends Tensor<infer D, infer S>
    ? P extends Tensor<D, infer PS>
      ? number extends S["length"]
        ? never
        : PS extends SameRank<S>
          ? BindDims<S, PS, Batch>[number]
          : number extends PS["length"]
            ? never
            : Refused
      : Refused
    : never;
type SameRank<S> = { readonly [A in keyof S]: unknown };
type BindDims<S, PS extends SameRank<S>, Batch> = { [A in keyof S]: BindDim<S[A], PS[A], A, Batch> };
/** Always `D extends null`, never `null extends D`: without `strictNullChecks`, `null` extends every type. */
type BindDim<E, P, A, Batch> = A extends "0"
  ? E extends string | null
    ? (bound: { readonly batch: P extends string | null ? "batch" : P }) => void
    : P extends E
      ? never
      : Refused
  : E extends number
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
        : E extends Batch
          ? (bound: { readonly batch: P }) => void
          : (bound: { readonly [K in E & string]: P }) => void;

/** A symbol that is the batch of one port is the batch everywhere: `["N", "N"]`. */
export type SymbolOf<S extends string, P> = S extends BatchName<P> ? "batch" : S;
type BatchName<P> = HeadOf<P[keyof P]>;
type HeadOf<T> = T extends { readonly shape: readonly [infer H, ...(readonly unknown[])] }
  ? H extends null
    ? never
    : H
  : never;

// ---------------------------------------------------------------- run time: the same checks, all problems of a model
// at once

/** What arrives at a model: ports after `normal`, and their source with a verb, for messages. */
export interface Arriving {
  readonly ports: readonly Port[];
  readonly source: string;
}

/** A check of one input that the types cannot make. */
export interface OpenCheck {
  readonly input: string;
  readonly axis: number | null;
  readonly expects: number | string;
}

export interface Fit {
  readonly problems: readonly Problem[];
  readonly checks: readonly OpenCheck[];
  readonly outputs: readonly Port[];
}

/**
 * Checks whether a model takes what arrives. Returns the problems, the checks that remain for run time, and the
 * outputs.
 */
export function fit(model: Model, rename: Readonly<Record<string, string>>, arriving: Arriving): Fit {
  const inputs = portsOf(model.inputs).sort((a, b) => byCodeUnit(a.name, b.name));
  const unifier = new Unifier(model.name, inputs, arriving.source);
  const names = arriving.ports.map((port) => port.name);
  for (const [input, column] of Object.entries(rename).sort(([a], [b]) => byCodeUnit(a, b))) {
    if (!inputs.some((port) => port.name === input)) {
      const message = noSuchInput(
        model.name,
        input,
        inputs.map((port) => port.name),
      );
      unifier.report("SL2016", message, { input });
    } else if (!names.includes(column)) {
      unifier.report("SL2017", noSuchOutput(model.name, input, column, arriving.source, names), { input, column });
    }
  }
  for (const input of inputs) {
    const column = Object.hasOwn(rename, input.name) ? rename[input.name] : undefined;
    if (column !== undefined && !names.includes(column)) continue;
    const fed = feedOf(input.name, inputs, arriving.ports, rename);
    if (fed === undefined) {
      unifier.report("SL2014", missing(model.name, input.name, arriving.source, names), { input: input.name });
    } else {
      unifier.port(input, fed);
    }
  }
  return {
    problems: unifier.problems,
    checks: unifier.openChecks(),
    outputs: unifier.outputs(portsOf(model.outputs)),
  };
}

/** Replaces the symbol of the batch by "batch" everywhere. */
export function normal(ports: readonly Port[]): Port[] {
  const batch = batchNames(ports);
  return ports.map(({ name, dtype, shape }) => ({
    name,
    dtype,
    shape: shape?.map((dim, axis) => normalDim(dim, axis, batch)) ?? null,
  }));
}

/** `float32[batch, 10]`; `?` for an unknown dimension. */
export function showTensor({ dtype, shape }: Omit<Port, "name">): string {
  if (shape === null) return `${dtype}[…]`;
  return `${dtype}[${shape.map((dim, axis) => (axis === 0 && typeof dim !== "number" ? "batch" : (dim ?? "?"))).join(", ")}]`;
}

function batchNames(ports: readonly Port[]): ReadonlySet<Dim | undefined> {
  return new Set(ports.map((port) => port.shape?.[0]).filter((dim) => typeof dim === "string"));
}

function normalDim(dim: Dim, axis: number, batch: ReadonlySet<Dim | undefined>): Dim {
  if (typeof dim === "number") return dim;
  return axis === 0 || (dim !== null && batch.has(dim)) ? "batch" : dim;
}

/** Binds the symbols of one model, input by input. */
class Unifier {
  readonly problems: Problem[] = [];
  readonly #checks: OpenCheck[] = [];
  readonly #bound = new Map<string, { readonly size: number | string; readonly input: string }>();
  readonly #occurrences = new Map<
    string,
    { readonly input: string; readonly axis: number; readonly open: boolean }[]
  >();
  readonly #model: string;
  readonly #source: string;
  readonly #batch: ReadonlySet<Dim | undefined>;

  constructor(model: string, inputs: readonly Port[], source: string) {
    this.#model = model;
    this.#source = source;
    this.#batch = batchNames(inputs);
  }

  report(code: ErrorCode, message: string, details: Readonly<Record<string, unknown>>): void {
    this.problems.push({ code, message, details: { model: this.#model, ...details } });
  }

  port(input: Port, fed: Port): void {
    const text = misfit(this.#model, input.name, showTensor(input), this.#source, showTensor(fed));
    const details = { input: input.name };
    if (input.dtype !== fed.dtype) return this.report("SL2010", text, details);
    if (input.shape === null) return;
    if (fed.shape === null) {
      this.#checks.push({ input: input.name, axis: null, expects: input.shape.length });
    } else if (fed.shape.length !== input.shape.length) {
      return this.report("SL2011", text, details);
    }
    for (const [axis, dim] of input.shape.entries()) {
      const expected = normalDim(dim, axis, this.#batch);
      const arrived = fed.shape === null ? null : normalDim(fed.shape[axis] ?? null, axis, new Set());
      if (!this.#dim(input.name, axis, expected, arrived, text)) return;
    }
  }

  /** False if the dimension does not fit. Then the later dimensions of the port are not checked. */
  #dim(input: string, axis: number, expected: Dim, arrived: Dim, text: string): boolean {
    if (expected === null) return true;
    if (typeof expected === "string") return this.#symbol(input, axis, expected, arrived);
    if (arrived === null) {
      this.#checks.push({ input, axis, expects: expected });
    } else if (typeof arrived === "string") {
      this.report("SL2013", text + refine(arrived, expected), { input, axis });
      return false;
    } else if (arrived !== expected) {
      this.report("SL2012", text, { input, axis });
      return false;
    }
    return true;
  }

  #symbol(input: string, axis: number, symbol: string, arrived: Dim): boolean {
    const occurrences = this.#occurrences.get(symbol) ?? [];
    this.#occurrences.set(symbol, [...occurrences, { input, axis, open: arrived === null }]);
    if (arrived === null) return true;
    const bound = this.#bound.get(symbol);
    if (bound === undefined) {
      this.#bound.set(symbol, { size: arrived, input });
    } else if (bound.size !== arrived) {
      this.report("SL2015", clash(this.#model, symbol, input, arrived, bound.input, bound.size), {
        input,
        axis,
        symbol,
      });
      return false;
    }
    return true;
  }

  /** A symbol that meets an unknown dimension must have one size at run time, wherever it occurs. */
  openChecks(): OpenCheck[] {
    const checks = [...this.#checks];
    for (const [symbol, occurrences] of this.#occurrences) {
      if (occurrences.length < 2 || !occurrences.some((one) => one.open)) continue;
      const expects = this.#resolved(symbol);
      for (const { input, axis, open } of occurrences) {
        if (open || typeof expects === "string") checks.push({ input, axis, expects });
      }
    }
    return checks;
  }

  /** Without bindings if the model does not fit, so that later steps are still checked. */
  outputs(ports: readonly Port[]): Port[] {
    if (this.problems.some(({ code }) => code !== "SL2016")) this.#bound.clear();
    const batch = new Set([...this.#batch, ...batchNames(ports)]);
    return ports.map(({ name, dtype, shape }) => ({
      name,
      dtype,
      shape:
        shape?.map((dim, axis) => {
          const own = normalDim(dim, axis, batch);
          return typeof own === "string" ? this.#resolved(own) : own;
        }) ?? null,
    }));
  }

  #resolved(symbol: string): number | string {
    return this.#bound.get(symbol)?.size ?? (symbol === "batch" ? symbol : `${this.#model}.${symbol}`);
  }
}
