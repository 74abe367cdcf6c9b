import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import type { Port } from "../../../dsl/tensor.js";
import type { ChallengerResult, RequestMetadata } from "../../tensors/result.js";
import { tablesOf, type ColumnKind, type LogColumn, type PortKind } from "../schema/columns.js";
import { readTensor, rowDims, hasVaryingShape, type PortColumn } from "./decode-tensor.js";
import { identifier, type DuckDB } from "../duckdb.js";
import type { LogBatch } from "../pipeline-log.js";
import { rowIdCondition, indexRows, type RowIndex } from "./row-index.js";
import { ChunkReader } from "./chunk-reader.js";
import { challengerTable, championTable, type StoredLog } from "../schema/stored-log.js";

/** What is known of rows besides their values; it is read only where it is asked for. */
const metadataKinds: readonly ColumnKind[] = ["lastModel", "elapsed", "metadata", "note"];
/** What a batch's other fields say as well. */
const unread: readonly ColumnKind[] = ["count", "pipelineVersion", "took"];

/** Rows of one table on their way out, in the order that they were asked for. */
export interface TableRows {
  readonly ids: BigInt64Array;
  readonly time: Float64Array;
  readonly champion: RowIndex;
  /** One entry a challenger. */
  readonly challengers: readonly RowIndex[];
  /** Rows that have the same one fit one tensor; null: all do. */
  readonly shapes: readonly string[] | null;
}

interface Challenger {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly LogColumn[];
  readonly ports: readonly PortColumn[];
}

/** One version's tables: reads rows, and turns runs of them into batches. */
export class TableReader {
  readonly #bindings: DuckDB["bindings"];
  readonly #log: StoredLog;
  readonly #metadata: boolean;
  readonly #columns: readonly LogColumn[];
  readonly #inputs: readonly PortColumn[];
  readonly #outputs: readonly PortColumn[];
  readonly #models: readonly { readonly name: string; readonly ports: readonly PortColumn[] }[];
  readonly #challengers: readonly Challenger[];

