import type { DuckDBConnection, DuckDBDataChunk } from "@duckdb/node-api";
import type { ChallengerStats } from "./challenger-stats.js";
import type { LogColumn } from "../schema/columns.js";
import { identifier, type DuckDB } from "../duckdb.js";
import { elementsOf, type Elements } from "../read/column-values.js";
import type { OutputStats } from "./output-stats.js";
import type { QuantileSketch } from "./quantile-sketch.js";
import { challengerTable, championTable, type StoredLog } from "../schema/stored-log.js";

/**
 * The tables are joined for this many row ids at a time, fewer if rows are wide: DuckDB keeps the joined rows in
 * memory.
 */
const blockRows = 2 ** 18;
const blockBytes = 32 * 2 ** 20;
/** Assumed for dimensions that differ between rows. */
const unknownSize = 64;

/** The rows of a log between two ids, both inclusive, that meet a SQL condition. */
export interface RowRange {
  readonly firstRow: bigint;
  readonly lastRow: bigint;
  readonly where: string;
}

/** Adds the rows of one version's log to the statistics. Returns the number of rows. */
export async function scanLog(
  duckdb: DuckDB,
  connection: DuckDBConnection,
  log: StoredLog,
  range: RowRange,
  elapsed: QuantileSketch,
  challengers: readonly ChallengerStats[],
): Promise<number> {
  return new LogScan(duckdb, log, range.where, elapsed, challengers).scan(connection, range.firstRow, range.lastRow);
}

/** A column of the scan's result. */
interface SelectedColumn {
  readonly index: number;
  readonly type: LogColumn["type"];
  readonly depth: 0 | 1;
}

/** A challenger in the log, and its columns in the result. */
interface ChallengerScan {
  readonly stats: ChallengerStats;
  /** 0: pending; 1: outputs; 2: a note. */
  readonly state: SelectedColumn;
  readonly note: number;
  readonly elapsed: SelectedColumn;
  readonly pairs: readonly {
    readonly stats: OutputStats;
    readonly champion: SelectedColumn;
    readonly challenger: SelectedColumn;
  }[];
}

class LogScan {
  readonly #duckdb: DuckDB;
  readonly #elapsed: QuantileSketch;
  readonly #select: string[] = [];
  readonly #joins: ((within: string) => string)[] = [];
  readonly #time: SelectedColumn;
  readonly #elapsedColumn: SelectedColumn;
  readonly #challengers: readonly ChallengerScan[];
  readonly #champion: (within: string) => string;
  readonly #columns = new Map<string, SelectedColumn>();
  #rowBytes = 64;
  /** The chunk being read: the reference prevents its garbage collection. */
  #chunk: DuckDBDataChunk | null = null;

