import { storedArray, tablesOf, type LogColumn } from "../schema/columns.js";
import type { StoredLog } from "../schema/stored-log.js";
import type { LogBatch } from "../pipeline-log.js";
import type { TensorData } from "../../tensors/tensor-data.js";

/** What a row takes besides the values of its ports, and a text besides its characters. */
const beside = 64;
const textBytes = 32;
/** Rows that are read before it is known how wide rows are whose layout does not say it. */
const trial = 256;

/** How many rows may be read at once: what their layouts say, and then what rows have turned out to take. */
export class RowSizeEstimate {
  #bytes: number;
  /** Whether the layouts say it all. */
  readonly #fixed: boolean;
  #known: boolean;

  constructor(logs: readonly StoredLog[]) {
    const widths = logs.map(({ layout }) => {
      const { champion, challengers } = tablesOf(layout);
      return [champion, ...challengers.map(({ columns }) => columns)]
        .flat()
        .reduce((sum, column) => sum + widthOf(column), beside);
    });
    const widest = Math.max(beside, ...widths);
    this.#fixed = Number.isFinite(widest);
    this.#known = this.#fixed;
    this.#bytes = this.#fixed ? widest : beside;
  }

  rowsIn(bytes: number): number {
    if (bytes === Infinity) return Infinity;
    const rows = Math.max(Math.floor(bytes / this.#bytes), 1);
    return this.#known ? rows : Math.min(rows, trial);
  }

  /** The next rows are taken to be as wide as the last ones. */
  learn(page: readonly LogBatch[]): void {
    const rows = page.reduce((sum, batch) => sum + batch.rows, 0);
    if (this.#fixed || rows === 0) return;
    this.#bytes = beside + page.reduce((sum, batch) => sum + bytesOf(batch), 0) / rows;
    this.#known = true;
  }
}

/** NaN where the layout does not say it. */
function widthOf({ type, port }: LogColumn): number {
  if (port === null) return 0;
  if (type === "string" || port.shape === null) return NaN;
  return port.shape
    .slice(1)
    .reduce<number>((size, dim) => (typeof dim === "number" ? size * dim : NaN), storedArray(type).BYTES_PER_ELEMENT);
}

function bytesOf({ inputs, outputs, challengers }: LogBatch): number {
  const tensors = [
    ...inputs.values(),
    ...outputs.values(),
    ...Array.from(challengers.values(), (challenger) => [...challenger.outputs.values()]).flat(),
  ];
  return tensors.reduce((sum, { data }) => sum + bytesIn(data), 0);
}

function bytesIn(data: TensorData["data"]): number {
  return ArrayBuffer.isView(data) ? data.byteLength : data.reduce((sum, text) => sum + textBytes + text.length, 0);
}
