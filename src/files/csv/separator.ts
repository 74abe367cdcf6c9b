import { InputError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
import { extensionOf } from "../file-format.js";

const separators: Readonly<Record<string, string>> = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" };

/**
 * Finds the separator of a CSV text in its header: the only one that occurs there, or the only one that gives the
 * pipeline's inputs as columns. A header without any has one column, whose cells may hold commas in a `.tsv` file.
 *
 * @throws InputError SL5034 if there are several
 */
export function detectSeparator(text: string, inputs: readonly Port[], file: string): string {
  const found = Object.keys(separators).filter((separator) => headerCells(text, separator).length > 1);
  if (found.length <= 1) return found[0] ?? (extensionOf(file) === ".tsv" ? "\t" : ",");
  const fitting = found.filter((separator) => {
    const names = new Set(headerCells(text, separator));
    return inputs.every(({ name }) =>
      [name, `in.${name}`, `${name}_0`, `${name}.0`, `${name}[0]`].some((each) => names.has(each)),
    );
  });
  const [separator] = fitting;
  if (separator !== undefined && fitting.length === 1) return separator;
  throw new InputError(
    "SL5034",
    `'${file}': the header may be separated by ${found.map((each) => separators[each]).join(" or ")}; quote the names that hold one of them`,
    { file },
  );
}

/** The names in the first line. No regular expression: a header may have millions of characters. */
function headerCells(text: string, separator: string): string[] {
  const cells: string[] = [];
  let isQuoted = false;
  let start = 0;
  const push = (end: number): void => {
    const cell = text.slice(start, end).trim();
    const isInQuotes = cell.length >= 2 && cell.startsWith('"') && cell.endsWith('"');
    cells.push((isInQuotes ? cell.slice(1, -1) : cell).replaceAll('""', '"'));
    start = end + 1;
  };
  let at = 0;
  for (; at < text.length; at++) {
    const char = text[at];
    if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (char === "\n" || char === "\r") break;
    else if (char === separator) push(at);
  }
  push(at);
  return cells;
}
