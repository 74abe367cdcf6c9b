import type { RowsMetadata } from "./result.js";

/** The metadata that a batch has. */
export type BatchMetadata = { readonly rows: number } & Partial<RowsMetadata>;

interface MetadataColumn {
  readonly value: (batch: BatchMetadata, row: number) => unknown;
  /** How a table stores the column: anything but text and lists of numbers is JSON. */
  readonly type: "text" | "json" | "nanoseconds";
}

/** The columns of the group `metadata`, in order. */
export const metadataColumns: ReadonlyMap<string, MetadataColumn> = new Map<string, MetadataColumn>([
  ["last_model", { type: "text", value: ({ lastModel }, row) => lastModel?.[row] }],
  ["pipeline_version", { type: "text", value: ({ version }) => String(version) }],
  ["elapsed", { type: "nanoseconds", value: ({ elapsed }, row) => elapsed?.[row] }],
  ["request", { type: "json", value: ({ requests }, row) => requests?.[row] }],
  ["notes", { type: "json", value: notesOf }],
]);

/** By challenger: why it has no output; null if all have one. */
function notesOf({ notes }: BatchMetadata, row: number): Record<string, string> | null {
  const found = [...(notes ?? [])].flatMap(([challenger, list]) =>
    typeof list[row] === "string" ? [[challenger, list[row]] as const] : [],
  );
  return found.length === 0 ? null : Object.fromEntries(found);
}
