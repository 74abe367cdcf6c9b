import type { Table } from "apache-arrow";
import { InputError } from "../../dsl/errors.js";
import type { ResultRecord } from "./shape-result.js";

/** Which columns of a result are wanted: `*`, a group (`in`, `out`, `anomaly`, `out_<challenger>`) or one column (`in.amount`). */
export type Dataset = readonly string[];

/**
 * The wanted ones of some flat column names, in their order.
 *
 * @throws InputError SL5031 where an entry names nothing that is there
 */
export function selectColumns(names: readonly string[], dataset: Dataset): string[] {
  const wanted = (entry: string, name: string) => entry === "*" || name === entry || name.startsWith(`${entry}.`);
  for (const entry of dataset) {
    if (!names.some((name) => wanted(entry, name))) {
      throw new InputError("SL5031", `the dataset names '${entry}', which the result has not: it has ${names.join(", ")}`, { entry, columns: names });
    }
  }
  return names.filter((name) => dataset.some((entry) => wanted(entry, name)));
}

/** The wanted columns of a table. */
export function selectTable(table: Table, dataset: Dataset): Table {
  return table.select(selectColumns(table.schema.fields.map((f) => f.name), dataset));
}

/** The wanted parts of records; a group of which nothing is wanted is left out. */
export function selectRecords(records: readonly ResultRecord[], dataset: Dataset): Partial<ResultRecord>[] {
  const first = records[0];
  if (first === undefined) return [];
  const wanted = new Set(selectColumns(flatNames(first), dataset));
  return records.map((record) => {
    const groups: [string, unknown][] = [];
    for (const [group, value] of Object.entries(record)) {
      if (!isGroup(value)) {
        if (wanted.has(group)) groups.push([group, value]);
        continue;
      }
      const kept = Object.entries(value).filter(([name]) => wanted.has(`${group}.${name}`));
      if (kept.length > 0) groups.push([group, Object.fromEntries(kept)]);
    }
    return Object.fromEntries(groups) as Partial<ResultRecord>;
  });
}

function flatNames(record: ResultRecord): string[] {
  return Object.entries(record).flatMap(([group, value]) => (isGroup(value) ? Object.keys(value).map((name) => `${group}.${name}`) : [group]));
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !(value instanceof Date);
}
