import { tableToIPC, type Table } from "apache-arrow";
import type { AnyInferRecord } from "../../dsl/deployment.js";
import type { Config } from "../config/schema.js";
import { checkWritable, writeWhole } from "../files/write-whole.js";
import { selectColumns, selectRecords, selectTable, type Dataset } from "../tensors/dataset.js";
import type { ResultRecord } from "../tensors/shape-result.js";
import { shown } from "./files.js";
import { toJson, type Io } from "./io.js";
import { shortValue, textTable } from "./text-table.js";

/** How many rows a person is shown; `--json`, `--arrow` and `--out` give them all. */
const shownRows = 20;

/**
 * Checks what was asked of an answer before a row is inferred, so that a refusal leaves nothing in the log.
 *
 * @throws InputError SL5031 for a column that the pipeline's answers have not, StorageError SL7030 for a file that cannot be written
 */
export async function checkPut({ inputs, steps, models }: Config, options: { readonly dataset?: Dataset; readonly out?: string }): Promise<void> {
  if (options.out !== undefined) await checkWritable(options.out);
  if (options.dataset === undefined) return;
  const last = steps.map((step) => (step.kind === "model" ? step.model : step.kind === "shadow" ? step.champion : undefined)).findLast((name) => name !== undefined);
  const outputs = models.find((model) => model.name === last)?.outputs ?? [];
  const checks = steps.flatMap((step) => (step.kind === "validation" ? [step.name] : []));
  const challengers = steps.flatMap((step) => (step.kind === "shadow" ? step.challengers : []));
  const names = [
    "time",
    ...inputs.map((port) => `in.${port.name}`),
    ...outputs.map((port) => `out.${port.name}`),
    // Answered where a validation reads them.
    ...challengers.flatMap((name) => (models.find((model) => model.name === name)?.outputs ?? []).map((port) => `out_${name}.${port.name}`)),
    ...["count", ...checks].map((name) => `anomaly.${name}`),
    "check_failures",
  ];
  selectColumns(names, options.dataset);
}

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