  /** @param metadata whether the batches are to have it */
  constructor({ bindings }: DuckDB, log: StoredLog, metadata: boolean) {
    const tables = tablesOf(log.layout);
    const wanted = ({ kind }: LogColumn) => !unread.includes(kind) && (metadata || !metadataKinds.includes(kind));
    this.#bindings = bindings;
    this.#log = log;
    this.#metadata = metadata;
    this.#columns = tables.champion.filter(wanted);
    this.#inputs = portColumns(this.#columns, "in", log.layout.inputs);
    this.#outputs = portColumns(this.#columns, "out", log.layout.outputs);
    this.#models = (log.layout.models ?? []).map(({ name, outputs }) => ({
      name,
      ports: portColumns(this.#columns, "beside", outputs, name),
    }));
    this.#challengers = tables.challengers.map(({ name, columns }, index) => {
      const own = columns.filter(wanted);
      return {
        name,
        table: challengerTable(log.id, index),
        columns: own,
        ports: portColumns(own, "out", log.layout.challengers[index]?.outputs ?? []),
      };
    });
  }

  /** Rows by their ids, in this order; those that are no longer there are left out. */
  async read(connection: DuckDBConnection, ids: BigInt64Array): Promise<TableRows> {
    const within = rowIdCondition(ids);
    const chunks = await this.#fetch(connection, this.#columns, championTable(this.#log.id), within);
    const found = indexRows(ids, chunks, columnIndex(this.#columns, "row"));
    const there = ids.filter((_, row) => found.has(row));
    const champion = there.length === ids.length ? found : indexRows(there, chunks, columnIndex(this.#columns, "row"));
    const challengers: RowIndex[] = [];
    for (const { table, columns } of this.#challengers)
      challengers.push(
        indexRows(there, await this.#fetch(connection, columns, table, within), columnIndex(columns, "row")),
      );
    const rows = { ids: there, time: timesOf(champion, columnIndex(this.#columns, "time")), champion, challengers };
    return { ...rows, shapes: this.#shapes(rows) };
  }

  /** The columns, and at the end whether there is an answer and not the reason why there is none. */
  async #fetch(
    connection: DuckDBConnection,
    columns: readonly LogColumn[],
    table: string,
    where: string,
  ): Promise<ChunkReader[]> {
    const answered = table === championTable(this.#log.id) ? "" : `, "metadata.note" IS NULL`;
    const result = await connection.run(
      `SELECT ${columns.map(({ column }) => identifier(column)).join(", ")}${answered} FROM ${identifier(table)} WHERE ${where}`,
    );
    return (await result.fetchAllChunks()).map((chunk) => new ChunkReader(this.#bindings, chunk));
  }

  #shapes({ ids, champion, challengers }: Omit<TableRows, "shapes">): string[] | null {
    const own = [...this.#inputs, ...this.#outputs, ...this.#models.flatMap(({ ports }) => ports)].filter(
      hasVaryingShape,
    );
    const sides = this.#challengers.map((challenger, i) => ({
      ports: challenger.ports.filter(hasVaryingShape),
      places: answersOf(challenger, challengers[i]),
    }));
    if (own.length === 0 && sides.every(({ ports }) => ports.length === 0)) return null;
    const dims = (ports: readonly PortColumn[], places: RowIndex | null, row: number) => {
      const at = places?.at(row) ?? null;
      return ports.map((port) => (at === null ? "?" : rowDims(port, at.chunk, at.index).join())).join(";");
    };
    return Array.from(ids, (_, row) =>
      [dims(own, champion, row), ...sides.map(({ ports, places }) => dims(ports, places, row))].join("|"),
    );
  }

  /** Rows that have one set of shapes, as a batch. */
  batch(rows: TableRows, from: number, to: number): LogBatch {
    const champion = rows.champion.slice(from, to);
    const challengers = rows.challengers.map((places) => places.slice(from, to));
    const tensors = (ports: readonly PortColumn[], places: RowIndex) =>
      new Map(ports.map((port) => [port.port.name, readTensor(port, places)] as const));
    const beside = this.#models.map(
      ({ name, ports }) =>
        [name, { outputs: tensors(ports, champion), answered: new Uint8Array(to - from).fill(1) }] as const,
    );
    const answers = this.#challengers.map((challenger, i): readonly [string, ChallengerResult] => {
      const given = answersOf(challenger, challengers[i]);
      const answered = new Uint8Array(to - from);
      given?.forEach((_chunk, _index, row) => (answered[row] = 1));
      return [challenger.name, { outputs: given === null ? new Map() : tensors(challenger.ports, given), answered }];
    });
    return {
      version: this.#log.layout.version,
      rows: to - from,
      rowIds: Array.from(rows.ids.subarray(from, to)),
      time: rows.time.slice(from, to),
      inputs: tensors(this.#inputs, champion),
      outputs: tensors(this.#outputs, champion),
      challengers: new Map([...beside, ...answers]),
      failures: new Map(
        this.#columns.flatMap(({ kind, name }, column) =>
          kind === "flag" ? [[name, flagsOf(champion, column)] as const] : [],
        ),
      ),
      ...this.#metadataOf(champion, challengers),
    };
  }

  #metadataOf(
    champion: RowIndex,
    challengers: readonly RowIndex[],
  ): Pick<LogBatch, "lastModel" | "elapsed" | "requests" | "notes"> {
    if (!this.#metadata) return { lastModel: [], elapsed: [], requests: [], notes: new Map() };
    const column = (kind: ColumnKind) => columnIndex(this.#columns, kind);
    const [elapsed, requests]: [number[][], (RequestMetadata | null)[]] = [[], []];
    champion.forEach((chunk, index) => {
      elapsed.push(numbersAt(chunk, index, column("elapsed")));
      requests.push(metadataOf(chunk.vector(column("metadata")).getItem(index)));
    });
    return {
      lastModel: textsAt(champion, column("lastModel")),
      elapsed,
      requests,
      notes: new Map(
        this.#challengers.map(({ name, columns }, i) => [name, notesAt(challengers[i], columnIndex(columns, "note"))]),
      ),
    };
  }
}

function columnIndex(columns: readonly LogColumn[], kind: ColumnKind): number {
  return columns.findIndex((column) => column.kind === kind);
}

/** A challenger's rows that hold outputs. */
function answersOf({ columns }: Challenger, places: RowIndex | undefined): RowIndex | null {
  return places?.filter((chunk, index) => chunk.raw(columns.length, "bool", 0).values[index] === 1) ?? null;
}

function metadataOf(text: DuckDBValue): RequestMetadata | null {
  return text === null ? null : (JSON.parse(String(text)) as RequestMetadata);
}

function portColumns(columns: readonly LogColumn[], kind: PortKind, ports: readonly Port[], model = ""): PortColumn[] {
  return ports.map((port) => {
    const find = (wanted: ColumnKind) =>
      columns.findIndex((each) => each.kind === wanted && each.name === port.name && each.model === model);
    const column = find(kind);
    const shape = find(`${kind}Shape`);
    return { port, column, depth: columns[column]?.depth ?? 0, shape: shape < 0 ? null : shape };
  });
}

function timesOf(places: RowIndex, column: number): Float64Array {
  const times = new Float64Array(places.length);
  places.forEach((chunk, index, row) => (times[row] = Number(chunk.raw(column, "time", 0).values[index])));
  return times;
}

function flagsOf(places: RowIndex, column: number): Uint8Array {
  const flags = new Uint8Array(places.length);
  places.forEach((chunk, index, row) => (flags[row] = Number(chunk.raw(column, "bool", 0).values[index])));
  return flags;
}

/** A list of whole numbers. */
function numbersAt(chunk: ChunkReader, index: number, column: number): number[] {
  const {
    levels: [lists],
    values,
  } = chunk.raw(column, "int64", 1);
  const from = lists?.from(index) ?? 0;
  return Array.from({ length: lists?.length(index) ?? 0 }, (_, i) => Number(values[from + i]));
}

function textsAt(places: RowIndex, column: number): string[] {
  const texts: string[] = [];
  let last: ChunkReader | null = null;
  let read = (_: number): string => "";
  places.forEach((chunk, index) => {
    if (chunk !== last) read = chunk.texts(column);
    last = chunk;
    texts.push(read(index));
  });
  return texts;
}

function notesAt(places: RowIndex | undefined, column: number): (string | null)[] {
  const notes = new Array<string | null>(places?.length ?? 0).fill(null);
  places?.forEach((chunk, index, row) => {
    const note = chunk.vector(column).getItem(index);
    if (note !== null) notes[row] = String(note);
  });
  return notes;
}
