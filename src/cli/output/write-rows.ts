import type { Schema, Table } from "apache-arrow";
import type { Command } from "commander";
import { counted } from "../../util/quantities/counted.js";
import { formatCell } from "./format.js";
import { displayPath } from "../../util/display-path.js";
import type { AnyInferRecord } from "../../../dsl/deployment.js";
import { privateFile } from "../../util/files/make-directory.js";
import { writeFileAtomic, writeFileAtomicInParts } from "../../util/files/write-file-atomic.js";
import { toJson } from "../../tensors/json/to-json.js";
import type { Io } from "./io.js";
import { textTable } from "./text-table.js";

/** The maximum number of rows in a printed table; `--json`, `--arrow` and `--out` write all rows. */
const maxPrintedRows = 20;

/** Writes a table as an Arrow file, to `out` or to standard output. */
export async function writeTable(io: Io, table: Table, options: { readonly out?: string }): Promise<void> {
  const { tableToIPC } = await import("apache-arrow");
  const bytes = tableToIPC(table, "file");
  if (options.out === undefined) return io.writeBytes(bytes);
  await writeFileAtomic(options.out, bytes, privateFile);
  printWritten(io, options.out, table.numRows);
}

/** Writes tables of one schema as one Arrow file, with one table in memory at a time. */
export async function writeTables(
  io: Io,
  tables: AsyncIterable<Table>,
  options: { readonly out?: string },
): Promise<void> {
  let rows = 0;
  const write = async (writePart: (bytes: Uint8Array) => Promise<void>): Promise<void> => {
    const { ArrowFileWriter } = await import("../../logs/export/arrow-file-writer.js");
    const sink = new ArrowFileWriter(writePart);
    let schema: Schema | undefined;
    for await (const table of tables) {
      if (table.numRows === 0) schema = table.schema;
      for (const batch of table.batches) await sink.write(batch);
      rows += table.numRows;
    }
    await sink.end(rows === 0 ? schema : undefined);
  };
  if (options.out === undefined) return write((bytes) => io.writeBytes(bytes));
  await writeFileAtomicInParts(options.out, write, privateFile);
  printWritten(io, options.out, rows);
}

/** Rejects `--json --arrow` without `--out`: both would write to standard output. */
export function checkSingleDocument(
  command: Command,
  io: Io,
  { arrow, out }: { readonly arrow?: boolean; readonly out?: string },
): void {
  if (io.json && arrow === true && out === undefined) {
    command.error(
      "error: --arrow and --json would both write to standard output; add --out FILE, or use only one of them",
    );
  }
}

/** Writes records to `out`, or as the JSON document, or as a printed table. */
export async function writeRecords(
  io: Io,
  records: readonly AnyInferRecord[],
  options: { readonly out?: string; readonly chosen?: boolean },
): Promise<void> {
  const { length } = records;
  if (options.out !== undefined) {
    await writeFileAtomic(options.out, `${toJson(records, 0)}\n`, privateFile);
    return printWritten(io, options.out, length);
  }
  io.printJson(records);
  if (length === 0) return io.print("no rows");
  io.print(...recordLines(records.slice(0, maxPrintedRows), options.chosen === true));
  const failed = records.filter((r) => r.check_failures > 0).length;
  const failing = records.some((r) => "check_failures" in r)
    ? `, ${failed} ${failed === 1 ? "fails" : "fail"} a validation`
    : "";
  io.print(
    "",
    `${counted(length, "row")}${failing}${length > maxPrintedRows ? ` (showing the first ${maxPrintedRows}; --json prints all)` : ""}`,
  );
}

/**
 * Records as the lines of a table: titles, a line of dashes, the rows. Inputs are left out unless the columns were
 * chosen.
 */
export function recordLines(records: readonly object[], chosen: boolean): string[] {
  const rows = records.map(flattenRecord);
  const columns = Object.keys(rows[0] ?? {}).filter((name) => chosen || !name.startsWith("in."));
  return textTable(
    columns,
    rows.map((row) => columns.map((name) => formatCell(row[name]))),
  );
}

function printWritten(io: Io, out: string, rows: number): void {
  const file = displayPath(io.cwd, out);
  io.printJson({ out: file, rows });
  io.print(`wrote ${file}: ${counted(rows, "row")}`);
}

function flattenRecord(record: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([group, value]: [string, unknown]) =>
      typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)
        ? Object.entries(value).map(([name, v]) => [`${group}.${name}`, v] as const)
        : [[group, value] as const],
    ),
  );
}
