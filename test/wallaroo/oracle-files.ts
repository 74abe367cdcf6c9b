import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Reads a file that the Python programs in test/oracles/wallaroo wrote: the committed fixture, or a fresh one in the folder of the variable. */
export function oracleFile(name: string): string {
  const folder =
    process.env["SHAPELINE_PLATFORM_ORACLE"] ?? fileURLToPath(new URL("../fixtures/platform", import.meta.url));
  return readFileSync(join(folder, name), "utf8");
}
