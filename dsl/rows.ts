import type { Dim, Port } from "./tensor.js";

// What a row of a model is. The row axis is the dimension "batch" of a shape, at any place and at most once; the row
// shape is the shape without it. A model is batched if at least one input and every output have a row axis. Any other
// model is whole: it runs once for each row, and a row's value is the whole tensor.

/** The ports of a model, a config's model or a signature. */
export interface ModelPorts {
  readonly inputs: readonly Pick<Port, "shape">[];
  readonly outputs: readonly Pick<Port, "shape">[];
}

/**
 * Whether a model is batched. A port of unknown rank stacks its rows along dimension 0, if another port has a row axis.
 */
export function isBatched({ inputs, outputs }: ModelPorts): boolean {
  const axes = (ports: ModelPorts["inputs"]) => ports.map(({ shape }) => (shape === null ? null : rowAxis(shape)));
  const [ins, outs] = [axes(inputs), axes(outputs)];
  const stacked = (axis: number | null) => axis !== null && axis >= 0;
  if (!outs.every((axis) => axis === null || stacked(axis))) return false;
  return ins.some(stacked) || (outs.some(stacked) && ins.includes(null));
}

/** The axis of "batch" in a shape, or -1. */
export function rowAxis(shape: readonly Dim[]): number {
  return shape.indexOf("batch");
}

/**
 * The shape of one row as a type. "batch" is looked for in this direction because without `strictNullChecks` `null`
 * extends "batch"; a wide `string` is a symbol.
 */
export type RowShape<S> = S extends readonly [infer H, ...infer R]
  ? "batch" extends H
    ? string extends H
      ? readonly [H, ...RowShape<R>]
      : R
    : readonly [H, ...RowShape<R>]
  : S extends readonly unknown[]
    ? S
    : never;

/** Whether a tensor has a row axis, as a type. One of unknown rank may have one: neither true nor false. */
export type HasRowAxis<T> = T extends { readonly shape: infer S extends readonly unknown[] }
  ? number extends S["length"]
    ? null
    : RowShape<S>["length"] extends S["length"]
      ? false
      : true
  : never;

/** The shape of one row: without the row axis. Null if the rank is unknown. */
export function rowShape(shape: readonly Dim[]): readonly Dim[];
export function rowShape(shape: readonly Dim[] | null): readonly Dim[] | null;
export function rowShape(shape: readonly Dim[] | null): readonly Dim[] | null {
  return shape?.filter((dim) => dim !== "batch") ?? null;
}

/** Whether a port has one value for a whole request: it has no row axis, and another of the ports has one. */
export function isShared(port: Pick<Port, "shape">, ports: readonly Pick<Port, "shape">[]): boolean {
  return (
    port.shape !== null && rowAxis(port.shape) < 0 && ports.some(({ shape }) => shape !== null && rowAxis(shape) >= 0)
  );
}

/** A port as the engine and the log hold its rows: the row axis first. */
export function rowsFirst<P extends Pick<Port, "shape">>(port: P): P {
  return { ...port, shape: port.shape === null ? null : ["batch", ...(rowShape(port.shape) ?? [])] };
}
