import type { Table } from "apache-arrow";
import type { AnyInferRecord } from "../../dsl/deployment.js";
import { writeWhole } from "../files/write-whole.js";
import { shown } from "./files.js";
import { toJson } from "../tensors/json.js";
import type { Io } from "./io.js";
import { shortValue, textTable } from "./text-table.js";

/** How many rows a person is shown; `--json`, `--arrow` and `--out` give them all. */
const shownRows = 20;

/** Gives out a table: to a file, or as an Arrow file on standard output. */
export async function putTable(io: Io, table: Table, options: { readonly out?: string }): Promise<void> {
  const { tableToIPC } = await import("apache-arrow");
  const bytes = tableToIPC(table, "file");
  if (options.out === undefined) return io.bytes(bytes);
  await writeWhole(options.out, bytes);
  told(io, options.out, table.numRows);
}

/** Gives out records: to a file, as the JSON document, or as a table for people. */
export async function putRecords(io: Io, records: readonly AnyInferRecord[], options: { readonly out?: string; readonly chosen?: boolean }): Promise<void> {
  const { length } = records;
  if (options.out !== undefined) {
    await writeWhole(options.out, `${toJson(records, 0)}\n`);
    return told(io, options.out, length);
  }
  io.result(records);
  if (length === 0) return io.say("no rows");
  const rows = records.slice(0, shownRows).map(flat);
  const columns = Object.keys(rows[0] ?? {}).filter((name) => options.chosen === true || !name.startsWith("in."));
  io.say(textTable(columns, rows.map((row) => columns.map((name) => shortValue(row[name])))));
  const failed = records.filter((r) => r.check_failures > 0).length;
  const failing = records.some((r) => "check_failures" in r) ? `, ${failed} ${failed === 1 ? "fails" : "fail"} a validation` : "";
  io.say(`\n${length} ${length === 1 ? "row" : "rows"}${failing}${length > shownRows ? ` (the first ${shownRows} are shown; --json gives all)` : ""}`);
}

function told(io: Io, out: string, rows: number): void {
  const file = shown(io.cwd, out);
  io.result({ out: file, rows });
  io.say(`wrote ${file}: ${rows} ${rows === 1 ? "row" : "rows"}`);
}

function flat(record: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([group, value]: [string, unknown]) =>
      typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)
        ? Object.entries(value).map(([name, v]) => [`${group}.${name}`, v] as const)
        : [[group, value] as const],
    ),
  );
}
