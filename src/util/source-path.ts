import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ModelError } from "../../dsl/errors.js";

/** Whether a source is a metadata URL rather than a path. */
export function isUrl(source: string): boolean {
  return /^https?:\/\//i.test(source);
}

/**
 * Refuses addresses of other kinds, which would be taken for paths.
 *
 * @throws ModelError SL3000
 */
export function requirePathOrUrl(source: string): void {
  if (!/^[a-z][a-z\d+.-]+:\/\//i.test(source) || isUrl(source)) return;
  const what = /^file:\/\//i.test(source)
    ? `give its path${pathOf(source)}.`
    : "only http: and https: are asked, for what a server says of a model. Download the file and give its path.";
  throw new ModelError("SL3000", `cannot read model file '${source}': ${what}`, { file: source });
}

function pathOf(url: string): string {
  try {
    return `: '${fileURLToPath(url)}'`;
  } catch {
    return "";
  }
}

/** A source as people want to see it: relative where it is below the folder. */
export function shownSource(source: string, folder: string): string {
  if (isUrl(source)) return source;
  const short = relative(folder, source);
  return short === "" || short.startsWith("..") ? source : short;
}
