import { readFile } from "node:fs/promises";
import { InputError } from "../../../dsl/errors.js";
import { describeValue } from "../../util/format-value.js";
import { decodeRows } from "../../engine/input/decode-rows.js";
import { systemErrorMessage } from "../../util/error-message.js";

const endings = [".arrow", ".arrows", ".feather", ".json", ".df.json"];

/**
 * Reads a request from a file: Arrow IPC (`.arrow`, `.arrows`, `.feather`), or JSON as pandas writes records (`.json`, `.df.json`).
 *
 * @throws InputError SL5017 another kind of file, SL5030 one that cannot be read
 */
export async function readRowsFile(path: string): Promise<unknown> {
  if (typeof path !== "string" || !endings.some((ending) => path.toLowerCase().endsWith(ending))) {
    throw new InputError(
      "SL5017",
      `${typeof path === "string" ? `'${path}'` : describeValue(path)} is not a file of rows by its name; give one that ends in ${endings.join(", ")}`,
      { file: path },
    );
  }
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new InputError(
      "SL5030",
      `the rows '${path}' cannot be read: ${systemErrorMessage(cause)}`,
      { file: path },
      { cause },
    );
  }
  return decodeRows(bytes, path);
}
