import { rowReader } from "./nested.js";
import type { ResultBatch } from "./result.js";
import type { ResultRecord } from "./shape-result.js";
import type { TensorData } from "./tensor-data.js";

/**
 * One batch as records with all columns but metadata: what `asRecords` gives, without its table of columns, which costs a
 * request of one row more than its inference.
 *
 * @example recordsOf(batch)[0]?.out.dense_1 // [0.0014974177]
 */
export function recordsOf(batch: ResultBatch): ResultRecord[] {
  const { rows, time, failures } = batch;
  const inputs = ports(batch.inputs);
  const outputs = ports(batch.outputs);
  const beside: Beside[] = [];
  for (const [name, { outputs: own, answered }] of batch.challengers) beside.push({ group: `out_${name}`, ports: ports(own), answered });
  const flags = [...failures];
  const records = new Array<ResultRecord>(rows);
  for (let row = 0; row < rows; row++) {
    let count = 0;
    for (const [, failed] of flags) count += failed[row] ?? 0;
    const anomaly: Record<string, unknown> = { count };
    for (const [name, failed] of flags) put(anomaly, name, failed[row] === 1);
    const record: Record<string, unknown> = { time: new Date(time[row] ?? 0), in: values(inputs, row), out: values(outputs, row) };
    for (const { group, ports: own, answered } of beside) record[group] = answered[row] === 1 ? values(own, row) : nulls(own);
    record.anomaly = anomaly;
    record.check_failures = count;
    records[row] = record as unknown as ResultRecord;
  }
  return records;
}

interface PortValues {
  readonly name: string;
  readonly of: (row: number) => unknown;
}

interface Beside {
  readonly group: string;
  readonly ports: readonly PortValues[];
  readonly answered: Uint8Array;
}

function ports(tensors: ReadonlyMap<string, TensorData>): PortValues[] {
  const list: PortValues[] = [];
  for (const [name, tensor] of tensors) list.push({ name, of: rowReader(tensor) });
  return list;
}

function values(list: readonly PortValues[], row: number): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const { name, of } of list) put(record, name, of(row));
  return record;
}

function nulls(list: readonly PortValues[]): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const { name } of list) put(record, name, null);
  return record;
}

/** Sets an own property, also one called `__proto__`, which plain assignment would take for the prototype. */
export function put(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}
