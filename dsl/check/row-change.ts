import { showTensor } from "../shapes/fits.js";
import type { ShowTensor } from "../shapes/mismatch.js";
import type { IsOne, NamesOf } from "../shapes/port-names.js";
import type { RowScope, RowValue } from "../row.js";
import type { DType, Port } from "../tensor.js";
import { byCodeUnit } from "../messages/shapes.js";
import { became, gone, notAlone, type Became, type Gone, type NotAlone } from "../messages/edits.js";

// A lambda was checked against the row at its place. After an edit it still holds where the new row has all that the old one had.

/** What the new row (`In`, `Out`, `Beside`) lacks of the old one, or false: `null` extends every type where `strictNullChecks` is off. `Out` is a tuple where several outputs stand, and then no part of the row. */
export type RowChange<OldIn, OldOut, OldBeside, In, Out, Beside> =
  PortsChange<"x.in", OldIn, In> extends infer T extends string
    ? T
    : OutChange<OldOut, Out> extends infer T extends string
      ? T
      : ModelsChange<OldBeside, Beside, NamesOf<OldBeside>>;

type OutChange<Old, New> = Old extends readonly unknown[]
  ? false
  : New extends readonly unknown[]
    ? Gone<"x.out">
    : PortsChange<"x.out", Old, New>;

type ModelsChange<Old, New, Names> = Names extends readonly [infer M extends keyof Old & string, ...infer Rest]
  ? M extends keyof New
    ? PortsChange<`x.models.${M}`, Old[M], New[M]> extends infer T extends string
      ? T
      : ModelsChange<Old, New, Rest>
    : Gone<`x.models.${M}`>
  : null;

type PortsChange<Place extends string, Old, New> = [Old, New] extends [New, Old]
  ? false
  : PortChange<Place, Old, New, NamesOf<Old>> extends infer T extends string
    ? T
    : IsOne<keyof Old> extends true
      ? IsOne<keyof New> extends true
        ? false
        : NotAlone<`${Place}.${keyof Old & string}`>
      : null;

type PortChange<Place extends string, Old, New, Names> = Names extends readonly [
  infer K extends keyof Old & string,
  ...infer Rest,
]
  ? K extends keyof New
    ? RowValue<New[K]> extends RowValue<Old[K]>
      ? PortChange<Place, Old, New, Rest>
      : Became<`${Place}.${K}`, ShowTensor<Old[K]>, ShowTensor<New[K]>>
    : Gone<`${Place}.${K}`>
  : null;

/** The run-time side of `RowChange`. */
export function rowChange(old: RowScope, now: RowScope): string | null {
  return (
    portsChange("x.in", old.inputs, now.inputs) ??
    (old.outputs.length > 0 && now.outputs.length === 0
      ? gone("x.out")
      : portsChange("x.out", old.outputs, now.outputs)) ??
    first(Object.keys(old.models), (name) => {
      const [was, is] = [old.models[name] ?? [], now.models[name]];
      return is === undefined ? gone(`x.models.${name}`) : portsChange(`x.models.${name}`, was, is);
    })
  );
}

function portsChange(place: string, old: readonly Port[], now: readonly Port[]): string | null {
  const changed = first(
    old.map((port) => port.name),
    (name) => {
      const was = old.find((port) => port.name === name);
      const is = now.find((port) => port.name === name);
      if (was === undefined || is === undefined) return gone(`${place}.${name}`);
      return isKept(was, is) ? null : became(`${place}.${name}`, showTensor(was), showTensor(is));
    },
  );
  return changed ?? (old.length === 1 && now.length !== 1 ? notAlone(`${place}.${old[0]?.name}`) : null);
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

/** Whether a lambda that reads one row of `was` can read one of `is`. */
function isKept(was: Port, is: Port): boolean {
  const value = (dtype: DType) => values[dtype] ?? "number";
  if (value(was.dtype) !== value(is.dtype)) return false;
  if (was.shape === null) return true;
  if (is.shape === null || is.shape.length !== was.shape.length) return false;
  return was.shape.every((dim, axis) => axis === 0 || typeof dim !== "number" || dim === is.shape?.[axis]);
}
