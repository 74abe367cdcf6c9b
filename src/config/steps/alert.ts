import * as z from "zod";
import { secondsIn } from "../../../dsl/index.js";
import { printReadable } from "../../expression/tree/print.js";
import { alertTree } from "../../expression/tree/schema.js";
import { quote } from "../chain-text.js";
import { expressionSchema, nameSchema } from "../schema-parts.js";
import { storedLambda } from "../rebuild/stored-lambda.js";
import { configStepKind } from "./step-kind.js";

const maxSeconds = 30 * 86_400;

/** A condition over the rows of the last `overSeconds`. The alert fires once it has held for `forSeconds`. */
const schema = z.strictObject({
  kind: z.literal("alert"),
  name: nameSchema,
  source: z.string(),
  overSeconds: z.number().int().min(1).max(maxSeconds),
  forSeconds: z.number().int().min(0).max(maxSeconds),
  expression: expressionSchema.omit({ kept: true }).extend({ tree: alertTree }),
});

export const alertKind = configStepKind(schema, {
  fromBuilder(step, lambdas) {
    const overSeconds = secondsIn(step.over);
    const forSeconds = step.for === null ? 0 : secondsIn(step.for);
    // With a wrong duration the lambda is still compiled, so that its problems are reported in the same run.
    const compiled = lambdas.alert(step, overSeconds ?? 1);
    if (compiled === null || overSeconds === null || forSeconds === null) return null;
    const { source, expression } = compiled;
    return { kind: "alert", name: step.name, source, overSeconds, forSeconds, expression };
  },
  addTo: (pipeline, step) =>
    pipeline.alert(step.name, storedLambda(step), {
      over: `${step.overSeconds}s`,
      ...(step.forSeconds === 0 ? {} : { for: `${step.forSeconds}s` }),
    }),
  callText({ name, expression, overSeconds, forSeconds }) {
    const options = `{ over: "${overSeconds}s"${forSeconds === 0 ? "" : `, for: "${forSeconds}s"`} }`;
    return `alert(${quote(name)}, all => ${printReadable(expression.tree)}, ${options})`;
  },
});
