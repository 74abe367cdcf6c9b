import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { RowValue, TestColumn } from "../rows.js";
import { rowsOf } from "../rows.js";

interface Library {
  uint(value: bigint): unknown;
  compile(text: string): (x: unknown) => unknown;
}

const folder = fileURLToPath(new URL("../../oracles", import.meta.url));
const names = ["@bufbuild/cel", "@marcbachmann/cel-js"];

/** The real CEL libraries, installed by `npm run oracles`. */
export const installed: boolean = names.every((name) => existsSync(`${folder}/node_modules/${name}`));

export const libraries: Readonly<Record<string, Library>> = installed
  ? ((await import(`${folder}/cel.mjs`)) as { libraries: Record<string, Library> }).libraries
  : {};

const deep = (value: RowValue, put: (value: RowValue) => unknown): unknown =>
  Array.isArray(value) ? value.map((item: RowValue) => deep(item, put)) : put(value);

/** The rows as a library takes them: uint64 ports as uint, other integers as int, as hosts pass them. */
export function rowsFor({ uint }: Library, columns: readonly TestColumn[]): unknown[] {
  const forHost = columns.map((column) => {
    const { dtype } = column.port;
    if (dtype === "uint64")
      return { ...column, values: column.values.map((value) => deep(value, (v) => uint(v as bigint))) };
    const whole = dtype.startsWith("int") || dtype.startsWith("uint");
    return {
      ...column,
      values: column.values.map((value) => deep(value, (v) => (whole ? BigInt(v as number | bigint) : v))),
    };
  });
  return rowsOf(forHost as TestColumn[]);
}

/** The library's result for each row, or the error's text if it fails. */
export function evaluateInCel(library: Library, text: string, rows: readonly unknown[]): unknown[] {
  const run = library.compile(text);
  return rows.map((row) => {
    try {
      return run(row);
    } catch (error) {
      return String(error);
    }
  });
}
