import { rowReader } from "./nested.js";
import type { ChallengerResult, ResultBatch } from "./result.js";
import type { ResultRecord } from "./shape-result.js";
import type { TensorData } from "./tensor-data.js";

/** Gives one member of every record of a batch. */
type Member = (row: number) => unknown;
type Named = readonly (readonly [name: string, member: Member])[];

/**
 * One batch as records with all columns but metadata: what `asRecords` gives, without its table of columns, which costs a
 * request of one row more than its inference.
 *
 * @example recordsOf(batch)[0]?.out.dense_1 // [0.0014974177]
 */
export function recordsOf(batch: ResultBatch): ResultRecord[] {
  const inputs = ports(batch.inputs);
  const outputs = ports(batch.outputs);
  const beside = Array.from(batch.challengers, ([name, result]) => [`out_${name}`, answered(result)] as const);
  const flags: Named = Array.from(batch.failures, ([name, failed]) => [name, (row: number) => failed[row] === 1]);
  const records = new Array<ResultRecord>(batch.rows);
  for (let row = 0; row < batch.rows; row++) {
    let count = 0;
    for (const failed of batch.failures.values()) count += failed[row] ?? 0;
    const record: Record<string, unknown> = { time: new Date(batch.time[row] ?? 0), in: members({}, inputs, row), out: members({}, outputs, row) };
    for (const [name, values] of beside) record[name] = members({}, values, row);
    record.anomaly = members({ count }, flags, row);
    record.check_failures = count;
    records[row] = record as unknown as ResultRecord;
  }
  return records;
}

function ports(tensors: ReadonlyMap<string, TensorData>): Named {
  const list: (readonly [string, Member])[] = [];
  for (const [name, tensor] of tensors) list.push([name, rowReader(tensor)]);
  return list;
}

function answered({ outputs, answered: valid }: ChallengerResult): Named {
  return ports(outputs).map(([name, member]) => [name, (row) => (valid[row] === 1 ? member(row) : null)]);
}

function members(target: Record<string, unknown>, named: Named, row: number): Record<string, unknown> {
  for (const [name, member] of named) put(target, name, member(row));
  return target;
}

/** Sets an own property, also one called `__proto__`, which plain assignment would take for the prototype. */
export function put(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}
