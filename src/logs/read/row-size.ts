import { storedArray, tableColumns, type LogColumn } from "../schema/columns.js";
import type { StoredLog } from "../schema/stored-log.js";
import type { LogBatch } from "../pipeline-log.js";
import type { TensorData } from "../../tensors/tensor-data.js";

/** Estimated bytes of a row besides its port values, and of a string besides its characters. */
const rowOverhead = 64;
const stringOverhead = 32;
/** Maximum rows of the first page if the layout does not determine the row size. */
const firstPageRows = 256;

/** Estimates how many rows fit into a page: from the layouts, or from the rows read so far. */
export class RowSizeEstimate {
  #bytes: number;
  /** Whether the layouts determine the row size. */
  readonly #fixed: boolean;
  #known: boolean;

  constructor(logs: readonly StoredLog[]) {
    const sizes = logs.map(({ layout }) => {
      const { champion, challengers } = tableColumns(layout);
      return [champion, ...challengers.map(({ columns }) => columns)]
        .flat()
        .reduce((sum, column) => sum + columnBytes(column), rowOverhead);
    });
    const largest = Math.max(rowOverhead, ...sizes);
    this.#fixed = Number.isFinite(largest);
    this.#known = this.#fixed;
    this.#bytes = this.#fixed ? largest : rowOverhead;
  }

  rowsIn(bytes: number): number {
    if (bytes === Infinity) return Infinity;
    const rows = Math.max(Math.floor(bytes / this.#bytes), 1);
    return this.#known ? rows : Math.min(rows, firstPageRows);
  }

  /** Assumes for the next page the average row size of this one. */
  learn(page: readonly LogBatch[]): void {
    const rows = page.reduce((sum, batch) => sum + batch.rows, 0);
    if (this.#fixed || rows === 0) return;
    this.#bytes = rowOverhead + page.reduce((sum, batch) => sum + batchBytes(batch), 0) / rows;
    this.#known = true;
  }
}

/** Bytes per row of a column; NaN if the layout does not determine it. */
function columnBytes({ type, port }: LogColumn): number {
  if (port === null) return 0;
  if (type === "string" || port.shape === null) return NaN;
  return port.shape
    .slice(1)
    .reduce<number>((size, dim) => (typeof dim === "number" ? size * dim : NaN), storedArray(type).BYTES_PER_ELEMENT);
}

function batchBytes({ inputs, outputs, challengers }: LogBatch): number {
  const tensors = [
    ...inputs.values(),
    ...outputs.values(),
    ...Array.from(challengers.values(), (challenger) => [...challenger.outputs.values()]).flat(),
  ];
  return tensors.reduce((sum, { data }) => sum + dataBytes(data), 0);
}

function dataBytes(data: TensorData["data"]): number {
  return ArrayBuffer.isView(data) ? data.byteLength : data.reduce((sum, text) => sum + stringOverhead + text.length, 0);
}
