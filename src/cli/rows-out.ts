import { tableToIPC, type Table } from "apache-arrow";
import type { AnyInferRecord } from "../../dsl/deployment.js";
import { writeWhole } from "../files/write-whole.js";
import { selectRecords, selectTable, type Dataset } from "../tensors/dataset.js";
import type { ResultRecord } from "../tensors/shape-result.js";
import { shown } from "./files.js";
import { toJson, type Io } from "./io.js";
import { shortValue, textTable } from "./text-table.js";

/** How many rows a person is shown; `--json`, `--arrow` and `--out` give them all. */
const shownRows = 20;

/** Gives out a table: to a file, or as an Arrow file on standard output. */
export async function putTable(io: Io, table: Table, options: { readonly dataset?: Dataset; readonly out?: string }): Promise<void> {
  const chosen = options.dataset === undefined ? table : selectTable(table, options.dataset);
  const bytes = tableToIPC(chosen, "file");
  if (options.out === undefined) return io.bytes(bytes);
  await writeWhole(options.out, bytes);
  told(io, options.out, chosen.numRows);
}

/** Gives out records: to a file, as the JSON document, or as a table for people. */
export async function putRecords(io: Io, records: readonly AnyInferRecord[], options: { readonly dataset?: Dataset; readonly out?: string }): Promise<void> {
  const all = records as readonly ResultRecord[];
  const chosen = options.dataset === undefined ? all : selectRecords(all, options.dataset);
  if (options.out !== undefined) {
    await writeWhole(options.out, `${toJson(chosen, undefined)}\n`);
    return told(io, options.out, chosen.length);
  }
  io.result(chosen);
  if (chosen.length === 0) return io.say("no rows");
  const rows = chosen.slice(0, shownRows).map(flat);
  const columns = Object.keys(rows[0] ?? {}).filter((name) => options.dataset !== undefined || !name.startsWith("in."));
  io.say(textTable(columns, rows.map((row) => columns.map((name) => shortValue(row[name])))));
  const failed = all.filter((r) => r.check_failures > 0).length;
  io.say(`\n${all.length} ${all.length === 1 ? "row" : "rows"}, ${failed} ${failed === 1 ? "fails" : "fail"} a validation${chosen.length > shownRows ? ` (the first ${shownRows} are shown; --json gives all)` : ""}`);
}

function told(io: Io, out: string, rows: number): void {
  const file = shown(io.cwd, out);
  io.result({ out: file, rows });
  io.say(`wrote ${file}: ${rows} ${rows === 1 ? "row" : "rows"}`);
}

function flat(record: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([group, value]: [string, unknown]) =>
      typeof value === "object" && value !== null && !(value instanceof Date)
        ? Object.entries(value).map(([name, v]) => [`${group}.${name}`, v] as const)
        : [[group, value] as const],
    ),
  );
}
