import { createRequire } from "node:module";
import type { DuckDBConnection, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import type { RowValue, TestColumn } from "../rows.js";

const sqlTypes = {
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
} as const;

type Api = typeof import("@duckdb/node-api");
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A table `rows` with these columns and the row number `row`, in a new database. A missing value is null. */
export async function createRowsTable(
  columns: readonly (Omit<TestColumn, "values"> & { readonly values: readonly (RowValue | null)[] })[],
): Promise<DuckDBConnection> {
  const api = createRequire(import.meta.url)("@duckdb/node-api") as Api;
  const connection = await (await api.DuckDBInstance.create(":memory:")).connect();
  const depth = ({ port }: Pick<TestColumn, "port">): number => (port.shape?.length ?? 1) - 1;
  const declared = columns.map(
    (column) => `${identifier(column.name)} ${sqlTypes[column.port.dtype]}${"[]".repeat(depth(column))}`,
  );
  await connection.run(`CREATE TABLE rows (row INTEGER, ${declared.join(", ")})`);
  const appender = await connection.createAppender("rows");
  const typeOf = (column: Pick<TestColumn, "port">): DuckDBType => {
    let type: DuckDBType = api[sqlTypes[column.port.dtype]];
    for (let i = 0; i < depth(column); i++) type = api.LIST(type);
    return type;
  };
  const valueOf = (value: RowValue | null): DuckDBValue =>
    Array.isArray(value) ? new api.DuckDBListValue(value.map(valueOf)) : (value as DuckDBValue);
  const types = columns.map(typeOf);
  for (let row = 0; row < (columns[0]?.values.length ?? 0); row++) {
    appender.appendInteger(row);
    columns.forEach(({ values }, i) => appender.appendValue(valueOf(values[row] ?? null), types[i]));
    appender.endRow();
  }
  appender.closeSync();
  return connection;
}

/** For each text, its value on each row in a SELECT, and the rows that a WHERE with it keeps. */
export async function evaluateInDuckDb(
  connection: DuckDBConnection,
  texts: readonly string[],
): Promise<{ readonly selected: (boolean | null)[]; readonly kept: Set<number> }[]> {
  const answers: { selected: (boolean | null)[]; kept: Set<number> }[] = [];
  for (let from = 0; from < texts.length; from += 50) {
    const part = texts.slice(from, from + 50);
    const table = await connection.run(
      `SELECT ${part.map((text, i) => `(${text}) AS c${i}`).join(", ")} FROM rows ORDER BY row`,
    );
    const columns = await table.getColumnsJS();
    for (const [i, text] of part.entries()) {
      const kept = await (await connection.run(`SELECT row FROM rows WHERE ${text}`)).getColumnsJS();
      answers.push({ selected: (columns[i] ?? []) as (boolean | null)[], kept: new Set((kept[0] ?? []) as number[]) });
    }
  }
  return answers;
}
