import { resolve } from "node:path";
import { TargetError } from "../../../dsl/errors.js";
import { urlProblem } from "../../util/files/url-problem.js";
import type { Io } from "../output/io.js";

/**
 * The absolute path of an option's or argument's value.
 *
 * @param option as the user writes it, such as `--out`
 * @throws TargetError SL6011 if the value is empty or a URL
 */
export function resolvePath({ cwd }: Pick<Io, "cwd">, option: string, path: string): string {
  const problem = path === "" ? "is empty; give a path" : urlProblem(path);
  if (problem === null) return resolve(cwd, path);
  throw new TargetError("SL6011", `${option} '${path}' ${problem}`, { option });
}
