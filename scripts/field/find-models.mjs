import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";

const megabyte = 1024 * 1024;
const sizeLimit = 150 * megabyte;

/**
 * The ONNX files of the packages, each once: `also` names the further packages that ship the same file.
 *
 * @returns a list of { name, file, also }; `name` is "<package>/<path>"
 */
export function findModels(packages) {
  const bySha = new Map();
  for (const { name, folder, skip } of packages) {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".onnx"))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .sort();
    for (const file of files) {
      const path = relative(folder, file).split(sep).join("/");
      if (skip?.files.test(path) || statSync(file).size > sizeLimit) continue;
      const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
      const known = bySha.get(sha256);
      if (known === undefined) bySha.set(sha256, { name: `${name}/${path}`, file, also: [] });
      else if (!known.name.startsWith(`${name}/`)) known.also.push(name);
    }
  }
  return [...bySha.values()];
}
