import { displayPath } from "../../util/display-path.js";
import type { CompileProblem } from "../../../codegen/project/compile-result.js";
import { counted } from "../../util/quantities/counted.js";
import { colorize, errorLines, messageLines, type Io } from "./io.js";

/** The problems for `--json`, each with its position if known. */
export function problemsToJson(io: Io, problems: readonly CompileProblem[]) {
  return problems.map(({ code, message, file, place }) => ({
    code,
    ...(place ?? { file: displayPath(io.cwd, file) }),
    message,
  }));
}

/** Prints all problems and their count. */
export function printProblems(io: Io, problems: readonly CompileProblem[], ending = ""): void {
  for (const problem of problems) io.print(...problemLines(io, problem), "");
  const files = new Set(problems.map(({ file, place }) => place?.file ?? displayPath(io.cwd, file))).size;
  io.printStderr(colorize(io, "red", `${counted(problems.length, "problem")} in ${counted(files, "file")}${ending}`));
}

/** The text of a problem in a lambda starts with its place; that of most others does not name the file. */
function problemLines(io: Io, { code, message, file, place }: CompileProblem): string[] {
  if (place !== undefined) return messageLines(message);
  const [first = "", ...rest] = errorLines(io, { code, message });
  const shown = displayPath(io.cwd, file);
  return [message.includes(shown) ? first : `${colorize(io, "bold", shown)} - ${first}`, ...rest];
}
