import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Reads a file written by test/oracles/wallaroo: the committed fixture, or the new one that `run.sh` compares. */
export function oracleBytes(name: string): Buffer {
  const folder =
    process.env["SHAPELINE_PLATFORM_ORACLE"] ?? fileURLToPath(new URL("../fixtures/platform", import.meta.url));
  return readFileSync(join(folder, name));
}

export const oracleFile = (name: string): string => oracleBytes(name).toString();
