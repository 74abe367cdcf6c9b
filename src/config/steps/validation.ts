import * as z from "zod";
import { printReadable } from "../../expression/tree/print.js";
import type { ExpressionTree } from "../../expression/tree/tree.js";
import { quote } from "../chain-text.js";
import { expressionSchema, nameSchema } from "../schema-parts.js";
import { storedLambda } from "../rebuild/stored-lambda.js";
import { configStepKind } from "./step-kind.js";

const schema = z.strictObject({
  kind: z.literal("validation"),
  name: nameSchema,
  source: z.string(),
  expression: expressionSchema,
});

export const validationKind = configStepKind(schema, {
  fromBuilder(step, lambdas) {
    const compiled = lambdas.validation(step);
    return compiled && { kind: "validation", name: step.name, ...compiled };
  },
  addTo: (pipeline, step) => pipeline.validate(step.name, storedLambda(step)),
  callText: ({ name, expression }) => `validate(${quote(name)}, ${decompileLambda(expression.tree)})`,
});

/**
 * A lambda for a typed tree, in TypeScript. It compiles back to the same tree if any lambda compiles to that tree.
 *
 * @example decompileLambda(tree) // "x => !(x.out.dense_1[0] > 0.9)"
 */
export function decompileLambda(tree: ExpressionTree): string {
  return `x => ${printReadable(tree)}`;
}
