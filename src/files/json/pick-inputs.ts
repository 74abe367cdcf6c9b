import { InputError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
import { bounds } from "../../util/bounds.js";
import { isRecord } from "../../util/objects.js";
import { type ChosenColumns, chooseColumns } from "../choose-columns.js";
import type { WantedRows } from "../wanted-rows.js";
import { isGrouped, withFlatInputs } from "./log-row.js";
import { hasOverflow } from "./overflow.js";

/** Records with the inputs of a pipeline only, and what was left out; null if the value is no list of records. */
export interface PickedRecords {
  readonly rows: unknown;
  readonly chosen: ChosenColumns | null;
}

/**
 * Picks the inputs out of records; the first one says which members there are. An exported log may have its inputs in
 * the group `in`.
 *
 * @throws InputError SL5003, SL5004 or SL5034 for the members of the first record, SL5010 for a number that is too
 * large
 */
export async function pickInputs(records: unknown, wanted: WantedRows, file: string): Promise<PickedRecords> {
  const picked = await pickMembers(records, wanted, file);
  if (Array.isArray(picked.rows)) await refuseOverflow(picked.rows, wanted, file);
  return picked;
}

/**
 * JSON has no Infinity: a number that is read as one was too large. Where it is meant, JSON has the text "Infinity".
 */
async function refuseOverflow(rows: readonly unknown[], { inputs, pace }: WantedRows, file: string): Promise<void> {
  for (const [row, record] of rows.entries()) {
    if (pace.isDue()) await pace.rest();
    if (!isRecord(record)) continue;
    for (const { name } of inputs) {
      if (!Object.hasOwn(record, name) || !hasOverflow(record[name])) continue;
      throw new InputError(
        "SL5010",
        `'${file}', row ${row}, input '${name}': a number is larger than any float64 (1.8e308); write a smaller one, or the text "Infinity" if that is meant`,
        { file, row, input: name },
      );
    }
  }
}

async function pickMembers(records: unknown, wanted: WantedRows, file: string): Promise<PickedRecords> {
  const first: unknown = Array.isArray(records) ? records[0] : undefined;
  if (!Array.isArray(records) || !isRecord(first)) return { rows: records, chosen: null };
  const rows = isGrouped(first, wanted.inputs) ? records.map(withFlatInputs) : (records as unknown[]);
  const names = Object.keys(rows[0] as object);
  const chosen = chooseColumns(names, wanted, file);
  const changes = wanted.inputs.some(({ dtype }) => dtype === "int64" || dtype === "uint64");
  if (chosen.ignored.length === 0 && !changes && chosen.columns.every(({ kind }) => kind === "one"))
    return { rows, chosen };
  // Without permission to ignore columns, later records must have the same members: unknown ones stay in.
  const known = new Set(names);
  const picked: unknown[] = [];
  for (const row of rows) {
    if (wanted.pace.isDue()) await wanted.pace.rest();
    picked.push(pick(row, names, chosen, wanted.ignoreUnknown ? null : known));
  }
  return { rows: picked, chosen };
}

function pick(
  row: unknown,
  names: readonly string[],
  chosen: ChosenColumns,
  known: ReadonlySet<string> | null,
): unknown {
  if (!isRecord(row)) return row;
  const entries: [string, unknown][] = [];
  for (const input of chosen.columns) {
    const { port } = input;
    if (input.kind === "elements")
      entries.push([port.name, input.at.map((at) => forDtype(port, row[names[at] ?? ""]))]);
    else {
      const name = names[input.at] ?? "";
      if (Object.hasOwn(row, name)) entries.push([port.name, forDtype(port, row[name])]);
    }
  }
  if (known !== null && !chosen.exported)
    for (const [name, value] of Object.entries(row)) if (!known.has(name)) entries.push([name, value]);
  return Object.fromEntries(entries);
}

/** JSON is read with bigints if an input takes them; the other inputs take the nearest number. */
function forDtype(port: Port, value: unknown, depth = 0): unknown {
  if (port.dtype === "int64" || port.dtype === "uint64") return value;
  if (typeof value === "bigint") return Number(value);
  // Lists deeper than any tensor stay as they are: they are refused when the request is read.
  if (!Array.isArray(value) || depth > bounds.tensorRank.limit) return value;
  return value.map((each) => forDtype(port, each, depth + 1));
}
