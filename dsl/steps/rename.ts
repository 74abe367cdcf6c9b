import type { Model } from "../model.js";
import type { NamesOf, Sorted } from "../shapes/port-names.js";
import type { SourceOf } from "./step-types.js";
import type { Port } from "../tensor.js";
import { byCodeUnit, type NoSuchInput, type NoSuchOutput } from "../messages/shapes.js";

/** Model input <- current output or request column. */
export type RenameOption = Readonly<Record<string, string>>;

/** A renaming whose inputs are the model's and whose outputs are there; what is wrong stands at the property. Where several outputs arrive, that is said at the model. */
export type Renaming<M extends Model, R, Out, Steps> = {
  readonly [K in keyof R]: Out extends readonly unknown[]
    ? R[K]
    : K extends keyof M["inputs"]
      ? R[K] extends keyof Out
        ? R[K]
        : NoInfer<NotThere<M, K, R, Out, Steps>>
      : NoInfer<NoSuchInput<M["name"], K & string, NamesOf<M["inputs"]>>>;
};

/**
 * The compiler looks at this text for every renaming, in both branches and for the bound of `M`: where no name is known it must come
 * without a walk through the list of steps.
 */
type NotThere<M extends Model, K extends keyof R, R, Out, Steps> =
  M extends Model<infer N>
    ? NoSuchOutput<N, K & string, R[K] & string, string extends N ? string : SourceOf<Steps>, NamesOf<Out>>
    : never;

/** The renaming of the first inference step: it names the request's columns. */
export type ColumnNames<M extends Model, R> = {
  readonly [K in keyof R]: K extends keyof M["inputs"]
    ? R[K]
    : NoInfer<NoSuchInput<M["name"], K & string, NamesOf<M["inputs"]>>>;
};

/** The request's columns under their new names; inputs that share a column share the tensor of the first. */
export type Columns<I, R> = { readonly [C in ColumnOf<keyof I, R>]: I[FirstOf<InputsOf<C, I, R>> & keyof I] };
type ColumnOf<K, R> = K extends keyof R ? R[K] & string : K & string;
type InputsOf<C, I, R> = { [K in keyof I]: ColumnOf<K, R> extends C ? K & string : never }[keyof I];
type FirstOf<U extends string> = Sorted<U> extends readonly [infer F, ...(readonly unknown[])] ? F : never;

/** The run-time side of `Columns`, in the order of the model's inputs. */
export function firstColumns(inputs: readonly Port[], rename: RenameOption): Port[] {
  const columnOf = (input: string) => (Object.hasOwn(rename, input) ? (rename[input] ?? input) : input);
  const columns = inputs.map((port) => ({ ...port, input: port.name, name: columnOf(port.name) }));
  return columns
    .filter(
      (column) => !columns.some((other) => other.name === column.name && byCodeUnit(other.input, column.input) < 0),
    )
    .map(({ name, dtype, shape }) => ({ name, dtype, shape }));
}
