import { setOwnProperty } from "../util/objects.js";
import { rowReader } from "./nested-lists.js";
import type { ResultBatch, ResultRecord } from "./result.js";
import { isRagged, type RowsTensor, type TensorData } from "./tensor-data.js";

/**
 * Converts one batch to records with all columns except metadata. The result equals `toRecords(batch)`, whose table of
 * columns costs a request of one row more than its inference.
 *
 * @example batchToRecords(batch)[0]?.out.dense_1 // [0.0014974177]
 */
export function batchToRecords(batch: ResultBatch): ResultRecord[] {
  const { rows, time, failures, challengers } = batch;
  const records = new Array<ResultRecord>(rows);
  const [inputs, outputs] = [ports(batch.inputs), ports(batch.outputs)];
  const challengerPorts: ChallengerPorts[] = [];
  if (challengers.size > 0)
    for (const [name, { outputs: own, answered }] of challengers)
      challengerPorts.push({ group: `out_${name}`, ports: ports(own), answered });
  for (let row = 0; row < rows; row++) {
    let count = 0;
    if (failures.size > 0) for (const failed of failures.values()) count += failed[row] ?? 0;
    const anomaly: Record<string, unknown> = { count };
    if (failures.size > 0) for (const [name, failed] of failures) setOwnProperty(anomaly, name, failed[row] === 1);
    const record: Record<string, unknown> = {
      time: new Date(time[row] ?? 0),
      in: values(inputs, row),
      out: values(outputs, row),
    };
    for (const { group, ports: own, answered } of challengerPorts)
      record[group] = answered[row] === 1 ? values(own, row) : nulls(own);
    record.anomaly = anomaly;
    record.check_failures = count;
    records[row] = record as unknown as ResultRecord;
  }
  return records;
}

/** A port's rows: `plain` if they are lists of plain numbers, which need no call, else `read` reads one. */
type PortReader =
  | { readonly name: string; readonly plain: TensorData }
  | { readonly name: string; readonly plain: null; readonly read: (row: number) => unknown };

interface ChallengerPorts {
  readonly group: string;
  readonly ports: readonly PortReader[];
  readonly answered: Uint8Array;
}

function ports(tensors: ReadonlyMap<string, RowsTensor>): PortReader[] {
  const list: PortReader[] = [];
  for (const [name, tensor] of tensors) {
    const plain =
      !isRagged(tensor) && tensor.dims.length === 2 && tensor.dtype !== "bool" && tensor.dtype !== "float16";
    list.push(plain ? { name, plain: tensor } : { name, plain: null, read: rowReader(tensor) });
  }
  return list;
}

function values(list: readonly PortReader[], row: number): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const port of list)
    setOwnProperty(record, port.name, port.plain === null ? port.read(row) : numbers(port.plain, row));
  return record;
}

function numbers({ dims, data }: TensorData, row: number): unknown[] {
  const size = dims[1] ?? 0;
  const list = new Array<unknown>(size);
  for (let i = 0, at = row * size; i < size; i++) list[i] = data[at++];
  return list;
}

function nulls(list: readonly PortReader[]): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const { name } of list) setOwnProperty(record, name, null);
  return record;
}
