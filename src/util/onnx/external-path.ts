import { realpath, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { unusable } from "./external-data.js";

/**
 * The real path of a data file: beside the model, never in the working folder. Symbolic links are followed, because
 * some download caches consist of them, but not out of the model's folder.
 *
 * @param file path of the model
 * @param location the data file, as the model names it
 * @throws ModelError SL3018 if the location leaves the model's folder, or if there is no such regular file
 */
export async function externalPath(file: string, location: string): Promise<string> {
  const folder = dirname(resolve(file));
  const isRelative = !/^(?:[\\/]|[a-z]:)/i.test(location);
  if (location === "" || !isRelative || location.split(/[\\/]/).includes(".."))
    throw unusable(file, location, "which is outside its folder. Export it again with its data files beside it.");
  if (/\p{Cc}/u.test(location)) throw unusable(file, location, "which is no name of a file. Export it again.");
  const path = join(folder, location);
  let real: string;
  let folders: readonly string[];
  try {
    real = await realpath(path);
    folders = [await realpath(folder), dirname(await realpath(file))];
  } catch (cause) {
    const missing = unusable(file, location, `and there is no such file beside it. Copy '${path}' there, too.`);
    throw Object.assign(missing, { cause });
  }
  if (!folders.some((own) => real.startsWith(own.endsWith(sep) ? own : own + sep)))
    throw unusable(file, location, "a link to a file outside its folder. Copy the file itself there.");
  // Opening a pipe or a device may wait for ever.
  if (!(await stat(real)).isFile())
    throw unusable(file, location, "which is no regular file. Copy the file itself there.");
  return real;
}
