import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ShapelineError } from "../../dsl/errors.js";
import type { CompileProjectOptions } from "./compile-project.js";
import type { CompileResult } from "./compile-result.js";
import { ProjectError } from "./errors.js";

/** What `compile-job.ts` answers. */
export type JobAnswer =
  { readonly result: CompileResult } | { readonly error: Pick<ShapelineError, "code" | "message" | "details"> };

/**
 * Runs `compileProject` in a process of its own. Node loads a package once in a process, and pipeline files may leave
 * timers behind: a process that compiles again and again would use old code and grow. What the files print goes to
 * standard error.
 *
 * @param signal ends the process
 * @returns null if the signal ended it
 * @throws what `compileProject` throws; ProjectError SL2909 if the process ends before it is done
 */
export async function compileInProcess(
  options: CompileProjectOptions,
  signal: AbortSignal,
): Promise<CompileResult | null> {
  const job = fork(fileURLToPath(new URL("./compile-job.js", import.meta.url)), {
    stdio: ["ignore", 2, 2, "ipc"],
    // Ctrl-C reaches the whole group: the watching process decides what ends when.
    detached: process.platform !== "win32",
  });
  const end = (): void => void job.kill();
  signal.addEventListener("abort", end, { once: true });
  try {
    const answer = await new Promise<JobAnswer | null>((resolve, reject) => {
      job.once("message", (message) => resolve(message as JobAnswer));
      job.once("error", reject);
      job.once("exit", () => resolve(null));
      job.send(options);
    });
    if (answer === null && signal.aborted) return null;
    if (answer === null)
      throw new ProjectError(
        "SL2909",
        "a pipeline file, or one of its imports, ended the process before its pipelines were compiled",
        {},
      );
    if ("error" in answer) throw new ProjectError(answer.error.code, answer.error.message, answer.error.details);
    return answer.result;
  } finally {
    signal.removeEventListener("abort", end);
  }
}
