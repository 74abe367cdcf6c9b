import { selectColumns, type ColumnSelection } from "./column-selection.js";
import { metadataColumns } from "./metadata-columns.js";
import type { ResultBatch, RowsMetadata } from "./result.js";
import type { RowsTensor } from "./tensor-data.js";

/** A batch with the metadata that is known. */
export type Batch = ResultBatch & Partial<RowsMetadata>;

/** One batch, or several in order: rows of a log are read in batches of one pipeline version and one set of shapes. */
export type Batches = Batch | readonly Batch[];

type Kind = "time" | "port" | "longShape" | "longDigest" | "count" | "flag" | "metadata" | "group";

/**
 * `group` and `name` form the column's flat name; a challenger's group is `out_<challenger>`. A group that may be empty
 * has its own entry.
 */
export interface Column {
  readonly group: string;
  readonly name: string | null;
  readonly kind: Kind;
}

/** The selected columns of all batches, in the documented order. */
export function layout(list: readonly Batch[], selection: ColumnSelection): Column[] {
  const columns: Column[] = [{ group: "time", name: null, kind: "time" }];
  const add = (group: string, kind: Kind, names: (batch: Batch) => Iterable<string>) => {
    const seen = new Set<string>();
    for (const batch of list) for (const name of names(batch)) seen.add(name);
    for (const name of seen) {
      columns.push({ group, name, kind });
      if (kind === "port" && hasLongRows(list, `${group}.${name}`))
        columns.push(
          { group, name: `${name}.shape`, kind: "longShape" },
          { group, name: `${name}.digest`, kind: "longDigest" },
        );
    }
  };
  columns.push({ group: "in", name: null, kind: "group" });
  add("in", "port", (batch) => batch.inputs.keys());
  columns.push({ group: "out", name: null, kind: "group" });
  add("out", "port", (batch) => batch.outputs.keys());
  const challengers = new Set<string>();
  for (const batch of list) for (const name of batch.challengers.keys()) challengers.add(name);
  for (const name of challengers)
    add(`out_${name}`, "port", (batch) => batch.challengers.get(name)?.outputs.keys() ?? []);
  columns.push({ group: "anomaly", name: "count", kind: "count" });
  add("anomaly", "flag", (batch) => batch.failures.keys());
  columns.push({ group: "check_failures", name: null, kind: "count" });
  if (selection.dataset === null && selection.exclude.length === 0)
    return selection.separator === null ? columns : columns.filter(({ kind }) => kind !== "group");
  add("metadata", "metadata", (batch) => (batch.version === undefined ? [] : metadataColumns.keys()));
  const existing = columns.filter(({ kind }) => kind !== "group");
  // Without rows the columns are unknown, so names cannot be checked.
  if (list.length === 0) return existing;
  const selected = new Set(
    selectColumns(
      existing.map((column) => flatName(column)),
      selection,
    ),
  );
  return existing.filter((column) => selected.has(flatName(column)));
}

export function flatName({ group, name }: Column, separator = "."): string {
  return name === null ? group : `${group}${separator}${name}`;
}

function hasLongRows(list: readonly Batch[], column: string): boolean {
  return list.some((batch) => (batch.withheld?.ports.get(column)?.long ?? null) !== null);
}

/** The shapes or digests of a port's long rows; null for other rows. */
export function longValues(
  { group, name, kind }: Column,
  batch: Batch,
): readonly (readonly number[] | string | null)[] {
  const port = (name ?? "").slice(0, (name ?? "").lastIndexOf("."));
  const long = batch.withheld?.ports.get(`${group}.${port}`)?.long;
  const values = kind === "longShape" ? long?.shapes : long?.digests;
  return values ?? new Array<null>(batch.rows).fill(null);
}

interface Cells {
  readonly tensor: RowsTensor;
  readonly valid?: Uint8Array;
}

export function portCells({ group, name }: Column, batch: ResultBatch): Cells | undefined {
  const port = name ?? "";
  const stored = batch.withheld?.ports.get(`${group}.${port}`)?.valid;
  if (group === "in") return wrap(batch.inputs.get(port), stored);
  if (group === "out") return wrap(batch.outputs.get(port), stored);
  const challenger = batch.challengers.get(group.slice("out_".length));
  const answered = challenger?.answered;
  const valid = stored === undefined ? answered : answered?.map((flag, row) => flag & (stored[row] ?? 0));
  return wrap(challenger?.outputs.get(port), valid);
}

function wrap(tensor: RowsTensor | undefined, valid?: Uint8Array): Cells | undefined {
  if (tensor === undefined) return undefined;
  return valid === undefined ? { tensor } : { tensor, valid };
}

export function asList(batches: Batches): readonly Batch[] {
  return "rows" in batches ? [batches] : batches;
}
