import type { ErrorCode } from "./messages/error-codes.js";

export type { ErrorCode } from "./messages/error-codes.js";

/** One problem: a code, one line of text (what, where, what to do), and details for programs. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The base class of all errors that Shapeline throws. `code` is stable; `message` states what, where and what to do.
 */
export abstract class ShapelineError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
}

/** SL1xxx: a lambda that cannot be compiled. */
export class LambdaError extends ShapelineError {}

/** Edits that were not made. Their `step` is the index in the edit, not the index of a step with a problem. */
const failedEdits: readonly ErrorCode[] = ["SL2090", "SL2091"];

/**
 * The message of a problem with its step, unless the message already names it: `step 2: model 'head' …`. The compiler's
 * message at an edit has the same form.
 */
export function problemText({ code, message, details }: Problem): string {
  const step = details?.["step"];
  const namesStep =
    typeof step !== "number" || failedEdits.includes(code) || new RegExp(`\\bstep ${step}\\b`).test(message);
  return namesStep ? message : `step ${step}: ${message}`;
}

/** SL2xxx: a pipeline with problems. `problems` lists all of them. */
export class PipelineError extends ShapelineError {
  readonly problems: readonly Problem[];

  constructor(pipeline: string, problems: readonly Problem[]) {
    const first = problems[0];
    const text =
      problems.length === 1 && first !== undefined
        ? `pipeline '${pipeline}': ${problemText(first)}`
        : `pipeline '${pipeline}' has ${problems.length} problems:\n${problems.map((p) => `  ${p.code} ${problemText(p)}`).join("\n")}`;
    super(problems.length === 1 && first !== undefined ? first.code : "SL2000", text, { pipeline });
    this.problems = problems;
  }
}

/** SL3xxx: a model file or handle that cannot be used. */
export class ModelError extends ShapelineError {}

/** SL4xxx: a config that is not valid. */
export class ConfigError extends ShapelineError {}

/** SL5xxx: rows that do not fit the pipeline's inputs. */
export class InputError extends ShapelineError {}

/** SL6xxx: a target that cannot deploy, find or run a pipeline. */
export class TargetError extends ShapelineError {}

/** SL7xxx: a data folder that cannot be read or written. */
export class StorageError extends ShapelineError {}
