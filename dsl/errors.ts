import type { ErrorCode } from "./messages/error-codes.js";

export type { ErrorCode } from "./messages/error-codes.js";

/** One thing that is wrong: a code, one line of text (what, where, what to do), and where a program finds it. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The root of every error Shapeline throws on purpose. `code` is stable; `message` says what, where and what to do. */
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

/** Not made, and so no step of the pipeline: an edit by an index that is not there, and one that adds no step. */
const notMade: readonly ErrorCode[] = ["SL2090", "SL2091"];

/** A problem in words, with the step that it stands at: `step 2: model 'head' …`, as the compiler says at an edit that breaks a later step. */
export function problemText({ code, message, details }: Problem): string {
  const step = details?.["step"];
  const isSaid = typeof step !== "number" || notMade.includes(code) || new RegExp(`\\bstep ${step}\\b`).test(message);
  return isSaid ? message : `step ${step}: ${message}`;
}

/** SL2xxx: a pipeline that does not fit together. `problems` lists all of them. */
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

/** SL4xxx: a config that is not what `build()` wrote. */
export class ConfigError extends ShapelineError {}

/** SL5xxx: rows that the pipeline does not take. */
export class InputError extends ShapelineError {}

/** SL6xxx: a target that cannot deploy, find or run a pipeline. */
export class TargetError extends ShapelineError {}

/** SL7xxx: a data folder that cannot be read or written. */
export class StorageError extends ShapelineError {}
