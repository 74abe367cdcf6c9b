import type { ColumnSelection } from "../column-selection.js";
import { toJson } from "./to-json.js";
import type { ResultBatch, RowsMetadata } from "../result.js";
import { toRecords } from "../format-result.js";
import type { RowsTensor } from "../tensor-data.js";

type Batch = ResultBatch & Partial<RowsMetadata>;

/** Rows as JSON objects with flat names, each a line without its line end. */
export interface JsonRows {
  readonly rows: readonly string[];
  /** The flat names. */
  readonly columns: readonly string[];
}

/**
 * Converts the rows of a batch to JSON, with the text that `toJson` writes.
 *
 * @throws InputError SL5031 if the selection names a column that does not exist
 */
export function jsonRows(batch: Batch, selection: ColumnSelection): JsonRows {
  const plain = withPlainNumbers(batch);
  const records = toRecords(plain ?? batch, { ...selection, separator: selection.separator ?? "." });
  // `toJson` checks every value, which takes several times as long.
  const text = plain === null ? (record: unknown) => toJson(record, 0) : (record: unknown) => JSON.stringify(record);
  return { rows: records.map(text), columns: Object.keys(records[0] ?? {}) };
}

/** The batch with numbers that JSON can represent; null if it has others. */
function withPlainNumbers(batch: Batch): Batch | null {
  let representable = true;
  const plain = (tensors: ReadonlyMap<string, RowsTensor>) =>
    new Map(
      Array.from(tensors, ([name, tensor]) => {
        const same = plainTensor(tensor);
        representable &&= same !== null;
        return [name, same ?? tensor] as const;
      }),
    );
  const inputs = plain(batch.inputs);
  const outputs = plain(batch.outputs);
  const challengers = new Map(
    Array.from(
      batch.challengers,
      ([name, { outputs: own, answered }]) => [name, { outputs: plain(own), answered }] as const,
    ),
  );
  return representable ? { ...batch, inputs, outputs, challengers } : null;
}

function plainTensor(tensor: RowsTensor): RowsTensor | null {
  const { dtype, data } = tensor;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const numbers = Float64Array.from(data as Iterable<bigint>, Number);
    return numbers.every((value) => Number.isSafeInteger(value))
      ? { ...tensor, dtype: "float64", data: numbers }
      : null;
  }
  if (data instanceof Float32Array || data instanceof Float64Array) {
    for (const value of data) if (!Number.isFinite(value)) return null;
  } else if (dtype === "float16") {
    for (const bits of data as Uint16Array) if ((bits & 0x7c00) === 0x7c00) return null;
  }
  return tensor;
}
