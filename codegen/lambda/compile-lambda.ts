import {
  type AlertExpression,
  compileAlert,
  compileExpression,
  type Expression,
} from "../../src/expression/compile.js";
import { lookUpConstant } from "../../src/expression/typecheck/constants.js";
import type { Constants, Diagnostic } from "../../src/expression/surface/surface.js";
import { usablePorts, type Port } from "../models/signature.js";
import { globalValues } from "./lower/globals.js";
import { lowerLambda } from "./lower/lower.js";
import type { FreePath } from "./lower/context.js";
import { refusals } from "./refusals.js";
import { diagnosticAt, parseLambda, diagnosticForAll } from "./parse.js";

export interface CompileLambdaOptions {
  /** What `x.in` holds: the columns of the request, such as a signature's inputs. Ports that are no tensors are not there. */
  readonly inputs: readonly Port[];
  /** What `x.out` holds. */
  readonly outputs: readonly Port[];
  /** Values of the names that the lambda takes from outside: `{ LIMIT: 0.9, Limits: { max: 1 } }`. */
  readonly constants?: Constants;
  /** Whether the lambda states what holds for a row, or is the condition of an alert over the rows of a window; a validation unless given. */
  readonly kind?: "validation" | "alert";
  /** The column that the expression's value gets in the targets' strings. */
  readonly name?: string;
  /** The model that takes the inputs and gives the outputs: `checks` names it in its text, and refuses the lambda without. */
  readonly model?: string;
}

export interface CompiledLambda {
  readonly ok: boolean;
  /** The typed tree, one string for each back-end, and why a back-end has none. There when `ok`. */
  readonly expression?: Expression | AlertExpression;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Compiles the text of one lambda. Bad text is answered with diagnostics, never thrown.
 *
 * @param source an arrow function or a function expression, in JavaScript or TypeScript
 * @example compileLambda("(x) => x.out.score < LIMIT", { inputs, outputs, constants: { LIMIT: 0.9 } })
 */
export function compileLambda(source: string, options: CompileLambdaOptions): CompiledLambda {
  if (typeof source !== "string")
    return failed([diagnosticForAll("", refusals.notAFunction("a value that is not a string"))]);
  const text = source.replace(/;\s*$/, "");
  const parsed = parseLambda(text);
  if ("diagnostic" in parsed) return failed([shiftDiagnostic(parsed.diagnostic, 0)]);
  const lowered = lowerLambda(parsed.node, parsed.file);
  // The parser's text has one character before the author's, and the author may have blanks and parentheses around the lambda.
  const shift = text.indexOf(lowered.source);
  const constants = options.constants ?? {};
  if (lowered.lambda === null) {
    const found = [...lowered.diagnostics, ...missingConstants(lowered.free, constants)].sort(
      (a, b) => a.start - b.start,
    );
    return failed(found.map((d) => shiftDiagnostic(d, shift)));
  }
  const inputs = usablePorts(options.inputs);
  const of =
    options.model === undefined
      ? {}
      : { first: { name: options.model, columns: inputs.map((port) => port.name) }, last: options.model };
  const scope = { inputs, outputs: usablePorts(options.outputs), models: {}, ...of };
  const named = options.name === undefined ? {} : { name: options.name };
  const compiled =
    options.kind === "alert"
      ? compileAlert(
          lowered.lambda,
          { scope, pipeline: "pipeline", name: "alert", overSeconds: 300, ...named },
          constants,
        )
      : compileExpression(lowered.lambda, scope, constants, named);
  if (!compiled.ok) return failed(compiled.diagnostics.map((d) => shiftDiagnostic(d, shift)));
  return { ok: true, expression: compiled.expression, diagnostics: [] };
}

/** The typing stage says this where it is reached; where it is not, all findings still come at once. */
function missingConstants(free: readonly FreePath[], constants: Constants): Diagnostic[] {
  return free.flatMap(({ path, span: [start, end] }) => {
    const found = globalValues.has(path[0] ?? "") ? null : lookUpConstant(path, constants);
    return found?.kind === "refused" ? [diagnosticAt(found, start, end)] : [];
  });
}

const failed = (diagnostics: readonly Diagnostic[]): CompiledLambda => ({ ok: false, diagnostics });

const shiftDiagnostic = (diagnostic: Diagnostic, by: number): Diagnostic => ({
  ...diagnostic,
  start: diagnostic.start + by,
  end: diagnostic.end + by,
});
