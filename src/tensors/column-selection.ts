import { InputError } from "../../dsl/errors.js";
import type { DatasetOptions } from "../../dsl/deployment.js";

/** Selects columns of a result, and whether their names are flat. */
export interface ColumnSelection {
  /** `*`, groups and columns; null if nothing was selected. */
  readonly dataset: readonly string[] | null;
  readonly exclude: readonly string[];
  /** Joins group and name; null: groups are objects. */
  readonly separator: string | null;
  /** Allows names of columns that do not exist: if rows are read in parts, a later part may lack a column. */
  readonly lenient?: boolean;
  /** Values of ports are `{ data, shape }` in place of nested lists. */
  readonly typed?: boolean;
}

/** All columns except metadata, in groups. */
export const allColumns: ColumnSelection = { dataset: null, exclude: [], separator: null };

export const datasetOptionNames = ["dataset", "datasetExclude", "datasetSeparator"] as const;

/**
 * Parses the dataset options of a call.
 *
 * @throws InputError SL5032 for an option of a wrong type
 */
export function parseColumnSelection({ dataset, datasetExclude, datasetSeparator }: DatasetOptions): ColumnSelection {
  const separator: unknown = datasetSeparator;
  if (separator !== undefined && (typeof separator !== "string" || separator === "")) {
    throw new InputError("SL5032", `datasetSeparator is ${JSON.stringify(separator)}; give a text such as "."`, {
      option: "datasetSeparator",
    });
  }
  const checkNames = (option: "dataset" | "datasetExclude", value: unknown): void => {
    if (value === undefined) return;
    const isList = Array.isArray(value) && value.every((entry) => typeof entry === "string" && entry !== "");
    if (isList && (value.length > 0 || option === "datasetExclude")) return;
    throw new InputError(
      "SL5032",
      `${option} is ${JSON.stringify(value)}; give a list of names, such as ["in", "out.risk"]`,
      { option },
    );
  };
  checkNames("dataset", dataset);
  checkNames("datasetExclude", datasetExclude);
  return { dataset: dataset ?? null, exclude: datasetExclude ?? [], separator: datasetSeparator ?? null };
}

/** Whether a selection can include columns of the group `metadata`. */
export function selectsMetadata({ dataset }: ColumnSelection): boolean {
  return dataset?.some((entry) => entry === "metadata" || entry.startsWith("metadata.")) ?? false;
}

/** Whether a selection can include inputs. */
export function selectsInputs({ dataset, exclude }: ColumnSelection): boolean {
  const isNamed = dataset?.some((entry) => entry === "*" || entry === "in" || entry.startsWith("in.")) ?? true;
  return isNamed && !exclude.includes("in") && !exclude.includes("*");
}

/**
 * Filters flat column names, in their order.
 *
 * @throws InputError SL5031 if an entry names a column that does not exist
 */
export function selectColumns(names: readonly string[], { dataset, exclude, lenient }: ColumnSelection): string[] {
  const included = dataset ?? ["*"];
  for (const entry of [...included, ...exclude]) {
    if (lenient !== true && !names.some((name) => covers(entry, name))) {
      throw new InputError(
        "SL5031",
        `the dataset names '${entry}', which the result has not: it has ${names.join(", ")}`,
        { entry, columns: names },
      );
    }
  }
  return names.filter(
    (name) => included.some((entry) => covers(entry, name)) && !exclude.some((entry) => covers(entry, name)),
  );
}

/** `*` does not include metadata, which must be named. */
function covers(entry: string, name: string): boolean {
  return entry === "*" ? !name.startsWith("metadata.") : name === entry || name.startsWith(`${entry}.`);
}
