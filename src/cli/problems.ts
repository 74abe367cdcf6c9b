import type { CompileProblem } from "../../codegen/project/compile-project.js";
import { shown } from "./files.js";
import { paint, type Io } from "./io.js";

/** Problems as `--json` gives them: each with its place, where it has one. */
export function problemsFor(io: Io, problems: readonly CompileProblem[]) {
  return problems.map(({ code, message, file, place }) => ({
    code,
    ...(place ?? { file: shown(io.cwd, file) }),
    message,
  }));
}

/** Problems as people read them: all at once, in order of their files, and how many in how many files. */
export function tellProblems(io: Io, problems: readonly CompileProblem[], ending = ""): void {
  for (const { message } of problems) io.say(`${message}\n`);
  const files = new Set(problems.map(({ file, place }) => place?.file ?? shown(io.cwd, file))).size;
  const count = `${problems.length} ${problems.length === 1 ? "problem" : "problems"}`;
  io.note(paint(io, "red", `${count} in ${files} ${files === 1 ? "file" : "files"}${ending}`));
}