  constructor(
    duckdb: DuckDB,
    { id, layout }: StoredLog,
    where: string,
    elapsed: QuantileSketch,
    challengers: readonly ChallengerStats[],
  ) {
    this.#duckdb = duckdb;
    this.#elapsed = elapsed;
    this.#champion = (within) => `(SELECT * FROM ${identifier(championTable(id))} WHERE ${within} AND ${where}) c`;
    this.#time = this.#add("epoch_ms(c.time)::DOUBLE", "float64", 0);
    this.#elapsedColumn = this.#add(`coalesce(list_sum(c."metadata.elapsed")::DOUBLE, 'nan'::DOUBLE)`, "float64", 0);
    this.#challengers = challengers.flatMap((stats) => {
      const index = layout.challengers.findIndex(({ name }) => name === stats.name);
      return index < 0 ? [] : [this.#addChallenger(stats, `k${index}`, challengerTable(id, index), id)];
    });
  }

  #addChallenger(stats: ChallengerStats, table: string, stored: string, log: number): ChallengerScan {
    this.#joins.push(
      (within) => `LEFT JOIN (SELECT * FROM ${identifier(stored)} WHERE ${within}) ${table} ON ${table}.row = c.row`,
    );
    return {
      stats,
      state: this.#add(
        `CASE WHEN ${table}.row IS NULL THEN 0 WHEN ${table}."metadata.note" IS NULL THEN 1 ELSE 2 END::UTINYINT`,
        "uint8",
        0,
      ),
      note: this.#add(`${table}."metadata.note"`, "string", 0).index,
      elapsed: this.#add(`coalesce(${table}."metadata.elapsed"::DOUBLE, 'nan'::DOUBLE)`, "float64", 0),
      pairs: stats.pairs.flatMap(({ columns }, i) => {
        const pairColumns = columns.get(log);
        const output = stats.outputs[i];
        return pairColumns === undefined || output === undefined
          ? []
          : [
              {
                stats: output,
                champion: this.#port("c", pairColumns.champion),
                challenger: this.#port(table, pairColumns.challenger),
              },
            ];
      }),
    };
  }

  /** Selects a port's column; nested lists are flattened. */
  #port(table: string, { column, type, depth, port }: LogColumn): SelectedColumn {
    this.#rowBytes +=
      8 *
      (port?.shape ?? [null, null])
        .slice(1)
        .reduce<number>((size, dim) => size * (typeof dim === "number" ? dim : unknownSize), 1);
    const lists = Math.max(depth - 1, 0);
    return this.#add(
      `${"flatten(".repeat(lists)}${table}.${identifier(column)}${")".repeat(lists)}`,
      type,
      depth === 0 ? 0 : 1,
    );
  }

  #add(sql: string, type: LogColumn["type"], depth: 0 | 1): SelectedColumn {
    const known = this.#columns.get(sql);
    if (known !== undefined) return known;
    const selected = { index: this.#select.push(sql) - 1, type, depth };
    this.#columns.set(sql, selected);
    return selected;
  }

  async scan(connection: DuckDBConnection, firstRow: bigint, lastRow: bigint): Promise<number> {
    const block = BigInt(Math.max(Math.min(blockRows, Math.floor(blockBytes / this.#rowBytes)), 2048));
    let rows = 0;
    for (let from = firstRow; from <= lastRow; from += block) {
      const to = from + block - 1n < lastRow ? from + block - 1n : lastRow;
      const within = `row BETWEEN ${from} AND ${to}`;
      const result = await connection.stream(
        `SELECT ${this.#select.join(", ")} FROM ${this.#champion(within)} ${this.#joins.map((join) => join(within)).join(" ")}`,
      );
      for (;;) {
        this.#chunk = await result.fetchChunk();
        const count = this.#chunk?.rowCount ?? 0;
        if (this.#chunk === null || count === 0) break;
        this.#read(this.#chunk, count);
        rows += count;
      }
    }
    return rows;
  }

  #read(chunk: DuckDBDataChunk, rows: number): void {
    const known = new Map<number, Elements>();
    const elements = ({ index, type, depth }: SelectedColumn): Elements => {
      const found = known.get(index) ?? elementsOf(this.#duckdb.bindings, chunk, index, type, depth);
      known.set(index, found);
      return found;
    };
    const [times, totals] = [
      elements(this.#time).values as Float64Array,
      elements(this.#elapsedColumn).values as Float64Array,
    ];
    for (const elapsed of totals) if (!Number.isNaN(elapsed)) this.#elapsed.add(elapsed);
    for (const { stats, state, note, elapsed: elapsedColumn, pairs } of this.#challengers) {
      const states = elements(state).values as Uint8Array;
      const notes = chunk.getColumnVector(note);
      const elapsed = elements(elapsedColumn).values as Float64Array;
      stats.addRows(rows);
      for (let row = 0; row < rows; row++) {
        if (states[row] === 1) stats.addOutput();
        else if (states[row] === 2) stats.addNote(String(notes.getItem(row)));
        stats.addElapsed(elapsed[row] ?? NaN);
      }
      for (const { stats: pair, champion, challenger } of pairs) {
        const [a, b] = [elements(champion), elements(challenger)];
        for (let row = 0; row < rows; row++) if (states[row] === 1) pair.add(a, b, row, times[row] ?? 0);
      }
    }
  }
}
