import { LambdaError } from "../../dsl/errors.js";
import type { TransformProblem } from "./transform.js";

/** One error with the texts of all problems of a file, and the code of the first. */
export function problemsError(problems: readonly TransformProblem[]): LambdaError {
  const code = (problems[0]?.code ?? "SL1053") as LambdaError["code"];
  return new LambdaError(code, problems.map(({ text }) => text).join("\n\n"));
}
