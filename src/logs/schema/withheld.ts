import type { Dim, Port } from "../../../dsl/tensor.js";
import type { RequestMetadata } from "../../tensors/result.js";

/** What the log of a version leaves out. Columns have flat names: `in.email`, `out_rf.score`, `metadata.session_id`. */
export interface Withheld {
  /** Not stored at all. The layout does not have these ports. */
  readonly excluded: readonly string[];
  /** Text is stored as `redactedText`; nothing is stored of other types. */
  readonly redacted: readonly string[];
  /** Of a row with more elements, the shape and a digest are stored instead of the values; null: no limit. */
  readonly maxElements: number | null;
}

/** What a redacted column of strings holds, in every element. */
export const redactedText = "[redacted]";

/** The shape of one row of a port of a layout, which has the rows first; null if its rank is unknown. */
export function rowShapeOf({ shape }: Pick<Port, "shape">): readonly Dim[] | null {
  return shape?.slice(1) ?? null;
}

/** Whether rows of a port may have more than `maxElements` elements. */
export function exceeds(port: Pick<Port, "shape">, maxElements: number | null): "never" | "sometimes" | "always" {
  if (maxElements === null) return "never";
  const rowShape = rowShapeOf(port);
  if (rowShape === null || rowShape.some((dim) => typeof dim !== "number")) return "sometimes";
  return rowShape.reduce<number>((size, dim) => size * Number(dim), 1) > maxElements ? "always" : "never";
}

/** The request's metadata as it is logged; null if nothing is left. */
export function loggedMetadata(
  metadata: RequestMetadata | null,
  withheld: Withheld | undefined,
): RequestMetadata | null {
  if (metadata === null || withheld === undefined) return metadata;
  const entries = Object.entries(metadata)
    .filter(([key]) => !withheld.excluded.includes(`metadata.${key}`))
    .map(([key, value]) => [key, withheld.redacted.includes(`metadata.${key}`) ? redactedText : value] as const);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}
