import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import type { Port } from "../../dsl/tensor.js";
import type { ChallengerResult, RequestMetadata } from "../tensors/result.js";
import type { TensorData } from "../tensors/tensor-data.js";
import { tablesOf, type LogColumn, type PortKind } from "./columns.js";
import type { StoredLog } from "./control.js";
import { defaultDims, readTensor, rowDims, varies, type Place, type PortColumn } from "./decode.js";
import { identifier, type DuckDB } from "./duckdb.js";
import type { LogBatch } from "./pipeline-log.js";
import { ReadChunk } from "./read-chunk.js";
import { challengerTable, championTable } from "./tables.js";

/** The rows of these ids. A range is the fast way, a list the right one where the rows lie far apart. */
function among(ids: readonly bigint[]): string {
  if (ids.length === 0) return "false";
  const least = ids.reduce((a, b) => (b < a ? b : a));
  const most = ids.reduce((a, b) => (b > a ? b : a));
  const range = `row BETWEEN ${least} AND ${most}`;
  return most - least < 2 * ids.length + 1000 ? range : `${range} AND row IN (${ids.join()})`;
}

/** One row on its way out. */
export interface LoggedRow {
  readonly table: LogTable;
  readonly place: Place;
  readonly row: bigint;
  readonly time: number;
  /** Rows with the same shapes have the same one. */
  readonly shapes: string;
}

/** One version's tables: reads rows, and turns runs of them into batches. */
export class LogTable {
  readonly #bindings: DuckDB["bindings"];
  readonly #log: StoredLog;
  readonly #columns: readonly LogColumn[];
  readonly #inputs: readonly PortColumn[];
  readonly #outputs: readonly PortColumn[];
  readonly #models: readonly { readonly name: string; readonly ports: readonly PortColumn[] }[];
  readonly #challengers: readonly Challenger[];

