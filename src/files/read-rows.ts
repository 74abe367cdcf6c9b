import { InputError } from "../../dsl/errors.js";
import { joinNames } from "../util/join-names.js";
import type { ChosenColumns } from "./choose-columns.js";
import type { WantedRows } from "./wanted-rows.js";
import { readCsv } from "./csv/read-csv.js";
import { decodeText } from "./decode-text.js";
import { type Format, detectFormat, extensionOf, formatWords, formatsOf } from "./file-format.js";
import { readJson } from "./json/read-json.js";
import { type Packing, packingOf, unpack } from "./packing/unpack.js";
import { type Content, type RowsSource, contentOf, openSource } from "./rows-source.js";

/** The rows of a file as a request: records, columns or an Arrow table. */
export interface FileRows {
  readonly request: unknown;
  /** What a user should know: a name that says another format, columns that were left out. */
  readonly notes: readonly string[];
}

interface FormatRows {
  readonly request: unknown;
  readonly format: Format;
  readonly chosen: ChosenColumns | null;
}

/**
 * Reads the rows of a request from a file, or from bytes. The content decides the format.
 *
 * @throws InputError SL5017 for another format, SL5030 for a file that cannot be read or is damaged, SL5033 for one
 * that is too large, SL5003, SL5004 and SL5034 for its columns; TargetError SL6020 for Parquet without DuckDB
 */
export async function readRows(source: RowsSource, wanted: WantedRows): Promise<FileRows> {
  const opened = await openSource(source, wanted.maxBytes);
  try {
    const packing = packingOf(opened.head);
    const content = packing === null ? opened : await unpacked(packing, opened, source.name, wanted);
    const names = wanted.inputs.map(({ name }) => name);
    const format = detectFormat(content.head, source.name, names);
    const rows = await readFormat(format, content, source.name, wanted);
    return { request: rows.request, notes: notesOf(source.name, rows, packing) };
  } finally {
    await opened.close();
  }
}

async function unpacked(packing: Packing, opened: Content, name: string, wanted: WantedRows): Promise<Content> {
  const bytes = await unpack(packing, await opened.whole(), name, wanted);
  await wanted.pace.rest();
  const again = packingOf(bytes);
  if (again !== null)
    throw new InputError("SL5017", `'${name}' is packed twice: there are ${again} data in it; unpack it once`, {
      file: name,
    });
  return contentOf(bytes);
}

async function readFormat(format: Format, content: Content, name: string, wanted: WantedRows): Promise<FormatRows> {
  switch (format) {
    case "csv": {
      const { rows, chosen } = await readCsv(decodeText(await content.whole(), name), wanted, name);
      return { request: rows, format, chosen };
    }
    case "json":
    case "json lines": {
      const { rows, ...found } = await readJson(await content.whole(), format, wanted, name);
      return { request: rows, ...found };
    }
    case "arrow file":
    case "arrow stream": {
      const { readArrow } = await import("./arrow/read-arrow.js");
      return { ...(await readArrow(await content.whole(), format, wanted, name)), format };
    }
    case "parquet": {
      const { readParquet } = await import("./parquet/read-parquet.js");
      return { ...(await readParquet(content, wanted, name)), format };
    }
  }
}

function notesOf(name: string, { format, chosen }: FormatRows, packing: Packing | null): string[] {
  const notes: string[] = [];
  const stated = formatsOf(extensionOf(name));
  if (stated.length > 0 && !stated.includes(format))
    notes.push(`'${name}' holds ${formatWords[format]}, not what its name says; it is read as such`);
  const statedPacking = /\.(gz|gzip)$/i.test(name) ? "gzip" : /\.(zst|zstd)$/i.test(name) ? "zstd" : null;
  if (statedPacking !== null && statedPacking !== packing)
    notes.push(`'${name}' is ${packing === null ? "not packed" : `packed with ${packing}`}, other than its name says`);
  if (chosen === null || chosen.ignored.length === 0) return notes;
  const left = `left out ${joinNames(chosen.ignored)}`;
  notes.push(
    chosen.exported ? `'${name}' is an exported log: its columns 'in.*' are the inputs; ${left}` : `'${name}': ${left}`,
  );
  return notes;
}
