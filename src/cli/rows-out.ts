import type { Schema, Table } from "apache-arrow";
import type { Command } from "commander";
import type { AnyInferRecord } from "../../dsl/deployment.js";
import { writeWhole, writeWholeInParts } from "../util/write-atomic.js";
import { shown } from "./files.js";
import { toJson } from "../tensors/to-json.js";
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

/** Gives out tables of one schema as one Arrow file; one table is in memory at a time. */
export async function putTables(
  io: Io,
  tables: AsyncIterable<Table>,
  options: { readonly out?: string },
): Promise<void> {
  let rows = 0;
  const write = async (put: (bytes: Uint8Array) => Promise<void>): Promise<void> => {
    const { ArrowSink } = await import("../logs/export/arrow-file.js");
    const sink = new ArrowSink(put);
    let schema: Schema | undefined;
    for await (const table of tables) {
      if (table.numRows === 0) schema = table.schema;
      for (const batch of table.batches) await sink.write(batch);
      rows += table.numRows;
    }
    await sink.end(rows === 0 ? schema : undefined);
  };
  if (options.out === undefined) return write((bytes) => io.bytes(bytes));
  await writeWholeInParts(options.out, write);
  told(io, options.out, rows);
}

/** Refuses what would put two documents on standard output. */
export function refuseTwoDocuments(
  command: Command,
  io: Io,
  { arrow, out }: { readonly arrow?: boolean; readonly out?: string },
): void {
  if (io.json && arrow === true && out === undefined) {
    command.error(
      "error: --arrow writes an Arrow file to standard output, where --json wants one JSON document and nothing else; add --out FILE, or leave one of them out",
    );
  }
}

/** Gives out records: to a file, as the JSON document, or as a table for people. */
export async function putRecords(
  io: Io,
  records: readonly AnyInferRecord[],
  options: { readonly out?: string; readonly chosen?: boolean },
): Promise<void> {
  const { length } = records;
  if (options.out !== undefined) {
    await writeWhole(options.out, `${toJson(records, 0)}\n`);
    return told(io, options.out, length);
  }
  io.result(records);
  if (length === 0) return io.say("no rows");
  const rows = records.slice(0, shownRows).map(flat);
  const columns = Object.keys(rows[0] ?? {}).filter((name) => options.chosen === true || !name.startsWith("in."));
  io.say(
    textTable(
      columns,
      rows.map((row) => columns.map((name) => shortValue(row[name]))),
    ),
  );
  const failed = records.filter((r) => r.check_failures > 0).length;
  const failing = records.some((r) => "check_failures" in r)
    ? `, ${failed} ${failed === 1 ? "fails" : "fail"} a validation`
    : "";
  io.say(
    `\n${length} ${length === 1 ? "row" : "rows"}${failing}${length > shownRows ? ` (the first ${shownRows} are shown; --json gives all)` : ""}`,
  );
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
