import { InputError } from "../../dsl/errors.js";
import type { Port } from "../../dsl/tensor.js";
import { bounds, exceeded } from "../util/bounds.js";
import { nearestName } from "../util/did-you-mean.js";
import { joinNames } from "../util/join-names.js";
import type { WantedRows } from "./wanted-rows.js";

/** Which columns of a file are the pipeline's inputs. */
export interface ChosenColumns {
  /** The place of each input's column among the file's, in the order of the inputs. */
  readonly columns: readonly InputColumns[];
  /** The names of the columns that are left out. */
  readonly ignored: readonly string[];
  /** Whether the file is an exported log. */
  readonly exported: boolean;
}

/** One input: in one column, or with one column for each element of a row. */
export type InputColumns =
  | { readonly kind: "one"; readonly port: Port; readonly at: number }
  | { readonly kind: "elements"; readonly port: Port; readonly at: readonly number[] };

/** Columns of an exported log that are not below a group. */
const logColumns: ReadonlySet<string> = new Set(["time", "check_failures"]);

/** The columns in which pandas stores its index, and the unnamed one of its CSV files. */
const isPandasIndex = (name: string, at: number): boolean =>
  /^__index_level_\d+__$/.test(name) || (name === "" && at === 0);

/**
 * Finds the inputs among a file's columns: by name; as `in.<name>` in an exported log; or with one column per element,
 * `<name>_0`, `<name>_1` and so on, where `elements` allows it.
 *
 * @throws InputError SL5003 if one is missing, SL5004 for a column that is none, SL5034 if there are two ways
 */
export function chooseColumns(
  names: readonly string[],
  { pipeline, inputs, ignoreUnknown }: WantedRows,
  file: string,
): ChosenColumns {
  const details = { file };
  if (names.length > bounds.fileColumns.limit)
    throw new InputError("SL5033", `'${file}': ${exceeded(bounds.fileColumns, names.length)}`, details);
  const places = new ColumnPlaces(names);
  const exported = isExported(names, inputs);
  const direct = inputs.filter(({ name }) => places.has(name) && !logColumns.has(name));
  if (exported && direct.length > 0) {
    const name = direct[0]?.name ?? "";
    throw new InputError(
      "SL5034",
      `'${file}' has the columns '${name}' and 'in.${name}', and both may be the input '${name}'; remove one of them from the file`,
      details,
    );
  }
  const used = new Set<number>();
  const columns = inputs.map((port): InputColumns => {
    const name = exported ? `in.${port.name}` : port.name;
    const at = places.first(name);
    if (at < 0) {
      const elements = elementColumns(places, port, file);
      for (const column of elements) used.add(column);
      return { kind: "elements", port, at: elements };
    }
    if (places.isTwice(name))
      throw new InputError("SL5034", `'${file}' has two columns '${name}'; remove or rename one of them`, details);
    used.add(at);
    return { kind: "one", port, at };
  });
  const missing = columns.find((column) => column.kind === "elements" && column.at.length === 0)?.port;
  const others = names.filter((_, at) => !used.has(at));
  if (missing !== undefined) {
    const found =
      others.length === 0 ? "" : `; found ${joinNames(others.map(shortened))}${renaming(missing.name, others)}`;
    throw new InputError("SL5003", `'${file}': input '${missing.name}' of pipeline '${pipeline}' is missing${found}`, {
      ...details,
      input: missing.name,
    });
  }
  const unknown = names.find((name, at) => !used.has(at) && !isPandasIndex(name, at));
  if (unknown !== undefined && !exported && !ignoreUnknown) {
    throw new InputError(
      "SL5004",
      `'${file}': pipeline '${pipeline}' has no input '${shortened(unknown)}'; its inputs are ${joinNames(inputs.map(({ name }) => name))}; remove the column, or leave out all unknown ones with ignoreUnknown: true (--ignore-unknown)`,
      { ...details, column: unknown },
    );
  }
  return { columns, ignored: others, exported };
}

/** Whether the columns are those of an exported log that holds all inputs. */
export function isExported(names: readonly string[], inputs: readonly Port[]): boolean {
  const known = new Set(names);
  return inputs.length > 0 && inputs.every(({ name }) => known.has(`in.${name}`));
}

/** Where each name stands: a file may have very many columns. */
class ColumnPlaces {
  readonly #first = new Map<string, number>();
  readonly #twice = new Set<string>();

  constructor(names: readonly string[]) {
    for (const [at, name] of names.entries()) {
      if (this.#first.has(name)) this.#twice.add(name);
      else this.#first.set(name, at);
    }
  }

  has(name: string): boolean {
    return this.#first.has(name);
  }

  /** The first column of that name; -1 if there is none. */
  first(name: string): number {
    return this.#first.get(name) ?? -1;
  }

  isTwice(name: string): boolean {
    return this.#twice.has(name);
  }
}

/** `; rename 'Count' to 'count' if it is meant`, if a column of the file has nearly the input's name; else nothing. */
function renaming(input: string, columns: readonly string[]): string {
  const near = nearestName(input, columns);
  return near === null ? "" : `; rename '${shortened(near)}' to '${input}' if it is meant`;
}

/** A name for a message: in a file it may have any length. */
function shortened(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name;
}

/** `features_0`, `features.0` or `features[0]`. */
const elementNames = [
  (name: string, i: number) => `${name}_${i}`,
  (name: string, i: number) => `${name}.${i}`,
  (name: string, i: number) => `${name}[${i}]`,
];

/** The columns of a port's elements, from 0 on without a gap; none if there is no column 0. */
function elementColumns(places: ColumnPlaces, port: Port, file: string): number[] {
  const details = { file, input: port.name };
  const styles = elementNames.filter((nameOf) => places.has(nameOf(port.name, 0)));
  const [nameOf, other] = styles;
  if (nameOf === undefined) return [];
  if (other !== undefined) {
    throw new InputError(
      "SL5034",
      `'${file}' has the columns '${nameOf(port.name, 0)}' and '${other(port.name, 0)}', and both may be elements of the input '${port.name}'; remove one of them`,
      details,
    );
  }
  const columns: number[] = [];
  for (let i = 0; ; i++) {
    const name = nameOf(port.name, i);
    const at = places.first(name);
    if (at < 0) break;
    if (places.isTwice(name))
      throw new InputError("SL5034", `'${file}' has two columns '${name}'; remove or rename one of them`, details);
    columns.push(at);
  }
  const [size, ...more] = (port.shape ?? []).filter((dim) => dim !== "batch");
  const isList = port.shape !== null && size !== undefined && more.length === 0;
  if (isList && (typeof size !== "number" || size === columns.length)) return columns;
  const found = `'${nameOf(port.name, 0)}' to '${nameOf(port.name, columns.length - 1)}'`;
  const shape = port.shape === null ? "" : `[${port.shape.map((dim) => dim ?? "?").join(", ")}]`;
  throw new InputError(
    isList ? "SL5007" : "SL5008",
    `'${file}': the columns ${found} hold ${columns.length} elements a row, the input '${port.name}' takes ${port.dtype}${shape}; give one column '${port.name}' with lists, in CSV as JSON text: "[1, 2, 3]"`,
    details,
  );
}
