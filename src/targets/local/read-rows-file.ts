import { readFile } from "node:fs/promises";
import { InputError } from "../../../dsl/errors.js";
import { describeValue } from "../../util/format-value.js";
import { decodeRows } from "../../engine/input/decode-rows.js";
import { systemErrorMessage } from "../../util/error-message.js";
import { urlProblem } from "../../util/local-path.js";

const extensions = [".arrow", ".arrows", ".feather", ".json", ".df.json"];

/**
 * Reads the rows of a request from a file: Arrow IPC (`.arrow`, `.arrows`, `.feather`) or a JSON array of records, as
 * pandas writes it (`.json`, `.df.json`).
 *
 * @throws InputError SL5017 for another extension, SL5030 for an unreadable file
 */
export async function readRowsFile(path: string): Promise<unknown> {
  const url = urlProblem(path);
  if (url !== null) throw new InputError("SL5030", `the rows file '${path}' ${url}`, { file: path });
  if (typeof path !== "string" || !extensions.some((extension) => path.toLowerCase().endsWith(extension))) {
    throw new InputError(
      "SL5017",
      `${typeof path === "string" ? `'${path}'` : describeValue(path)} is not a rows file by its extension; use one of ${extensions.join(", ")}`,
      { file: path },
    );
  }
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new InputError(
      "SL5030",
      `the rows file '${path}' cannot be read: ${systemErrorMessage(cause)}`,
      { file: path },
      { cause },
    );
  }
  return decodeRows(bytes, path);
}
