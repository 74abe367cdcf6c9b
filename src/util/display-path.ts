import { relative } from "node:path";

/** A path for output: relative if it is inside the folder, else unchanged. */
export function displayPath(folder: string, path: string): string {
  const short = relative(folder, path);
  return short === "" ? "." : short.startsWith("..") ? path : short;
}
