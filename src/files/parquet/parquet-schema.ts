import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlString } from "../../logs/duckdb.js";

/** A column that can be selected: a top-level one, or a member of a top-level group. */
export interface ParquetColumn {
  /** Its name in the file: `x`, or `in.x` for the member `x` of the group `in`. */
  readonly name: string;
  /** The names under which DuckDB selects it. */
  readonly path: readonly string[];
}

/** A node of the file's schema. Lists, maps and texts have an annotation; structs and plain numbers have none. */
interface SchemaNode {
  readonly name: string;
  readonly annotation: string;
  readonly repetition: string;
  readonly children: readonly SchemaNode[];
}

/** Reads the columns of a Parquet file. DuckDB renames columns whose names differ in case only; their order is kept. */
export async function readSchema(connection: DuckDBConnection, path: string): Promise<ParquetColumn[]> {
  const file = sqlString(path);
  const schema = await connection.runAndReadAll(
    `SELECT name, coalesce(logical_type, converted_type, ''), coalesce(repetition_type, ''), coalesce(num_children, 0)
     FROM parquet_schema(${file})`,
  );
  const selectable = await connection.runAndReadAll(
    `DESCRIBE SELECT * FROM read_parquet(${file}, hive_partitioning = false)`,
  );
  const names = selectable.getRows().map(([name]) => String(name));
  return nestedNodes(schema.getRows()).flatMap((node, i): ParquetColumn[] => {
    const selected = names[i] ?? node.name;
    const isStruct = node.children.length > 0 && node.annotation === "" && node.repetition !== "REPEATED";
    if (!isStruct) return [{ name: node.name, path: [selected] }];
    return node.children.map((child) => ({
      name: `${node.name}.${child.name}`,
      path: [selected, child.name],
    }));
  });
}

/** The children of the root, from the list of all nodes in depth-first order. */
function nestedNodes(rows: readonly (readonly unknown[])[]): readonly SchemaNode[] {
  let at = 0;
  const next = (): SchemaNode => {
    const [name, annotation, repetition, children] = rows[at++] ?? [];
    const count = Math.min(Number(children), rows.length - at);
    return {
      name: String(name),
      annotation: String(annotation),
      repetition: String(repetition),
      children: Array.from({ length: count }, next),
    };
  };
  return next().children;
}
