import type { TextIn } from "./flaws.js";
import { showTensor } from "../shapes/fits.js";
import type { ShowTensor } from "../shapes/mismatch.js";
import type { IsOne, NamesOf } from "../shapes/port-names.js";
import type { RowScope, RowValue } from "../row.js";
import { rowShape } from "../rows.js";
import type { DType, Port } from "../tensor.js";
import { byCodeUnit } from "../messages/first-five-names.js";
import {
  tensorChanged,
  pathGone,
  notTheOnlyPort,
  type TensorChanged,
  type PathGone,
  type NotTheOnlyPort,
  type WrittenForOtherRow,
} from "../messages/edits.js";
import type { Alert } from "../steps/alert.js";
import type { Validation } from "../steps/validation.js";

// A lambda was type-checked against the row at its position. After an edit it is still valid if the new row has
// everything that the old row had.

/** The problem of the row of a validation or alert `S` after an edit; false if there is none. */
export type RowFlaw<S, OldIn, OldOut, OldByModel, In, Out, ByModel> = S extends Validation<infer N> | Alert<infer N>
  ? RowChange<OldIn, OldOut, OldByModel, In, Out, ByModel> extends infer T
    ? T extends string
      ? WrittenForOtherRow<S extends Validation<string> ? "validation" : "alert", N, T>
      : false
    : never
  : false;

/**
 * The message for what the new row (`In`, `Out`, `ByModel`) lacks of the old one; false if nothing is missing. Not
 * `null`: without `strictNullChecks`, `null` extends every type. A tuple `Out` (several outputs, none selected) is not
 * part of the row.
 */
type RowChange<OldIn, OldOut, OldByModel, In, Out, ByModel> =
  TextIn<InChange<OldIn, In>> extends infer T extends string
    ? [T] extends [never]
      ? TextIn<OutChange<OldOut, Out>> extends infer T extends string
        ? [T] extends [never]
          ? ByModelChange<OldByModel, ByModel>
          : T
        : never
      : T
    : never;

// Distributive: of a union of rows, each new one is compared with each old one.
type InChange<Old, New> = Old extends unknown ? (New extends unknown ? PortsChange<"x.in", Old, New> : never) : never;
type ByModelChange<Old, New> = Old extends unknown
  ? New extends unknown
    ? ModelsChange<Old, New, NamesOf<Old>>
    : never
  : never;

type OutChange<Old, New> = Old extends readonly unknown[]
  ? false
  : New extends readonly unknown[]
    ? PathGone<"x.out">
    : PortsChange<"x.out", Old, New>;

type ModelsChange<Old, New, Names> = Names extends readonly [infer M extends keyof Old & string, ...infer Rest]
  ? M extends keyof New
    ? PortsChange<`x.models.${M}`, Old[M], New[M]> extends infer T extends string
      ? T
      : ModelsChange<Old, New, Rest>
    : PathGone<`x.models.${M}`>
  : false;

type PortsChange<Path extends string, Old, New> = [Old, New] extends [New, Old]
  ? false
  : PortChange<Path, Old, New, NamesOf<Old>> extends infer T extends string
    ? T
    : IsOne<keyof Old> extends true
      ? IsOne<keyof New> extends true
        ? false
        : NotTheOnlyPort<`${Path}.${keyof Old & string}`>
      : false;

type PortChange<Path extends string, Old, New, Names> = Names extends readonly [
  infer K extends keyof Old & string,
  ...infer Rest,
]
  ? K extends keyof New
    ? RowValue<New[K]> extends RowValue<Old[K]>
      ? PortChange<Path, Old, New, Rest>
      : TensorChanged<`${Path}.${K}`, ShowTensor<Old[K]>, ShowTensor<New[K]>>
    : PathGone<`${Path}.${K}`>
  : false;

/** The run-time side of `RowChange`. */
export function rowChange(old: RowScope, now: RowScope): string | null {
  return (
    portsChange("x.in", old.inputs, now.inputs) ??
    (old.outputs.length > 0 && now.outputs.length === 0
      ? pathGone("x.out")
      : portsChange("x.out", old.outputs, now.outputs)) ??
    first(Object.keys(old.models), (name) => {
      const [was, is] = [old.models[name] ?? [], now.models[name]];
      return is === undefined ? pathGone(`x.models.${name}`) : portsChange(`x.models.${name}`, was, is);
    })
  );
}

function portsChange(path: string, old: readonly Port[], now: readonly Port[]): string | null {
  const changed = first(
    old.map((port) => port.name),
    (name) => {
      const was = old.find((port) => port.name === name);
      const is = now.find((port) => port.name === name);
      if (was === undefined || is === undefined) return pathGone(`${path}.${name}`);
      return isKept(was, is) ? null : tensorChanged(`${path}.${name}`, showTensor(was), showTensor(is));
    },
  );
  return changed ?? (old.length === 1 && now.length !== 1 ? notTheOnlyPort(`${path}.${old[0]?.name}`) : null);
}

/** The first change, by name. */
function first(names: readonly string[], change: (name: string) => string | null): string | null {
  for (const name of [...names].sort(byCodeUnit)) {
    const text = change(name);
    if (text !== null) return text;
  }
  return null;
}

const values: Partial<Record<DType, string>> = { int64: "bigint", uint64: "bigint", bool: "boolean", string: "string" };

/** Whether a lambda that reads a row of `was` can also read a row of `is`. */
function isKept(was: Port, is: Port): boolean {
  const value = (dtype: DType) => values[dtype] ?? "number";
  if (value(was.dtype) !== value(is.dtype)) return false;
  const [old, now] = [rowShape(was.shape), rowShape(is.shape)];
  if (old === null) return true;
  if (now?.length !== old.length) return false;
  return old.every((dim, axis) => typeof dim !== "number" || dim === now[axis]);
}
