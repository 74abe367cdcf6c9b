import { lowerLambda } from "../../codegen/lambda/lower/lower.js";
import { parseLambda } from "../../codegen/lambda/parse.js";
import type { Constants, SurfaceLambda } from "../../src/expression/surface/surface.js";

/** The surface tree of a lambda's text. */
export function lower(source: string): SurfaceLambda {
  const parsed = parseLambda(source);
  if ("diagnostic" in parsed) throw new SyntaxError(`${source}: ${parsed.diagnostic.message}`);
  const { lambda, diagnostics } = lowerLambda(parsed.node, parsed.file);
  if (lambda === null) throw new SyntaxError(`${source}: ${diagnostics.map((d) => d.message).join("; ")}`);
  return lambda;
}

/** The lambda as a JavaScript function. */
export function run(source: string, constants: Constants = {}): (row: unknown) => unknown {
  return new Function(...Object.keys(constants), `"use strict"; return (${source});`)(...Object.values(constants)) as (
    row: unknown,
  ) => unknown;
}
