import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import type { Port } from "../../../dsl/tensor.js";
import type { ChallengerResult, PartialPort, RequestMetadata } from "../../tensors/result.js";
import { tableColumns, type ColumnKind, type LogColumn, type PortKind } from "../schema/columns.js";
import { readTensor, rowDims, hasVaryingShape, type PortColumn } from "./decode-tensor.js";
import { identifier, type DuckDB } from "../duckdb.js";
import type { LogBatch, LogQuery } from "../pipeline-log.js";
import { rowIdCondition, indexRows, type RowIndex } from "./row-index.js";
import { ChunkReader } from "./chunk-reader.js";
import { challengerTable, championTable, type StoredLog } from "../schema/stored-log.js";
import { partialPort, placeholder, type LongColumns } from "./partial-ports.js";
import { numbersAt } from "./row-values.js";

/** Columns with metadata of rows; read only on request. */
const metadataKinds: readonly ColumnKind[] = ["lastModel", "elapsed", "metadata", "note"];
/** Columns that are not read: a batch has no field for them, or can compute it from others. */
const unreadKinds: readonly ColumnKind[] = ["failureCount", "pipelineVersion", "challengerElapsed"];

/** Rows of one version, in the requested order. */
export interface TableRows {
  readonly ids: BigInt64Array;
  readonly time: Float64Array;
  readonly champion: RowIndex;
  /** One entry per challenger. */
  readonly challengers: readonly RowIndex[];
  /** A key of each row's shapes: rows with equal keys fit one tensor. null if all rows do. */
  readonly shapes: readonly string[] | null;
}

interface Challenger {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly LogColumn[];
  readonly ports: readonly LoggedPort[];
}

/** A port of the layout, and what the table has of it. */
interface LoggedPort {
  readonly port: Port;
  /** Its name in results. */
  readonly column: string;
  /** null if no values are stored. */
  readonly values: PortColumn | null;
  readonly long: LongColumns | null;
}

/** Reads rows from one version's tables and converts them to batches. */
export class TableReader {
  readonly #bindings: DuckDB["bindings"];
  readonly #log: StoredLog;
  readonly #metadata: boolean;
  readonly #columns: readonly LogColumn[];
  readonly #inputs: readonly LoggedPort[];
  readonly #outputs: readonly LoggedPort[];
  readonly #models: readonly { readonly name: string; readonly ports: readonly LoggedPort[] }[];
  readonly #challengers: readonly Challenger[];

