import { diagnosticForAll, refusals } from "./refusals.js";
import type { ReadLambda } from "./read-function.js";

/**
 * Takes the place of `readLambda` in bundles, which contain no parser: refuses each lambda that has no compiled form.
 */
export function readLambda(fn: (...args: never[]) => unknown): ReadLambda {
  const source = typeof fn === "function" ? Function.prototype.toString.call(fn) : "";
  const refusal = typeof fn === "function" ? refusals.uncompiled() : refusals.notAFunction("this value");
  return { lambda: null, diagnostics: [diagnosticForAll(source, refusal)], source, location: null };
}
