import { tableFromIPC, type Table } from "apache-arrow";
import { InputError } from "../../../dsl/errors.js";
import { errorSummary } from "../../util/error-message.js";
import { type ChosenColumns, chooseColumns } from "../choose-columns.js";
import type { WantedRows } from "../wanted-rows.js";
import { toInputTable } from "./input-table.js";

const magic = Array.from("ARROW1", (char) => char.charCodeAt(0));

/** The inputs of a pipeline as an Arrow table, and what was left out. */
export interface TableRows {
  readonly request: Table;
  readonly chosen: ChosenColumns;
}

/**
 * Reads the inputs of a pipeline from an Arrow file or stream.
 *
 * @throws InputError SL5030 for a damaged file, SL5003, SL5004 and SL5034 for its columns
 */
export function readArrow(bytes: Uint8Array, wanted: WantedRows, file: string): TableRows {
  let table: Table;
  try {
    const isFile = magic.every((byte, i) => bytes[i] === byte);
    // apache-arrow accepts a truncated file as a shorter one.
    if (isFile && !magic.every((byte, i) => bytes[bytes.length - magic.length + i] === byte))
      throw new RangeError("its end is missing");
    table = tableFromIPC(bytes);
  } catch (cause) {
    throw new InputError(
      "SL5030",
      `'${file}' is not a complete Arrow file: ${errorSummary(cause)}`,
      { file },
      { cause },
    );
  }
  const chosen = chooseColumns(
    table.schema.fields.map(({ name }) => name),
    wanted,
    file,
  );
  const vectors = chosen.columns
    .flatMap((input) => (input.kind === "one" ? [input.at] : input.at))
    .map((at) => table.getChildAt(at) as NonNullable<ReturnType<Table["getChildAt"]>>);
  return { request: toInputTable(chosen.columns, vectors, file), chosen };
}
