import { isRecord, kindOf } from "./value-kind.js";
import { firstFiveNames } from "./messages/first-five-names.js";
import type { Tensor } from "./tensor.js";

// Columns in which null stands for NaN: pandas writes NaN as null.

type FloatDType = "float16" | "float32" | "float64";
const floatDTypes: readonly unknown[] = ["float16", "float32", "float64"] satisfies FloatDType[];

/** `"nan"` for all float columns, or `{ column: "nan" }`. */
export type MissingOption<I> =
  "nan" | { readonly [K in keyof I as I[K] extends { readonly dtype: FloatDType } ? K : never]?: "nan" };

/** Marks a column in which null stands for NaN. Only types have it. */
export interface NullAsNaN {
  readonly [nullAsNaN]: true;
}
declare const nullAsNaN: unique symbol;

/** The columns `In`, those of the option `M` marked. */
export type WithMissing<In, M> = {
  readonly [K in keyof In]: In[K] extends Tensor<FloatDType>
    ? M extends "nan"
      ? In[K] & NullAsNaN
      : K extends keyof M
        ? In[K] & NullAsNaN
        : In[K]
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
    if (!floats.includes(column))
      return `'missing' names '${column}', which is not a float column of the pipeline, only ${firstFiveNames(floats)}`;
    if (value !== "nan" && value !== undefined) return `'missing' of column '${column}' must be "nan"`;
  }
  return null;
}
