import type { DuckDBType } from "@duckdb/node-api";
import type { DType, Port } from "../../../dsl/tensor.js";
import { elementArrays, type ElementArray } from "../../tensors/dtypes.js";
import { identifier, type DuckDB } from "../duckdb.js";
import type { LogLayout } from "../pipeline-log.js";
import { exceeds, type Withheld } from "./withheld.js";

/**
 * What a column of a log table holds. A port of unknown rank is stored as a flat list of elements, with its dimensions
 * in a second column (`inShape`, `outShape`, `modelOutShape`). `modelOut` columns hold the outputs of a multi-model
 * step's models. `longShape` and `longDigest` stand for the values of rows that are too long for the log; the digest of
 * other rows is empty.
 */
export type ColumnKind =
  | "row"
  | "time"
  | "in"
  | "out"
  | "inShape"
  | "outShape"
  | "modelOut"
  | "modelOutShape"
  | "longShape"
  | "longDigest"
  | "failureCount"
  | "validation"
  | "lastModel"
  | "pipelineVersion"
  | "elapsed"
  | "metadata"
  | "note"
  | "challengerElapsed";

/** The kinds of columns with port values. */
export type PortKind = "in" | "out" | "modelOut";

/** One column: what it holds (`kind`, `name`), its name in the database, and its type. */
export interface LogColumn {
  readonly kind: ColumnKind;
  /** Name of the port or validation; empty for the other kinds. */
  readonly name: string;
  /** For the kind `modelOut`: the model of the output. */
  readonly model: string;
  readonly column: string;
  readonly type: ElementType;
  /** Number of nested list levels around an element. */
  readonly depth: number;
  /** The port whose values the column holds; null for the other kinds. */
  readonly port: Port | null;
  /** For the shape of a port of unknown rank: the port. */
  readonly source: Port | null;
  /** The values are replaced by a marker. */
  readonly redacted: boolean;
  /** Rows with more elements are stored as their shape and digest; null: all rows are stored. */
  readonly maxElements: number | null;
  /** For the kinds `longShape` and `longDigest`: where the port is. */
  readonly of: PortKind | null;
}

/** Whether a column has the value of every row, so that queries may compute with it. */
export function holdsValues({ port, redacted, maxElements }: LogColumn): boolean {
  return port !== null && !redacted && maxElements === null;
}

type ElementType = DType | "time";

/** The typed array for a column's elements as DuckDB stores them: float16 as float32, a time as milliseconds. */
export function storedArray(type: Exclude<ElementType, "string">): ElementArray {
  return elementArrays[type === "float16" ? "float32" : type === "time" ? "int64" : type];
}

/** The columns of one pipeline version's tables: the champion's, and one table per challenger. */
export interface TableColumns {
  readonly champion: readonly LogColumn[];
  readonly challengers: readonly { readonly name: string; readonly columns: readonly LogColumn[] }[];
}

/** The column with the request's metadata as JSON. */
export const requestMetadata = "metadata.request";

/** The columns of a layout's tables. The same layout always returns the same columns. */
export function tableColumns(layout: LogLayout): TableColumns {
  const { withheld } = layout;
  const columns = new ColumnList(withheld);
  columns.add("row", "", "row", "int64");
  columns.add("time", "", "time", "time");
  for (const port of layout.inputs) columns.addPort("in", "in", port);
  for (const port of layout.outputs) columns.addPort("out", "out", port);
  for (const { name, outputs } of layout.models ?? [])
    for (const port of outputs) columns.addPort("modelOut", `out_${name}`, port, name);
  columns.add("failureCount", "", "anomaly.count", "int32");
  for (const name of layout.validations) columns.add("validation", name, `anomaly.${name}`, "bool");
  columns.add("lastModel", "", "metadata.last_model", "string");
  columns.add("pipelineVersion", "", "metadata.pipeline_version", "int32");
  columns.add("elapsed", "", "metadata.elapsed", "int64", 1);
  columns.add("metadata", "", requestMetadata, "string");
  return {
    champion: columns.list,
    challengers: layout.challengers.map(({ name, outputs }) => ({
      name,
      columns: challengerColumns(name, outputs, withheld),
    })),
  };
}

