import { setOwnProperty } from "../util/objects.js";
import { rowReader } from "./nested-lists.js";
import type { ResultBatch, ResultRecord } from "./result.js";
import { isRagged, type RowsTensor, type TensorData } from "./tensor-data.js";

type Values = Record<string, unknown>;

/** A record while its columns are written. */
interface OpenRecord {
  readonly in: Values;
  readonly out: Values;
  readonly anomaly: Values & { count: number };
  check_failures: number;
  readonly [group: string]: unknown;
}

/**
 * Converts one batch to records with all columns except metadata. The result equals `toRecords(batch)`, whose table of
 * columns costs a request of one row more than its inference.
 *
 * @example batchToRecords(batch)[0]?.out.dense_1 // [0.0014974177]
 */
export function batchToRecords(batch: ResultBatch): ResultRecord[] {
  const { rows, time, inputs, outputs, failures, challengers } = batch;
  const records = new Array<OpenRecord>(rows);
  for (let row = 0; row < rows; row++) records[row] = openRecord(time[row] ?? 0, challengers);
  inputs.forEach((tensor, name) => addPort(records, "in", name, tensor, null));
  outputs.forEach((tensor, name) => addPort(records, "out", name, tensor, null));
  if (challengers.size > 0)
    for (const [challenger, { outputs: own, answered }] of challengers)
      own.forEach((tensor, name) => addPort(records, `out_${challenger}`, name, tensor, answered));
  if (failures.size > 0) failures.forEach((failed, name) => addValidation(records, name, failed));
  return records as unknown as ResultRecord[];
}

/** Creates a record with empty groups, its keys in their order. */
function openRecord(ms: number, challengers: ResultBatch["challengers"]): OpenRecord {
  // Properties that are added to `{}` fit into it, those that are added to `{ count: 0 }` need memory of their own.
  const anomaly = {} as OpenRecord["anomaly"];
  anomaly.count = 0;
  const time = new Date(ms);
  if (challengers.size === 0) return { time, in: {}, out: {}, anomaly, check_failures: 0 };
  const groups: Values = {};
  for (const challenger of challengers.keys()) groups[`out_${challenger}`] = {};
  return { time, in: {}, out: {}, ...groups, anomaly, check_failures: 0 };
}

/** Adds a port's values to a group of the records; null where `answered` is 0. */
function addPort(
  records: readonly OpenRecord[],
  group: string,
  name: string,
  tensor: RowsTensor,
  answered: Uint8Array | null,
): void {
  // Lists of plain numbers, which most ports have, need no reader.
  const read = isPlainList(tensor) ? null : rowReader(tensor);
  for (let row = 0; row < records.length; row++) {
    const values = records[row]?.[group] as Values;
    if (answered !== null && answered[row] !== 1) setOwnProperty(values, name, null);
    else setOwnProperty(values, name, read === null ? numbers(tensor as TensorData, row) : read(row));
  }
}

function addValidation(records: readonly OpenRecord[], name: string, failed: Uint8Array): void {
  for (let row = 0; row < records.length; row++) {
    const record = records[row];
    if (record === undefined) continue;
    const isFailed = failed[row] === 1;
    setOwnProperty(record.anomaly, name, isFailed);
    if (isFailed) record.check_failures = ++record.anomaly.count;
  }
}

function isPlainList(tensor: RowsTensor): boolean {
  return !isRagged(tensor) && tensor.dims.length === 2 && tensor.dtype !== "bool" && tensor.dtype !== "float16";
}

function numbers({ dims, data }: TensorData, row: number): unknown[] {
  const size = dims[1] ?? 0;
  const list = new Array<unknown>(size);
  for (let i = 0, at = row * size; i < size; i++) list[i] = data[at++];
  return list;
}
