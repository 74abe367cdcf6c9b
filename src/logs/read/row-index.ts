import type { ChunkReader } from "./chunk-reader.js";

/** Where rows of a query's answer lie, in an order of their own. Some may lie nowhere. */
export class RowIndex {
  readonly length: number;
  readonly #chunks: readonly ChunkReader[];
  /** -1: nowhere. */
  readonly #chunk: Int32Array;
  readonly #index: Int32Array;

  /** @param chunk by row, the place of its chunk in `chunks`; -1: the row lies nowhere */
  constructor(chunks: readonly ChunkReader[], chunk: Int32Array, index: Int32Array) {
    this.length = chunk.length;
    this.#chunks = chunks;
    this.#chunk = chunk;
    this.#index = index;
  }

  /** The first row that lies somewhere. */
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

  /** Calls for every row that lies somewhere. */
  forEach(call: (chunk: ChunkReader, index: number, row: number) => void): void {
    for (let row = 0; row < this.length; row++) {
      const chunk = this.#chunks[this.#chunk[row] ?? -1];
      if (chunk !== undefined) call(chunk, this.#index[row] ?? 0, row);
    }
  }

  slice(from: number, to: number): RowIndex {
    return new RowIndex(this.#chunks, this.#chunk.subarray(from, to), this.#index.subarray(from, to));
  }

  /** Only the rows that `keep` says. */
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
 * @param ids each once
 * @param chunks of an answer; those of its rows that are not asked for are left out
 * @param column holds the ids
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

/** Where ids stand in a list: by their distance from the least one, unless they lie far apart. */
function positionLookup(ids: BigInt64Array): (id: bigint) => number | undefined {
  const [least, most] = bounds(ids);
  if (!isDense(ids)) {
    const places = new Map<bigint, number>();
    ids.forEach((id, at) => places.set(id, at));
    return (id) => places.get(id);
  }
  const places = new Int32Array(Number(most - least) + 1).fill(-1);
  const first = Number(least);
  for (let at = 0; at < ids.length; at++) places[Number(ids[at]) - first] = at;
  return (id) => places[Number(id) - first];
}

/** The rows of these ids, as a condition. A range is the fast way, a list the right one where they lie far apart. */
export function rowIdCondition(ids: BigInt64Array): string {
  if (ids.length === 0) return "false";
  const [least, most] = bounds(ids);
  const range = `row BETWEEN ${least} AND ${most}`;
  return isDense(ids) ? range : `${range} AND row IN (${ids.join()})`;
}

function isDense(ids: BigInt64Array): boolean {
  const [least, most] = bounds(ids);
  return most - least < 2 * ids.length + 1000;
}

function bounds(ids: BigInt64Array): [least: bigint, most: bigint] {
  let [least, most] = [ids[0] ?? 0n, ids[0] ?? 0n];
  for (const id of ids) {
    if (id < least) least = id;
    else if (id > most) most = id;
  }
  return [least, most];
}