function challengerColumns(challenger: string, outputs: readonly Port[], withheld: Withheld | undefined): LogColumn[] {
  const columns = new ColumnList(withheld);
  columns.add("row", "", "row", "int64");
  for (const port of outputs) columns.addPort("out", `out_${challenger}`, port);
  columns.add("note", "", "metadata.note", "string");
  columns.add("challengerElapsed", "", "metadata.elapsed", "int64");
  return columns.list;
}

class ColumnList {
  readonly list: LogColumn[] = [];
  readonly #taken = new Set<string>();
  readonly #withheld: Withheld | undefined;

  constructor(withheld: Withheld | undefined) {
    this.#withheld = withheld;
  }

  addPort(kind: PortKind, prefix: string, port: Port, model = ""): void {
    const column = `${prefix}.${port.name}`;
    const redacted = this.#withheld?.redacted.includes(column) ?? false;
    // Readers return nulls for a redacted column without strings: nothing of it is stored.
    if (redacted && port.dtype !== "string") return;
    const limit = this.#withheld?.maxElements ?? null;
    const long = redacted ? "never" : exceeds(port, limit);
    const maxElements = long === "never" ? null : limit;
    const depth = port.shape === null ? 1 : Math.max(port.shape.length - 1, 0);
    const { name } = port;
    if (long !== "always") {
      this.add(kind, name, column, port.dtype, depth, { port, model, redacted, maxElements });
      if (port.shape === null)
        this.add(`${kind}Shape`, name, `${column}#shape`, "int64", 1, { model, maxElements, source: port });
    }
    if (long === "never") return;
    this.add("longShape", name, `${column}.shape`, "int64", 1, { model, maxElements, of: kind });
    this.add("longDigest", name, `${column}.digest`, "string", 0, { model, maxElements, of: kind });
  }

  add(
    kind: ColumnKind,
    name: string,
    wanted: string,
    type: ElementType,
    depth = 0,
    more: Partial<LogColumn> = {},
  ): void {
    const none = { model: "", port: null, source: null, redacted: false, maxElements: null, of: null };
    this.list.push({ kind, name, column: this.#uniqueName(wanted), type, depth, ...none, ...more });
  }

  /**
   * DuckDB's column names are case-insensitive and end at a NUL: duplicates get a number, control characters become
   * `?`.
   */
  #uniqueName(wanted: string): string {
    const clean = wanted.replace(/\p{Cc}|\p{Cs}/gu, "?");
    let name = clean;
    for (let i = 2; this.#taken.has(name.toLowerCase()); i++) name = `${clean}#${i}`;
    this.#taken.add(name.toLowerCase());
    return name;
  }
}

const sqlTypes: Readonly<Record<ElementType, string>> = {
  float16: "FLOAT",
  float32: "FLOAT",
  float64: "DOUBLE",
  int8: "TINYINT",
  int16: "SMALLINT",
  int32: "INTEGER",
  int64: "BIGINT",
  uint8: "UTINYINT",
  uint16: "USMALLINT",
  uint32: "UINTEGER",
  uint64: "UBIGINT",
  bool: "BOOLEAN",
  string: "VARCHAR",
  time: "TIMESTAMP_MS",
};

/** The CREATE TABLE statement. */
export function createTable(table: string, columns: readonly LogColumn[]): string {
  const parts = columns.map(
    ({ column, type, depth }) => `${identifier(column)} ${sqlTypes[type]}${"[]".repeat(depth)}`,
  );
  return `CREATE TABLE ${identifier(table)} (${parts.join(", ")})`;
}

/** The column's type in the DuckDB client. */
export function duckType(duckdb: DuckDB, { type, depth }: LogColumn): DuckDBType {
  const elements: Readonly<Record<ElementType, DuckDBType>> = {
    float16: duckdb.FLOAT,
    float32: duckdb.FLOAT,
    float64: duckdb.DOUBLE,
    int8: duckdb.TINYINT,
    int16: duckdb.SMALLINT,
    int32: duckdb.INTEGER,
    int64: duckdb.BIGINT,
    uint8: duckdb.UTINYINT,
    uint16: duckdb.USMALLINT,
    uint32: duckdb.UINTEGER,
    uint64: duckdb.UBIGINT,
    bool: duckdb.BOOLEAN,
    string: duckdb.VARCHAR,
    time: duckdb.TIMESTAMP_MS,
  };
  let result = elements[type];
  for (let level = 0; level < depth; level++) result = duckdb.LIST(result);
  return result;
}
