import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ConfigError } from "../../../dsl/errors.js";
import { type RowsSource, tooLarge } from "../../files/rows-source.js";
import { systemErrorMessage } from "../../util/error-message.js";
import { urlProblem } from "../../util/files/url-problem.js";

/** Reads the text of a config or of a platform definition. */
export async function readConfigText(cwd: string, file: string): Promise<string> {
  const url = urlProblem(file);
  if (url !== null) throw new ConfigError("SL4005", `the config '${file}' ${url}`, { file });
  try {
    return await readFile(resolve(cwd, file), "utf8");
  } catch (error) {
    throw new ConfigError(
      "SL4005",
      `the config '${file}' cannot be read: ${systemErrorMessage(error)}; \`shapeline compile\` writes it`,
      { file },
      { cause: error },
    );
  }
}

/** Where the rows of `file` are read from; standard input, read to its end, if it is `-`. */
export async function rowsSource(cwd: string, file: string, maxBytes: number): Promise<RowsSource> {
  if (file !== "-") return { name: file, path: resolve(cwd, file) };
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Uint8Array);
    size += (chunk as Uint8Array).length;
    if (size > maxBytes) throw tooLarge("standard input", "it has more", maxBytes);
  }
  return { name: "standard input", bytes: Buffer.concat(chunks) };
}
