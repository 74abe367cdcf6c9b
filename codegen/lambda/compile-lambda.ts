import {
  type AlertExpression,
  compileAlert,
  compileExpression,
  type Expression,
} from "../../src/expression/compile.js";
import { TargetError } from "../../dsl/errors.js";
import { lookUpConstant } from "../../src/expression/typecheck/constants.js";
import type { Constants, Diagnostic } from "../../src/expression/surface/surface.js";
import { describeValue } from "../../src/util/format-value.js";
import { requireKnownOptions } from "../../src/util/options/known-options.js";
import { usablePorts, type Port } from "../models/signature.js";
import { globalValues } from "./lower/globals.js";
import { lowerLambda } from "./lower/lower.js";
import type { FreePath } from "./lower/context.js";
import { diagnosticAt, diagnosticForAll, refusals } from "./refusals.js";
import { parseLambda } from "./parse.js";

export interface CompileLambdaOptions {
  /**
   * The ports of `x.in`: the columns of the request, such as a signature's inputs. Ports that are not tensors are
   * ignored.
   */
  readonly inputs: readonly Port[];
  /** The ports of `x.out`. */
  readonly outputs: readonly Port[];
  /** The values of names that the lambda uses from outside: `{ LIMIT: 0.9, Limits: { max: 1 } }`. */
  readonly constants?: Constants;
  /**
   * A validation, which must hold for each row, or the condition of an alert over a window of rows. Default:
   * validation.
   */
  readonly kind?: "validation" | "alert";
  /** The output column of the expression in the targets' strings. */
  readonly name?: string;
  /**
   * The model with these inputs and outputs. The back-end `checks` needs its name and refuses the lambda without it.
   */
  readonly model?: string;
}

export interface CompiledLambda {
  readonly ok: boolean;
  /** The typed tree, a string for each back-end, and the reason if a back-end has none. Present if `ok`. */
  readonly expression?: Expression | AlertExpression;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Compiles the text of a lambda. Problems in the text are returned as diagnostics, not thrown.
 *
 * @param source an arrow function or a function expression, in JavaScript or TypeScript
 * @throws TargetError SL6011 for an option that is not valid
 * @example compileLambda("(x) => x.out.score < LIMIT", { inputs, outputs, constants: { LIMIT: 0.9 } })
 */
export function compileLambda(source: string, options: CompileLambdaOptions): CompiledLambda {
  if (typeof source !== "string")
    return failure([diagnosticForAll("", refusals.notAFunction("a value that is not a string"))]);
  requireKnownOptions("compileLambda()", options, ["inputs", "outputs", "constants", "kind", "name", "model"]);
  for (const name of ["inputs", "outputs"] as const)
    if (!Array.isArray(options[name]))
      throw new TargetError(
        "SL6011",
        `compileLambda(): the option '${name}' is ${describeValue(options[name])}; give a list of ports, such as those of readSignature()`,
        { option: name },
      );
  const text = source.replace(/;\s*$/, "");
  const parsed = parseLambda(text);
  if ("diagnostic" in parsed) return failure([parsed.diagnostic]);
  const lowered = lowerLambda(parsed.node, parsed.file);
  // Spans start at the function; the source may have spaces and parentheses before it.
  const shift = text.indexOf(lowered.source);
  const constants = options.constants ?? {};
  if (lowered.lambda === null) {
    const found = [...lowered.diagnostics, ...missingConstants(lowered.free, constants)].sort(
      (a, b) => a.start - b.start,
    );
    return failure(found.map((d) => shiftDiagnostic(d, shift)));
  }
  const inputs = usablePorts(options.inputs);
  const ends =
    options.model === undefined
      ? {}
      : { first: { name: options.model, columns: inputs.map((port) => port.name) }, last: options.model };
  const scope = { inputs, outputs: usablePorts(options.outputs), models: {}, ...ends };
  const column = options.name === undefined ? {} : { name: options.name };
  const compiled =
    options.kind === "alert"
      ? compileAlert(
          lowered.lambda,
          { scope, pipeline: "pipeline", name: "alert", overSeconds: 300, ...column },
          constants,
        )
      : compileExpression(lowered.lambda, scope, constants, column);
  if (!compiled.ok) return failure(compiled.diagnostics.map((d) => shiftDiagnostic(d, shift)));
  return { ok: true, expression: compiled.expression, diagnostics: [] };
}

/** Constants without a value. Type checking reports them too, but it does not run after a failed lowering. */
function missingConstants(free: readonly FreePath[], constants: Constants): Diagnostic[] {
  return free.flatMap(({ path, span: [start, end] }) => {
    const found = globalValues.has(path[0] ?? "") ? null : lookUpConstant(path, constants);
    return found?.kind === "refused" ? [diagnosticAt(found, start, end)] : [];
  });
}

const failure = (diagnostics: readonly Diagnostic[]): CompiledLambda => ({ ok: false, diagnostics });

const shiftDiagnostic = (diagnostic: Diagnostic, by: number): Diagnostic => ({
  ...diagnostic,
  start: diagnostic.start + by,
  end: diagnostic.end + by,
});