  /** @param query whether batches contain metadata, and the values of inputs; by default both */
  constructor(
    { bindings }: DuckDB,
    log: StoredLog,
    { metadata = true, inputs = true }: Pick<LogQuery, "metadata" | "inputs">,
  ) {
    const tables = tableColumns(log.layout);
    const wanted = ({ kind, of }: LogColumn) =>
      !unreadKinds.includes(kind) &&
      (metadata || !metadataKinds.includes(kind)) &&
      (inputs || (kind !== "in" && kind !== "inShape" && of !== "in"));
    this.#bindings = bindings;
    this.#log = log;
    this.#metadata = metadata;
    this.#columns = tables.champion.filter(wanted);
    this.#inputs = loggedPorts(this.#columns, "in", "in", log.layout.inputs);
    this.#outputs = loggedPorts(this.#columns, "out", "out", log.layout.outputs);
    this.#models = (log.layout.models ?? []).map(({ name, outputs }) => ({
      name,
      ports: loggedPorts(this.#columns, "modelOut", `out_${name}`, outputs, name),
    }));
    this.#challengers = tables.challengers.map(({ name, columns }, index) => {
      const own = columns.filter(wanted);
      return {
        name,
        table: challengerTable(log.id, index),
        columns: own,
        ports: loggedPorts(own, "out", `out_${name}`, log.layout.challengers[index]?.outputs ?? []),
      };
    });
  }

  /** Reads rows by their ids, in this order; omits deleted rows. */
  async read(connection: DuckDBConnection, ids: BigInt64Array): Promise<TableRows> {
    const within = rowIdCondition(ids);
    const chunks = await this.#fetch(connection, this.#columns, championTable(this.#log.id), within);
    const found = indexRows(ids, chunks, columnIndex(this.#columns, "row"));
    const stored = ids.filter((_, row) => found.has(row));
    const champion =
      stored.length === ids.length ? found : indexRows(stored, chunks, columnIndex(this.#columns, "row"));
    const challengers: RowIndex[] = [];
    for (const { table, columns } of this.#challengers)
      challengers.push(
        indexRows(stored, await this.#fetch(connection, columns, table, within), columnIndex(columns, "row")),
      );
    const rows = { ids: stored, time: timesOf(champion, columnIndex(this.#columns, "time")), champion, challengers };
    return { ...rows, shapes: this.#shapes(rows) };
  }

  /** Selects the columns; for challengers also whether the row has outputs (1) or a note (0), as the last column. */
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
    const varying = (ports: readonly LoggedPort[]) =>
      ports.flatMap(({ values }) => (values !== null && hasVaryingShape(values) ? [values] : []));
    const own = varying([...this.#inputs, ...this.#outputs, ...this.#models.flatMap(({ ports }) => ports)]);
    const sides = this.#challengers.map((challenger, i) => ({
      ports: varying(challenger.ports),
      rowIndex: answeredRows(challenger, challengers[i]),
    }));
    if (own.length === 0 && sides.every(({ ports }) => ports.length === 0)) return null;
    const dims = (ports: readonly PortColumn[], rowIndex: RowIndex | null, row: number) => {
      const at = rowIndex?.at(row) ?? null;
      return ports.map((port) => (at === null ? "?" : rowDims(port, at.chunk, at.index).join())).join(";");
    };
    return Array.from(ids, (_, row) =>
      [dims(own, champion, row), ...sides.map(({ ports, rowIndex }) => dims(ports, rowIndex, row))].join("|"),
    );
  }

  /** Converts rows with equal shapes to a batch. */
  batch(rows: TableRows, from: number, to: number): LogBatch {
    const champion = rows.champion.slice(from, to);
    const challengers = rows.challengers.map((rowIndex) => rowIndex.slice(from, to));
    const partial = new Map<string, PartialPort>();
    const tensors = (ports: readonly LoggedPort[], rowIndex: RowIndex) =>
      new Map(
        ports.map(({ port, column, values, long }) => {
          if (values === null || long !== null) partial.set(column, partialPort(rowIndex, long));
          return [port.name, values === null ? placeholder(port, to - from) : readTensor(values, rowIndex)] as const;
        }),
      );
    const modelResults = this.#models.map(
      ({ name, ports }) =>
        [name, { outputs: tensors(ports, champion), answered: new Uint8Array(to - from).fill(1) }] as const,
    );
    const answers = this.#challengers.map((challenger, i): readonly [string, ChallengerResult] => {
      const withOutputs = answeredRows(challenger, challengers[i]);
      const answered = new Uint8Array(to - from);
      withOutputs?.forEach((_chunk, _index, row) => (answered[row] = 1));
      return [
        challenger.name,
        { outputs: withOutputs === null ? new Map() : tensors(challenger.ports, withOutputs), answered },
      ];
    });
    const inputs = tensors(this.#inputs, champion);
    const outputs = tensors(this.#outputs, champion);
    const { version, withheld } = this.#log.layout;
    return {
      version,
      rows: to - from,
      rowIds: Array.from(rows.ids.subarray(from, to)),
      time: rows.time.slice(from, to),
      inputs,
      outputs,
      challengers: new Map([...modelResults, ...answers]),
      failures: new Map(
        this.#columns.flatMap(({ kind, name }, column) =>
          kind === "validation" ? [[name, flagsOf(champion, column)] as const] : [],
        ),
      ),
      ...(withheld === undefined
        ? {}
        : { withheld: { excluded: withheld.excluded, redacted: withheld.redacted, ports: partial } }),
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
      lastModel: stringsAt(champion, column("lastModel")),
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

/** The rows for which a challenger has outputs. */
function answeredRows({ columns }: Challenger, rowIndex: RowIndex | undefined): RowIndex | null {
  return rowIndex?.filter((chunk, index) => chunk.raw(columns.length, "bool", 0).values[index] === 1) ?? null;
}

function metadataOf(text: DuckDBValue): RequestMetadata | null {
  return text === null ? null : (JSON.parse(String(text)) as RequestMetadata);
}

function loggedPorts(
  columns: readonly LogColumn[],
  kind: PortKind,
  group: string,
  ports: readonly Port[],
  model = "",
): LoggedPort[] {
  return ports.map((port) => {
    const find = (wanted: ColumnKind) =>
      columns.findIndex(
        (each) => each.kind === wanted && each.name === port.name && each.model === model && (each.of ?? kind) === kind,
      );
    const [column, shape, longShape, digest] = [
      find(kind),
      find(`${kind}Shape`),
      find("longShape"),
      find("longDigest"),
    ];
    return {
      port,
      column: `${group}.${port.name}`,
      values: column < 0 ? null : { port, column, depth: columns[column]?.depth ?? 0, shape: shape < 0 ? null : shape },
      long: digest < 0 ? null : { shape: longShape, digest },
    };
  });
}

function timesOf(rowIndex: RowIndex, column: number): Float64Array {
  const times = new Float64Array(rowIndex.length);
  rowIndex.forEach((chunk, index, row) => (times[row] = Number(chunk.raw(column, "time", 0).values[index])));
  return times;
}

function flagsOf(rowIndex: RowIndex, column: number): Uint8Array {
  const flags = new Uint8Array(rowIndex.length);
  rowIndex.forEach((chunk, index, row) => (flags[row] = Number(chunk.raw(column, "bool", 0).values[index])));
  return flags;
}

function stringsAt(rowIndex: RowIndex, column: number): string[] {
  const texts: string[] = [];
  let last: ChunkReader | null = null;
  let read = (_: number): string => "";
  rowIndex.forEach((chunk, index) => {
    if (chunk !== last) read = chunk.texts(column);
    last = chunk;
    texts.push(read(index));
  });
  return texts;
}

function notesAt(rowIndex: RowIndex | undefined, column: number): (string | null)[] {
  const notes = new Array<string | null>(rowIndex?.length ?? 0).fill(null);
  rowIndex?.forEach((chunk, index, row) => {
    const note = chunk.vector(column).getItem(index);
    if (note !== null) notes[row] = String(note);
  });
  return notes;
}
