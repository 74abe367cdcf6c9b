import { rowShape } from "../../../dsl/rows.js";
import type { Port } from "../../../dsl/tensor.js";
import { isRecord } from "../../util/objects.js";
import { isExported } from "../choose-columns.js";

// Rows of an exported log: `{ time, "in.x": 1, "out.y": 2 }`, or `{ time, in: { x: 1 }, out: { y: 2 } }`.

type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a record has its inputs in the group `in`. */
export function isGrouped(record: JsonObject, inputs: readonly Port[]): boolean {
  const group = record.in;
  return (
    isRecord(group) &&
    inputs.every(({ name }) => Object.hasOwn(group, name)) &&
    !inputs.some(({ name }) => name === "in")
  );
}

/** Moves the members of the group `in` to the top: `in.x`. */
export function withFlatInputs(record: unknown): unknown {
  if (!isRecord(record) || !isRecord(record.in)) return record;
  const { in: group, ...others } = record;
  return { ...others, ...Object.fromEntries(Object.entries(group).map(([name, value]) => [`in.${name}`, value])) };
}

/**
 * Whether an object is one row of an exported log, and not its columns: an export of one row is JSON lines of one line.
 * The columns have one more level of lists than a row.
 */
export function isLogRow(value: JsonObject, inputs: readonly Port[]): boolean {
  const row = isGrouped(value, inputs) ? (withFlatInputs(value) as JsonObject) : value;
  if (!isExported(Object.keys(row), inputs)) return false;
  return typeof row.time === "string" || inputs.every((port) => isOneRow(port, row[`in.${port.name}`]));
}

function isOneRow({ shape }: Port, value: unknown): boolean {
  const rank = rowShape(shape)?.length;
  return !isRecord(value) && rank !== undefined && depthOf(value, rank + 1) <= rank;
}

/** How deep lists nest, counted up to `most`. */
function depthOf(value: unknown, most: number): number {
  return Array.isArray(value) && most > 0 ? 1 + depthOf(value[0], most - 1) : 0;
}
