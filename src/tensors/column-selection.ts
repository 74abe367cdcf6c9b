import { InputError } from "../../dsl/errors.js";
import type { DatasetOptions } from "../../dsl/deployment.js";

/** Which columns of a result are wanted, and whether their names stand flat. */
export interface Choice {
  /** `*`, groups and columns; null where nothing was chosen. */
  readonly dataset: readonly string[] | null;
  readonly exclude: readonly string[];
  /** Between group and name; null: groups are objects. */
  readonly separator: string | null;
  /** Let names pass that name nothing: where rows are taken in parts, a later part may lack a column. */
  readonly lenient?: boolean;
}

export const noChoice: Choice = { dataset: null, exclude: [], separator: null };

/** The names of the options. */
export const datasetOptions = ["dataset", "datasetExclude", "datasetSeparator"] as const;

/**
 * The dataset options of a call.
 *
 * @throws InputError SL5032 for an option of another type
 */
export function readChoice({ dataset, datasetExclude, datasetSeparator }: DatasetOptions): Choice {
  const separator: unknown = datasetSeparator;
  if (separator !== undefined && (typeof separator !== "string" || separator === "")) {
    throw new InputError("SL5032", `datasetSeparator is ${JSON.stringify(separator)}; give a text such as "."`, {
      option: "datasetSeparator",
    });
  }
  const names = (option: "dataset" | "datasetExclude", value: unknown): void => {
    if (value === undefined) return;
    const isList = Array.isArray(value) && value.every((entry) => typeof entry === "string" && entry !== "");
    if (isList && (value.length > 0 || option === "datasetExclude")) return;
    throw new InputError(
      "SL5032",
      `${option} is ${JSON.stringify(value)}; give a list of names, such as ["in", "out.risk"]`,
      { option },
    );
  };
  names("dataset", dataset);
  names("datasetExclude", datasetExclude);
  return { dataset: dataset ?? null, exclude: datasetExclude ?? [], separator: datasetSeparator ?? null };
}

/** Whether a choice can take columns of the group `metadata`. */
export function wantsMetadata({ dataset }: Choice): boolean {
  return dataset?.some((entry) => entry === "metadata" || entry.startsWith("metadata.")) ?? false;
}

/**
 * The wanted ones of some flat column names, in their order.
 *
 * @throws InputError SL5031 where an entry names nothing that is there
 */
export function chosenColumns(names: readonly string[], { dataset, exclude, lenient }: Choice): string[] {
  const wanted = dataset ?? ["*"];
  for (const entry of [...wanted, ...exclude]) {
    if (lenient !== true && !names.some((name) => covers(entry, name))) {
      throw new InputError(
        "SL5031",
        `the dataset names '${entry}', which the result has not: it has ${names.join(", ")}`,
        { entry, columns: names },
      );
    }
  }
  return names.filter(
    (name) => wanted.some((entry) => covers(entry, name)) && !exclude.some((entry) => covers(entry, name)),
  );
}

/** Metadata must be asked for by name. */
function covers(entry: string, name: string): boolean {
  return entry === "*" ? !name.startsWith("metadata.") : name === entry || name.startsWith(`${entry}.`);
}
