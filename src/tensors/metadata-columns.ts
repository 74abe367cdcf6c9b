import { type Data, type DataType, vectorFromArray } from "apache-arrow";
import { columnType, nullData } from "./arrow.js";
import type { RowsMetadata } from "./result.js";

/** What a batch knows of its rows, as far as it does. */
type Known = { readonly rows: number } & Partial<RowsMetadata>;

interface MetadataColumn {
  readonly value: (batch: Known, row: number) => unknown;
  /** In a table, what is no text or list of numbers is JSON. */
  readonly type: "text" | "json" | "nanoseconds";
}

/** The columns of the group `metadata`, in their order. */
export const metadataColumns: ReadonlyMap<string, MetadataColumn> = new Map<string, MetadataColumn>([
  ["last_model", { type: "text", value: ({ lastModel }, row) => lastModel?.[row] }],
  ["pipeline_version", { type: "text", value: ({ version }) => String(version) }],
  ["elapsed", { type: "nanoseconds", value: ({ elapsed }, row) => elapsed?.[row] }],
  ["request", { type: "json", value: ({ requests }, row) => requests?.[row] }],
  ["notes", { type: "json", value: notesOf }],
]);

/** By challenger: why it gave no output; null where all did. */
function notesOf({ notes }: Known, row: number): Record<string, string> | null {
  const found = [...(notes ?? [])].flatMap(([challenger, list]) =>
    typeof list[row] === "string" ? [[challenger, list[row]] as const] : [],
  );
  return found.length === 0 ? null : Object.fromEntries(found);
}

export function metadataType(name: string | null): DataType {
  return metadataColumns.get(name ?? "")?.type === "nanoseconds" ? columnType("int64", 2) : columnType("string", 1);
}

export function metadataData(name: string | null, batch: Known, type: DataType): Data {
  const column = metadataColumns.get(name ?? "");
  const values = Array.from({ length: batch.rows }, (_, row) => {
    const value = column?.value(batch, row) ?? null;
    if (value === null || column?.type === "text") return value;
    return column?.type === "json"
      ? JSON.stringify(value)
      : (value as readonly number[]).map((ns) => BigInt(Math.round(ns)));
  });
  return vectorFromArray(values, type).data[0] ?? nullData(type, batch.rows);
}
