import type { ErrorCode } from "../../dsl/errors.js";
import type { Config } from "../../src/config/schema.js";
import type { ProblemPlace } from "../lambda/diagnostics.js";

export interface CompileResult {
  readonly configs: CompiledConfig[];
  readonly problems: CompileProblem[];
  /**
   * Absolute paths of what was read of the project: pipeline files, what they import, tsconfig files, package.json and
   * lock files, and the files of linked packages. A change of one may change the result. After problems too.
   */
  readonly inputs: readonly string[];
}

export interface CompiledConfig {
  /** The source file. */
  readonly file: string;
  readonly config: Config;
  /** The file the config belongs in. Compiling does not write it. */
  readonly path: string;
  /** The config as JSON text, the content for `path`. */
  readonly text: string;
  /** Whether the file at `path` is missing or has other content. */
  readonly changed: boolean;
}

export interface CompileProblem {
  readonly code: ErrorCode;
  readonly file: string;
  /** The text for people: place, code frame and hint included. */
  readonly message: string;
  /** Where in the source, if the problem is in a lambda. */
  readonly place?: ProblemPlace;
}
