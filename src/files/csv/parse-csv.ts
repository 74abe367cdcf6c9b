import { InputError } from "../../../dsl/errors.js";
import type { ReadingPace } from "../reading-pace.js";

/** A cell: its text, or null if it is empty and not quoted. */
export type Cell = string | null;

/** The records of a CSV text, with the line of the file where each begins. */
export interface CsvRecords {
  readonly header: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** The line of each row, from 1. */
  readonly lines: readonly number[];
}

const [quote, lineFeed, carriageReturn] = ['"', "\n", "\r"];

/**
 * Parses CSV (RFC 4180): quoted cells may hold separators, line ends and doubled quotes; lines end with LF or CRLF.
 *
 * @throws InputError SL5030 with the line, for a quote that does not end, text after a quote, a row with another number
 * of cells, an empty line, or no row
 */
export async function parseCsv(text: string, separator: string, file: string, pace: ReadingPace): Promise<CsvRecords> {
  const fail = (line: number, problem: string): InputError =>
    new InputError("SL5030", `'${file}', line ${line}: ${problem}`, { file, line });
  const rows: Cell[][] = [];
  const lines: number[] = [];
  let line = 1;
  let at = 0;
  let cells: Cell[] = [];
  let start = 1;
  while (at < text.length) {
    if (pace.isDue()) await pace.rest();
    if (text[at] === quote) {
      const opened = line;
      let cell = "";
      for (;;) {
        const end = text.indexOf(quote, at + 1);
        if (end < 0) throw fail(opened, `a cell opens with a quote that never closes; close it, or write it as ""`);
        const part = text.slice(at + 1, end);
        for (let i = part.indexOf(lineFeed); i >= 0; i = part.indexOf(lineFeed, i + 1)) line++;
        at = end + 1;
        cell += part;
        if (text[at] !== quote) break;
        cell += quote;
      }
      cells.push(cell);
    } else {
      let end = at;
      while (end < text.length && text[end] !== separator && text[end] !== lineFeed && text[end] !== carriageReturn)
        end++;
      cells.push(end === at ? null : text.slice(at, end));
      at = end;
    }
    if (text[at] === separator) {
      at++;
      // A separator at the end of the text is followed by one more empty cell.
      if (at < text.length) continue;
      cells.push(null);
    }
    if (text[at] === carriageReturn) {
      if (text[at + 1] !== lineFeed && at + 1 < text.length)
        throw fail(line, "a line ends with CR only; end lines with LF or CRLF");
      at++;
    }
    if (at < text.length && text[at] !== lineFeed)
      throw fail(line, `text follows a closing quote; write a quote inside a cell as ""`);
    at++;
    rows.push(cells);
    lines.push(start);
    start = ++line;
    cells = [];
  }
  while (rows.length > 1 && isEmpty(rows.at(-1)) && rows[0]?.length !== 1) rows.pop();
  const [header, ...records] = rows;
  if (header === undefined || isEmpty(header)) throw fail(1, "the header is empty; name the columns in the first line");
  for (const [i, row] of records.entries()) {
    const where = lines[i + 1] ?? 1;
    if (isEmpty(row))
      throw fail(where, `the line is empty; remove it${header.length === 1 ? `, or write "" for an empty text` : ""}`);
    if (row.length !== header.length)
      throw fail(
        where,
        `${count(row.length)} where the header has ${header.length}; quote cells that hold '${separator}'`,
      );
  }
  if (records.length === 0) throw fail(1, "there is a header but no row; give at least one row");
  return { header: header.map((cell) => cell?.trim() ?? ""), rows: records, lines: lines.slice(1) };
}

function isEmpty(row: readonly Cell[] | undefined): boolean {
  return row?.length === 1 && row[0] === null;
}

function count(cells: number): string {
  return cells === 1 ? "1 cell" : `${cells} cells`;
}