  constructor({ bindings }: DuckDB, log: StoredLog) {
    const tables = tablesOf(log.layout);
    this.#bindings = bindings;
    this.#log = log;
    this.#columns = tables.champion;
    this.#inputs = portColumns(tables.champion, "in", log.layout.inputs);
    this.#outputs = portColumns(tables.champion, "out", log.layout.outputs);
    this.#models = (log.layout.models ?? []).map(({ name, outputs }) => ({ name, ports: portColumns(tables.champion, "beside", outputs, name) }));
    this.#challengers = tables.challengers.map(({ name, columns }, index) => {
      const outputs = log.layout.challengers[index]?.outputs ?? [];
      return { name, table: challengerTable(log.id, index), columns, ports: portColumns(columns, "out", outputs), answers: new Map<bigint, Place>() };
    });
  }

  /** The newest of the rows that meet a condition, newest first. */
  async read(connection: DuckDBConnection, where: string, limit: number): Promise<LoggedRow[]> {
    const result = await connection.run(`SELECT * FROM ${identifier(championTable(this.#log.id))} WHERE ${where} ORDER BY time DESC, row DESC LIMIT ${limit}`);
    const chunks = (await result.fetchAllChunks()).map((chunk) => new ReadChunk(this.#bindings, chunk));
    const rows = chunks.flatMap((chunk) => this.#rowsOf(chunk));
    for (const challenger of this.#challengers) {
      const answers = await connection.run(`SELECT * FROM ${identifier(challenger.table)} WHERE ${among(rows.map(({ row }) => row))}`);
      for (const chunk of await answers.fetchAllChunks()) addAnswers(challenger.answers, new ReadChunk(this.#bindings, chunk));
    }
    return this.#vary ? rows.map((row) => ({ ...row, shapes: this.#shapes(row.place, row.row) })) : rows;
  }

  #rowsOf(chunk: ReadChunk): LoggedRow[] {
    const ids = chunk.raw(this.#index("row"), "int64", 0).values as BigInt64Array;
    const times = chunk.raw(this.#index("time"), "time", 0).values as BigInt64Array;
    return Array.from(ids, (row, index) => ({ table: this, place: { chunk, index }, row, time: Number(times[index]), shapes: "" }));
  }

  /** Whether its rows may differ in size. */
  get #vary(): boolean {
    return [this.#championPorts(), ...this.#challengers.map(({ ports }) => ports)].some((ports) => ports.some(varies));
  }

  #championPorts(): PortColumn[] {
    return [...this.#inputs, ...this.#outputs, ...this.#models.flatMap(({ ports }) => ports)];
  }

  #shapes(place: Place, row: bigint): string {
    let text = "";
    for (const port of this.#championPorts()) if (varies(port)) text += `${rowDims(port, place).join()};`;
    for (const challenger of this.#challengers) {
      const answer = answered(challenger, challenger.answers.get(row));
      for (const port of challenger.ports) if (varies(port)) text += answer === null ? "?;" : `${rowDims(port, answer).join()};`;
    }
    return text;
  }

  batch(rows: readonly LoggedRow[]): LogBatch {
    const places = rows.map(({ place }) => place);
    const elapsed = this.#index("elapsed");
    const metadata = this.#index("metadata");
    const tensors = (ports: readonly PortColumn[]) => new Map(ports.map((port) => [port.port.name, tensorOf(port, places)] as const));
    const beside = this.#models.map(({ name, ports }) => [name, { outputs: tensors(ports), answered: new Uint8Array(rows.length).fill(1) }] as const);
    const answers = this.#challengers.map((challenger) => rows.map(({ row }) => challenger.answers.get(row) ?? null));
    return {
      version: this.#log.layout.version,
      rows: rows.length,
      rowIds: rows.map(({ row }) => row),
      time: Float64Array.from(rows, ({ time }) => time),
      inputs: tensors(this.#inputs),
      outputs: tensors(this.#outputs),
      challengers: new Map([...beside, ...this.#challengers.map((challenger, i) => [challenger.name, challengerResult(challenger, answers[i] ?? [])] as const)]),
      failures: new Map(this.#flags().map(([name, column]) => [name, Uint8Array.from(places, ({ chunk, index }) => Number(chunk.raw(column, "bool", 0).values[index]))])),
      lastModel: textsAt(places, this.#index("lastModel")),
      elapsed: places.map((place) => numbersAt(place, elapsed)),
      requests: places.map((place) => metadataOf(valueAt(place, metadata))),
      notes: new Map(this.#challengers.map((challenger, i) => [challenger.name, (answers[i] ?? []).map((place) => noteOf(challenger, place))])),
    };
  }

  #flags(): [name: string, column: number][] {
    return this.#columns.flatMap(({ kind, name }, column) => (kind === "flag" ? [[name, column]] : []));
  }

  #index(kind: LogColumn["kind"]): number {
    return this.#columns.findIndex((column) => column.kind === kind);
  }
}

interface Challenger {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly LogColumn[];
  readonly ports: readonly PortColumn[];
  /** By row id. */
  readonly answers: Map<bigint, Place>;
}

function challengerResult(challenger: Challenger, answers: readonly (Place | null)[]): ChallengerResult {
  const given = answers.map((place) => answered(challenger, place));
  return {
    outputs: new Map(challenger.ports.map((port) => [port.port.name, tensorOf(port, given)])),
    answered: Uint8Array.from(given, (place) => (place === null ? 0 : 1)),
  };
}

/** A challenger's row that holds outputs and not the reason why there are none. */
function answered(challenger: Challenger, place: Place | null | undefined): Place | null {
  return place === null || place === undefined || noteOf(challenger, place) !== null ? null : place;
}

function noteOf({ columns }: Challenger, place: Place | null): string | null {
  const note = place === null ? null : valueAt(place, columns.findIndex(({ kind }) => kind === "note"));
  return note === null ? null : String(note);
}

function tensorOf(port: PortColumn, places: readonly (Place | null)[]): TensorData {
  const first = places.find((place) => place !== null);
  return readTensor(port, first === undefined || first === null ? defaultDims(port) : rowDims(port, first), places);
}

function metadataOf(text: DuckDBValue): RequestMetadata | null {
  return text === null ? null : (JSON.parse(String(text)) as RequestMetadata);
}

function portColumns(columns: readonly LogColumn[], kind: PortKind, ports: readonly Port[], model = ""): PortColumn[] {
  return ports.map((port) => {
    const find = (wanted: LogColumn["kind"]) => columns.findIndex((each) => each.kind === wanted && each.name === port.name && each.model === model);
    const column = find(kind);
    const shape = find(`${kind}Shape`);
    return { port, column, depth: columns[column]?.depth ?? 0, shape: shape < 0 ? null : shape };
  });
}

function addAnswers(answers: Map<bigint, Place>, chunk: ReadChunk): void {
  const ids = chunk.raw(0, "int64", 0).values as BigInt64Array;
  ids.forEach((row, index) => answers.set(row, { chunk, index }));
}

/** A list of whole numbers. */
function numbersAt({ chunk, index }: Place, column: number): number[] {
  const { levels, values } = chunk.raw(column, "int64", 1);
  const from = levels[0]?.[index * 4] ?? 0;
  const length = levels[0]?.[index * 4 + 2] ?? 0;
  return Array.from({ length }, (_, i) => Number(values[from + i]));
}

function textsAt(places: readonly Place[], column: number): string[] {
  const readers = new Map<ReadChunk, (index: number) => string>();
  return places.map(({ chunk, index }) => {
    const read = readers.get(chunk) ?? chunk.texts(column);
    readers.set(chunk, read);
    return read(index);
  });
}

function valueAt({ chunk, index }: Place, column: number): DuckDBValue {
  return chunk.vector(column).getItem(index);
}
