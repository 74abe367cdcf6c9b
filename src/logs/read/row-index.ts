import type { ChunkReader } from "./chunk-reader.js";

/** Maps each output row to (chunk, index), or to nothing if the row is absent. */
export class RowIndex {
  readonly length: number;
  readonly #chunks: readonly ChunkReader[];
  /** -1 if the row is absent. */
  readonly #chunk: Int32Array;
  readonly #index: Int32Array;

  /** @param chunk per row, the position of its chunk in `chunks`; -1 if the row is absent */
  constructor(chunks: readonly ChunkReader[], chunk: Int32Array, index: Int32Array) {
    this.length = chunk.length;
    this.#chunks = chunks;
    this.#chunk = chunk;
    this.#index = index;
  }

  /** The first present row. */
  get first(): { readonly chunk: ChunkReader; readonly index: number } | null {
    const row = this.#chunk.findIndex((chunk) => chunk >= 0);
    return row < 0 ? null : this.at(row);
  }

  at(row: number): { readonly chunk: ChunkReader; readonly index: number } | null {
    const chunk = this.#chunks[this.#chunk[row] ?? -1];
    return chunk === undefined ? null : { chunk, index: this.#index[row] ?? 0 };
  }

  has(row: number): boolean {
    return (this.#chunk[row] ?? -1) >= 0;
  }

  /** Calls `call` for every present row. */
  forEach(call: (chunk: ChunkReader, index: number, row: number) => void): void {
    for (let row = 0; row < this.length; row++) {
      const chunk = this.#chunks[this.#chunk[row] ?? -1];
      if (chunk !== undefined) call(chunk, this.#index[row] ?? 0, row);
    }
  }

  slice(from: number, to: number): RowIndex {
    return new RowIndex(this.#chunks, this.#chunk.subarray(from, to), this.#index.subarray(from, to));
  }

  /** Marks rows as absent for which `keep` returns false. */
  filter(keep: (chunk: ChunkReader, index: number) => boolean): RowIndex {
    const chunk = this.#chunk.slice();
    this.forEach((at, index, row) => {
      if (!keep(at, index)) chunk[row] = -1;
    });
    return new RowIndex(this.#chunks, chunk, this.#index);
  }
}

/**
 * Finds rows by their ids.
 *
 * @param ids unique ids, in output order
 * @param chunks a query result; rows with other ids are ignored
 * @param column index of the id column
 */
export function indexRows(ids: BigInt64Array, chunks: readonly ChunkReader[], column: number): RowIndex {
  const chunk = new Int32Array(ids.length).fill(-1);
  const index = new Int32Array(ids.length);
  const wanted = positionLookup(ids);
  chunks.forEach((each, number) => {
    const found = each.raw(column, "int64", 0).values as BigInt64Array;
    for (let i = 0; i < found.length; i++) {
      const at = wanted(found[i] as bigint);
      if (at === undefined || at < 0) continue;
      chunk[at] = number;
      index[at] = i;
    }
  });
  return new RowIndex(chunks, chunk, index);
}

/**
 * Returns a lookup of positions by id: an array indexed by the distance from the smallest id, or a map if ids are far
 * apart.
 */
function positionLookup(ids: BigInt64Array): (id: bigint) => number | undefined {
  const [min, max] = bounds(ids);
  if (!isDense(ids)) {
    const positions = new Map<bigint, number>();
    ids.forEach((id, at) => positions.set(id, at));
    return (id) => positions.get(id);
  }
  const positions = new Int32Array(Number(max - min) + 1).fill(-1);
  const first = Number(min);
  for (let at = 0; at < ids.length; at++) positions[Number(ids[at]) - first] = at;
  return (id) => positions[Number(id) - first];
}

/** A SQL condition for rows with these ids. A range alone is fast; ids that are far apart also need a list. */
export function rowIdCondition(ids: BigInt64Array): string {
  if (ids.length === 0) return "false";
  const [min, max] = bounds(ids);
  const range = `row BETWEEN ${min} AND ${max}`;
  return isDense(ids) ? range : `${range} AND row IN (${ids.join()})`;
}

function isDense(ids: BigInt64Array): boolean {
  const [min, max] = bounds(ids);
  return max - min < 2 * ids.length + 1000;
}

function bounds(ids: BigInt64Array): [min: bigint, max: bigint] {
  let [min, max] = [ids[0] ?? 0n, ids[0] ?? 0n];
  for (const id of ids) {
    if (id < min) min = id;
    else if (id > max) max = id;
  }
  return [min, max];
}
