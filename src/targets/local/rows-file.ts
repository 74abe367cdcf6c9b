import { readFile } from "node:fs/promises";
import { type Table, tableFromIPC } from "apache-arrow";
import { InputError } from "../../../dsl/errors.js";
import { reason } from "../../engine/reason.js";
import { systemReason } from "../../files/system-reason.js";

const readers: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  ".arrow": readArrow,
  ".arrows": readArrow,
  ".feather": readArrow,
  ".json": (bytes) => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)),
};

/**
 * Reads a request from a file: Arrow IPC (`.arrow`, `.arrows`, `.feather`), or JSON as pandas writes records (`.json`, `.df.json`).
 *
 * @throws InputError SL5017 another kind of file, SL5030 one that cannot be read
 */
export async function readRowsFile(path: string): Promise<unknown> {
  const kind = Object.keys(readers).find((ending) => path.toLowerCase().endsWith(ending));
  const read = kind === undefined ? undefined : readers[kind];
  if (read === undefined) {
    throw new InputError("SL5017", `'${path}' is no file of rows that is known here; its name ends in ${Object.keys(readers).join(", ")} or .df.json`, { file: path });
  }
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new InputError("SL5030", `'${path}' cannot be read: ${systemReason(cause)}`, { file: path }, { cause });
  }
  try {
    return read(bytes);
  } catch (cause) {
    throw new InputError("SL5030", `'${path}' is not what its name says (${kind === ".json" ? "JSON" : "Arrow IPC"}): ${reason(cause)}`, { file: path }, { cause });
  }
}

/** The reader takes a cut file for a short one, and any other bytes for a table without columns. */
function readArrow(bytes: Uint8Array): Table {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isFile = text.subarray(0, 6).toString("latin1") === "ARROW1";
  if (isFile && text.subarray(-6).toString("latin1") !== "ARROW1") throw new RangeError("its end is missing");
  const table = tableFromIPC(bytes);
  if (table.numCols === 0) throw new RangeError("it holds no columns");
  return table;
}
