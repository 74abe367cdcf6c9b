import { extname } from "node:path";
import { InputError } from "../../dsl/errors.js";
import { foreignFormat } from "./foreign-formats.js";

/** The formats that are taken, by the words for them in messages. */
export const formatWords = {
  "arrow file": "an Arrow file",
  "arrow stream": "an Arrow stream",
  parquet: "a Parquet file",
  json: "JSON",
  "json lines": "JSON lines",
  csv: "CSV",
} as const;

export type Format = keyof typeof formatWords;

/** What is taken, for messages. */
export const takenFormats =
  "Arrow (.arrow, .arrows, .feather), Parquet (.parquet), CSV (.csv, .tsv), JSON (.json, .df.json) and JSON lines (.jsonl, .ndjson), each also as .gz or .zst";

const formatsByExtension: Readonly<Record<string, readonly Format[]>> = {
  ".arrow": ["arrow file", "arrow stream"],
  ".arrows": ["arrow file", "arrow stream"],
  ".feather": ["arrow file", "arrow stream"],
  ".ipc": ["arrow file", "arrow stream"],
  ".parquet": ["parquet"],
  ".pq": ["parquet"],
  ".json": ["json"],
  ".jsonl": ["json lines"],
  ".ndjson": ["json lines"],
  ".csv": ["csv"],
  ".tsv": ["csv"],
  ".txt": ["csv"],
};

/** The name's extension in lower case, without that of a packing: `rows.CSV.gz` is `.csv`. */
export function extensionOf(name: string): string {
  return extname(name.toLowerCase().replace(/\.(gz|gzip|zst|zstd)$/, ""));
}

/** The formats that an extension stands for; none for an unknown one. */
export function formatsOf(extension: string): readonly Format[] {
  return formatsByExtension[extension] ?? [];
}

const startsWith = (head: Uint8Array, bytes: readonly number[]): boolean => bytes.every((byte, i) => head[i] === byte);
const arrowFileMagic = Array.from("ARROW1", (char) => char.charCodeAt(0));
const parquetMagic = Array.from("PAR1", (char) => char.charCodeAt(0));
const continuation = [0xff, 0xff, 0xff, 0xff];

/**
 * The format of a file: its first bytes decide, then its extension. Text that starts with `[` or `{` is JSON or JSON
 * lines. Other text is CSV if the file's name says so, or if an input stands in the first line.
 *
 * @param inputs the names of the pipeline's inputs
 * @throws InputError SL5017 for any other format
 */
export function detectFormat(head: Uint8Array, name: string, inputs: readonly string[]): Format {
  if (startsWith(head, arrowFileMagic)) return "arrow file";
  if (startsWith(head, continuation)) return "arrow stream";
  if (startsWith(head, parquetMagic)) return "parquet";
  const extension = extensionOf(name);
  const foreign = foreignFormat(head, extension);
  if (foreign !== null) {
    throw new InputError(
      "SL5017",
      `'${name}' is ${foreign.words}, which is not taken (taken are ${takenFormats}); ${foreign.advice(name, inputs[0] ?? "x")}`,
      { file: name, found: foreign.words },
    );
  }
  const text = textStart(head);
  const [stated] = formatsOf(extension);
  const isBinary = stated === "arrow file" || stated === "parquet";
  if (text !== null && !isBinary) {
    if (/^\s*[[{]/.test(text)) return stated === "json lines" ? "json lines" : "json";
    const [firstLine = ""] = text.split(/[\r\n]/, 1);
    if (stated === "csv" || inputs.some((input) => firstLine.includes(input))) return "csv";
    if (isJsonValue(text)) return "json";
  }
  const problem = isBinary ? `is not ${formatWords[stated]}, as its name says` : "has an unknown format";
  const start = text === null ? `the bytes ${hex(head)}` : `the text ${JSON.stringify(text.slice(0, 20))}`;
  throw new InputError("SL5017", `'${name}' ${problem}: it starts with ${start}; taken are ${takenFormats}`, {
    file: name,
  });
}

/** A number, a text or the like: no rows, which the request's reader says best. */
function isJsonValue(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The first bytes as text, without a byte order mark; null if they are no UTF-8 text. */
function textStart(head: Uint8Array): string | null {
  // Control characters other than tabs and line ends do not occur in text. The last character may be cut.
  if (head.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)) return null;
  return new TextDecoder().decode(head);
}

function hex(head: Uint8Array): string {
  return Buffer.from(head.subarray(0, 4))
    .toString("hex")
    .replace(/(..)(?=.)/g, "$1 ");
}
