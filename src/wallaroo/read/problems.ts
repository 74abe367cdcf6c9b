import type { ErrorCode } from "../../../dsl/messages/error-codes.js";
import type { DefinitionProblem } from "../platform.js";

/** Collects what cannot be read. A reader that reports a problem returns null. */
export class Problems {
  readonly all: DefinitionProblem[] = [];

  report(code: ErrorCode, path: string, message: string): null {
    this.all.push({ code, path, message });
    return null;
  }
}
