import { isRecord, kindOf } from "./value-kind.js";
import { firstFiveNames, type FirstFiveNames } from "./messages/first-five-names.js";
import type { Text } from "./names.js";
import type { Sorted } from "./shapes/port-names.js";
import type { Tensor } from "./tensor.js";

// Columns in which null stands for NaN: pandas writes NaN as null.

type FloatDType = "float16" | "float32" | "float64";
const floatDTypes: readonly unknown[] = ["float16", "float32", "float64"] satisfies FloatDType[];

/** `"nan"` for all float columns, or `{ column: "nan" }`. */
export type MissingOption = "nan" | Readonly<Record<string, "nan">>;

/** The option `M` where it names float columns of `In`; the text of a wrong one is the type of its property. */
export type Missing<M, In> = [M] extends [never] // No such option: its columns are completions.
  ? "nan" | { readonly [K in FloatColumns<In>]?: "nan" }
  : M extends string
    ? M
    : {
        readonly [K in keyof M]: Text<K> extends FloatColumns<In>
          ? M[K]
          : NoInfer<NotFloat<Text<K> & string, Sorted<FloatColumns<In>>>>;
      };
type FloatColumns<In> = { [K in keyof In]: In[K] extends Tensor<FloatDType> ? K & string : never }[keyof In];

/** Marks a column in which null stands for NaN. Only types have it. */
export interface NullAsNaN {
  readonly [nullAsNaN]: true;
}
declare const nullAsNaN: unique symbol;

/** The columns `In`, those of the option `M` marked. */
export type WithMissing<In, M> = [M] extends [never]
  ? In
  : {
      readonly [K in keyof In]: K extends (M extends "nan" ? FloatColumns<In> : Text<keyof M>)
        ? In[K] & NullAsNaN
        : In[K];
    };

/** The names of the float columns; other values than tensors are no columns. */
function floatColumns(inputs: object): readonly string[] {
  return Object.entries(inputs).flatMap(([name, tensor]: [string, unknown]) =>
    isRecord(tensor) && floatDTypes.includes(tensor["dtype"]) ? [name] : [],
  );
}

/** The columns that the option `missing` names, in the order of the inputs. */
export function missingColumns(missing: unknown, inputs: object): readonly string[] {
  return floatColumns(inputs).filter((name) => missing === "nan" || (isRecord(missing) && missing[name] === "nan"));
}

/** Why the option `missing` is wrong, or null. */
export function missingFlaw(missing: unknown, inputs: object): string | null {
  if (missing === undefined || missing === "nan") return null;
  if (!isRecord(missing)) return `'missing' must be "nan" or { column: "nan" }, not ${kindOf(missing)}`;
  const floats = floatColumns(inputs);
  for (const [column, value] of Object.entries(missing)) {
    if (!floats.includes(column)) return notFloat(column, floats);
    if (value !== "nan" && value !== undefined) return `'missing' of column '${column}' must be "nan"`;
  }
  return null;
}

type NotFloat<
  C extends string,
  Names extends readonly string[],
> = `'missing' names '${C}', but the pipeline's float columns are ${FirstFiveNames<Names>}`;
const notFloat = (column: string, names: readonly string[]): string =>
  `'missing' names '${column}', but the pipeline's float columns are ${firstFiveNames(names)}`;
