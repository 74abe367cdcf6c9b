import { InputError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";

const separators: Readonly<Record<string, string>> = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" };

/**
 * Finds the separator of a CSV text in its header: the only one that occurs there, or the only one that gives the
 * pipeline's inputs as columns. A header without any has one column.
 *
 * @throws InputError SL5034 if there are several
 */
export function detectSeparator(text: string, inputs: readonly Port[], file: string): string {
  const header = (/^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text) ?? [""])[0];
  const parts = (separator: string): string[] => {
    const escaped = separator === "|" ? "\\|" : separator;
    return (header.match(new RegExp(`(?:"(?:[^"]|"")*"|[^"${escaped}])+`, "g")) ?? []).map((cell) =>
      cell
        .trim()
        .replace(/^"(.*)"$/s, "$1")
        .replaceAll('""', '"'),
    );
  };
  const found = Object.keys(separators).filter((separator) =>
    header.replace(/"(?:[^"]|"")*"/g, "").includes(separator),
  );
  if (found.length <= 1) return found[0] ?? ",";
  const fitting = found.filter((separator) => {
    const names = parts(separator);
    return inputs.every(({ name }) =>
      [name, `in.${name}`, `${name}_0`, `${name}.0`, `${name}[0]`].some((n) => names.includes(n)),
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
