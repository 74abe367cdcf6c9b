import { rowReader } from "./nested-lists.js";
import type { ResultBatch } from "./result.js";
import type { ResultRecord } from "./format-result.js";
import type { TensorData } from "./tensor-data.js";

/**
 * One batch as records with all columns but metadata: what `asRecords` gives, without its table of columns, which costs a
 * request of one row more than its inference.
 *
 * @example recordsOf(batch)[0]?.out.dense_1 // [0.0014974177]
 */
export function recordsOf(batch: ResultBatch): ResultRecord[] {
  const { rows, time, failures, challengers } = batch;
  const records = new Array<ResultRecord>(rows);
  const [inputs, outputs] = [ports(batch.inputs), ports(batch.outputs)];
  const beside: Beside[] = [];
  if (challengers.size > 0)
    for (const [name, { outputs: own, answered }] of challengers)
      beside.push({ group: `out_${name}`, ports: ports(own), answered });
  for (let row = 0; row < rows; row++) {
    let count = 0;
    if (failures.size > 0) for (const failed of failures.values()) count += failed[row] ?? 0;
    const anomaly: Record<string, unknown> = { count };
    if (failures.size > 0) for (const [name, failed] of failures) put(anomaly, name, failed[row] === 1);
    const record: Record<string, unknown> = {
      time: new Date(time[row] ?? 0),
      in: values(inputs, row),
      out: values(outputs, row),
    };
    for (const { group, ports: own, answered } of beside)
      record[group] = answered[row] === 1 ? values(own, row) : nulls(own);
    record.anomaly = anomaly;
    record.check_failures = count;
    records[row] = record as unknown as ResultRecord;
  }
  return records;
}

/** A port's tensor; `of` reads its rows where they are no lists of plain numbers, which are read without a call. */
interface PortValues {
  readonly name: string;
  readonly tensor: TensorData;
  readonly of: ((row: number) => unknown) | null;
}

interface Beside {
  readonly group: string;
  readonly ports: readonly PortValues[];
  readonly answered: Uint8Array;
}

function ports(tensors: ReadonlyMap<string, TensorData>): PortValues[] {
  const list: PortValues[] = [];
  for (const [name, tensor] of tensors) {
    const plain = tensor.dims.length === 2 && tensor.dtype !== "bool" && tensor.dtype !== "float16";
    list.push({ name, tensor, of: plain ? null : rowReader(tensor) });
  }
  return list;
}

function values(list: readonly PortValues[], row: number): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const { name, tensor, of } of list) put(record, name, of === null ? numbers(tensor, row) : of(row));
  return record;
}

function numbers({ dims, data }: TensorData, row: number): unknown[] {
  const size = dims[1] ?? 0;
  const list = new Array<unknown>(size);
  for (let i = 0, at = row * size; i < size; i++) list[i] = data[at++];
  return list;
}

function nulls(list: readonly PortValues[]): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const { name } of list) put(record, name, null);
  return record;
}

/** Sets an own property, also one called `__proto__`, which plain assignment would take for the prototype. */
export function put(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__")
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}
