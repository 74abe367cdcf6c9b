import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ConfigError, InputError } from "../../../dsl/errors.js";
import type { Config } from "../../config/schema.js";
import { systemErrorMessage } from "../../util/error-message.js";
import { urlProblem } from "../../util/local-path.js";

/** Reads and validates a config file. */
export async function readConfig(cwd: string, file: string): Promise<Config> {
  const text = await readConfigText(cwd, file);
  const { parseConfig } = await import("../../config/config.js");
  return parseConfig(text, file);
}

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

/** Reads a rows file, or standard input if `file` is `-`. */
export async function readInput(cwd: string, file: string): Promise<Uint8Array> {
  if (file === "-") {
    const chunks: Uint8Array[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
    return Buffer.concat(chunks);
  }
  const url = urlProblem(file);
  if (url !== null) throw new InputError("SL5030", `the rows file '${file}' ${url}`, { file });
  try {
    return await readFile(resolve(cwd, file));
  } catch (error) {
    throw new InputError(
      "SL5030",
      `the rows file '${file}' cannot be read: ${systemErrorMessage(error)}`,
      { file },
      { cause: error },
    );
  }
}
