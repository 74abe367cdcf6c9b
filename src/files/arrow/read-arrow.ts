import { Vector, type Data, type Table } from "apache-arrow";
import { InputError, ShapelineError } from "../../../dsl/errors.js";
import { errorSummary } from "../../util/error-message.js";
import { type ChosenColumns, chooseColumns } from "../choose-columns.js";
import { UnpackedTooLargeError } from "../packing/unpack-errors.js";
import { tooLarge } from "../rows-source.js";
import type { ReadingPace } from "../reading-pace.js";
import type { WantedRows } from "../wanted-rows.js";
import { BatchReader, type ByteBudget } from "./batch-reader.js";
import { concat } from "./gather.js";
import { tableOf, toInputTable } from "./input-table.js";
import { DamagedArrowError, type IpcContent, readIpcFile, readIpcStream } from "./ipc-messages.js";
import { type IpcColumn, type IpcField, columnsOf, dictionariesOf, readSchema } from "./ipc-schema.js";
import { UnsupportedTypeError, loadColumn, withParentNulls } from "./load-column.js";

/** The inputs of a pipeline as an Arrow table, and what was left out. */
export interface TableRows {
  readonly request: Table;
  readonly chosen: ChosenColumns;
}

/**
 * Reads the inputs of a pipeline from an Arrow file or stream. Other columns are not read. apache-arrow's own reader is
 * not used: it takes lengths as they are stated, and has no list views.
 *
 * @throws InputError SL5030 for a damaged file, SL5033 for one that unpacks to more than `maxBytes`, SL5003, SL5004 and
 * SL5034 for its columns, SL5018 for a type that no tensor has
 */
export async function readArrow(
  bytes: Uint8Array,
  format: "arrow file" | "arrow stream",
  wanted: WantedRows,
  file: string,
): Promise<TableRows> {
  return reading(bytes, format, wanted.maxBytes, file, async (content, budget) => {
    const fields = readSchema(content);
    const columns = columnsOf(fields);
    const chosen = chooseColumns(
      columns.map(({ name }) => name),
      wanted,
      file,
    );
    const needed = chosen.columns
      .flatMap((input) => (input.kind === "one" ? [input.at] : input.at))
      .map((at) => columns[at])
      .filter((column): column is IpcColumn => column !== undefined);
    const vectors = await loadColumns(content, fields, needed, budget, wanted.pace, file);
    return { request: toInputTable(chosen.columns, vectors, file), chosen };
  });
}

/**
 * Reads all columns of an Arrow stream, or of a file, as they are, for a caller who checks them.
 *
 * @throws InputError SL5030, SL5033 and SL5018, as `readArrow`; SL5001 for a stream without rows
 */
export function readArrowTable(
  bytes: Uint8Array,
  { maxBytes, pace }: Pick<WantedRows, "maxBytes" | "pace">,
  name: string,
  format: "arrow file" | "arrow stream" = "arrow stream",
): Promise<Table> {
  return reading(bytes, format, maxBytes, name, async (content, budget) => {
    const fields = readSchema(content);
    const columns = fields.map((field, at): IpcColumn => ({ name: field.name, at, member: null }));
    const vectors = await loadColumns(content, fields, columns, budget, pace, name);
    return tableOf(columns.map((column, i) => [column.name, vectors[i] as Vector]));
  });
}

async function reading<T>(
  bytes: Uint8Array,
  format: "arrow file" | "arrow stream",
  maxBytes: number,
  file: string,
  read: (content: IpcContent, budget: ByteBudget) => Promise<T>,
): Promise<T> {
  let used = 0;
  const budget: ByteBudget = {
    take(count) {
      used += count;
      if (used > maxBytes) throw tooLarge(file, "its values take more", maxBytes);
    },
  };
  try {
    return await read(format === "arrow file" ? readIpcFile(bytes) : readIpcStream(bytes), budget);
  } catch (cause) {
    if (cause instanceof ShapelineError) throw cause;
    const reason =
      cause instanceof UnpackedTooLargeError ? "a packed buffer holds more than its size says" : errorSummary(cause);
    throw new InputError(
      "SL5030",
      `'${file}' is not a complete Arrow ${format === "arrow file" ? "file" : "stream"}: ${reason}`,
      { file },
      { cause },
    );
  }
}

async function loadColumns(
  { batches }: IpcContent,
  fields: readonly IpcField[],
  columns: readonly IpcColumn[],
  budget: ByteBudget,
  pace: ReadingPace,
  file: string,
): Promise<Vector[]> {
  const chunks = columns.map((): Data[] => []);
  const dictionaries = new Map<bigint, Data>();
  const dictionaryValues = dictionariesOf(columns.map(({ at }) => fields[at] as IpcField));
  /** By the place of their field: a wide file has as many columns as fields. */
  const columnsByField = new Map<number, IpcColumn[]>();
  for (const column of columns) {
    const found = columnsByField.get(column.at);
    if (found === undefined) columnsByField.set(column.at, [column]);
    else found.push(column);
  }
  for (const batch of batches) {
    if (pace.isDue()) await pace.rest();
    const reader = new BatchReader(batch, budget);
    if (batch.kind === "dictionary") {
      const values = dictionaryValues.get(batch.id);
      if (values === undefined) continue;
      const loaded = loadColumn(reader, values, dictionaries);
      const earlier = batch.isDelta ? dictionaries.get(batch.id) : undefined;
      dictionaries.set(batch.id, earlier === undefined ? loaded : concat(earlier, loaded, budget));
      continue;
    }
    const loaded = new Map<string, Data>();
    for (const [at, field] of fields.entries()) {
      if (pace.isDue()) await pace.rest();
      const wanted = columnsByField.get(at);
      if (wanted === undefined) reader.skip(field);
      else if (wanted[0]?.member === null) loaded.set(wanted[0].name, load(reader, field, wanted[0].name));
      else {
        const parent = reader.next(field);
        const byMember = new Map(wanted.map((column) => [column.member, column]));
        for (const [member, child] of field.children.entries()) {
          const column = byMember.get(member);
          if (column === undefined) reader.skip(child);
          else loaded.set(column.name, withParentNulls(load(reader, child, column.name), parent, budget));
        }
      }
    }
    for (const [i, { name }] of columns.entries()) {
      const data = loaded.get(name) as Data;
      if (data.length !== reader.rows)
        throw new DamagedArrowError(`column '${name}' has ${data.length} rows, its batch has ${reader.rows}`);
      chunks[i]?.push(data);
    }
  }
  if (chunks.some((data) => data.length === 0))
    throw new InputError("SL5001", `'${file}' has no rows: give at least one row`, { file });
  return chunks.map((data) => new Vector(data));

  function load(reader: BatchReader, field: IpcField, name: string): Data {
    try {
      return loadColumn(reader, field, dictionaries);
    } catch (cause) {
      if (!(cause instanceof UnsupportedTypeError)) throw cause;
      throw new InputError(
        "SL5018",
        `'${file}', column '${name}': it has the type ${cause.message}, which no input has; cast it to the input's type first`,
        { file, found: cause.message },
        { cause },
      );
    }
  }
}
