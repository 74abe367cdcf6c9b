// Compiles a project once, in a process of its own, for `compileInProcess`.
import { ShapelineError } from "../../dsl/errors.js";
import { compileProject, type CompileProjectOptions } from "./compile-project.js";
import type { JobAnswer } from "./compile-in-process.js";

/** The answer is sent completely before the process ends: the project's files may have left timers and connections. */
function answer(message: JobAnswer): void {
  process.send?.(message, () => process.exit());
}

process.once("message", (options: CompileProjectOptions) => {
  compileProject(options).then(
    (result) => answer({ result }),
    (error: unknown) => {
      if (!(error instanceof ShapelineError)) throw error;
      const { code, message, details } = error;
      answer({ error: { code, message, details: JSON.parse(JSON.stringify(details)) as ShapelineError["details"] } });
    },
  );
});
process.once("disconnect", () => process.exit());
