import { PlatformError } from "../errors.js";

/** Which columns a request asks for. */
export interface Dataset {
  readonly dataset: readonly string[];
  readonly exclude: readonly string[];
  readonly separator: string;
}

/** Reads `dataset[]`, `dataset.exclude[]` and `dataset.separator`; keys repeat. Without them, all but metadata. */
export function readDataset(url: string): Dataset {
  const query = new URLSearchParams(url.split("?").slice(1).join("?"));
  const list = (key: string): string[] =>
    [...query.getAll(`${key}[]`), ...query.getAll(key)].filter((text) => text !== "");
  const dataset = list("dataset");
  const exclude = list("dataset.exclude");
  const separator = query.get("dataset.separator") ?? ".";
  if (separator.length > 10) throw new PlatformError(400, "dataset.separator has more than 10 characters");
  return { dataset: dataset.length === 0 ? ["*"] : dataset, exclude, separator: separator === "" ? "." : separator };
}

/** Whether metadata of the rows was asked for. */
export function asksMetadata({ dataset, exclude }: Dataset): boolean {
  return dataset.some((name) => name.split(".")[0] === "metadata") && !exclude.includes("metadata");
}
