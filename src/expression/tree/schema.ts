import * as z from "zod";
import { dtypes } from "../../../dsl/tensor.js";
import { sizeProblem, treeSizeProblem } from "./size.js";
import {
  aggregateFunctions,
  arithmeticOps,
  compareOps,
  type ExpressionTree,
  numberFunctions,
  numberTests,
  scalarTypes,
  type ScalarType,
  stringTests,
  textOfNumber,
} from "./tree.js";
import { validateTree } from "./validate.js";
import { workProblem } from "./work.js";

const scalar = z.enum(scalarTypes);
const binder = z.number().int().nonnegative();
const size = z.number().int().nonnegative();
const boolean = z.literal("boolean");
const number = z.literal("number");

const read = z.strictObject({
  op: z.literal("read"),
  from: z.union([z.enum(["in", "out"]), z.strictObject({ model: z.string().min(1) })]),
  port: z.string(),
  dtype: z.enum(dtypes),
  shape: z.array(size.nullable()),
  at: z.array(z.union([size, z.strictObject({ binder })])),
  type: z.enum([...scalarTypes, "list"]),
  nullable: z.boolean(),
});

const constant = z
  .strictObject({ op: z.literal("constant"), type: scalar, value: z.union([z.boolean(), z.number(), z.string()]) })
  .refine((node) => isEncoded(node), "the value is not of the constant's type");

const node: z.ZodType<ExpressionTree> = z.lazy(() =>
  z.discriminatedUnion("op", [
    read,
    constant,
    z.strictObject({ op: z.literal("pick"), items: z.array(constant).min(1), binder, type: scalar }),
    z.strictObject({ op: z.literal("position"), binder, type: number }),
    z.strictObject({ op: z.literal("length"), list: read, type: number }),
    z.strictObject({ op: z.enum(arithmeticOps), left: node, right: node, type: z.enum(["number", "bigint"]) }),
    z.strictObject({ op: z.enum(compareOps), left: node, right: node, type: boolean }),
    z.strictObject({ op: z.literal("negate"), operand: node, type: z.enum(["number", "bigint"]) }),
    z.strictObject({ op: z.literal("!"), operand: node, type: boolean }),
    z.strictObject({ op: z.enum(["&&", "||"]), args: z.array(node).min(1), type: boolean }),
    z.strictObject({ op: z.literal("**"), left: node, right: node, type: number }),
    z.strictObject({ op: z.enum(["min", "max", "hypot"]), args: z.array(node).min(1), type: number }),
    z.strictObject({ op: z.enum(numberFunctions), operand: node, type: number }),
    z.strictObject({ op: z.literal("toNumber"), operand: node, type: number }),
    z.strictObject({ op: z.enum(numberTests), operand: node, type: boolean }),
    z.strictObject({ op: z.enum(stringTests), operand: node, text: z.string(), type: boolean }),
    z.strictObject({ op: z.literal("missing"), operand: node, type: boolean }),
    z.strictObject({ op: z.literal("??"), left: node, right: node, type: scalar }),
    z.strictObject({
      op: z.literal("conditional"),
      test: node,
      then: node,
      otherwise: node,
      type: scalar,
      nullable: z.boolean(),
    }),
    z.strictObject({ op: z.enum(["every", "some"]), list: read, binder, body: node, type: boolean }),
    z.strictObject({
      op: z.literal("aggregate"),
      fn: z.enum(aggregateFunctions),
      quantile: z.number().min(0).max(1).nullable(),
      body: node.nullable(),
      type: number,
    }),
  ]),
);

/** The schema of a typed tree. It checks depth and size first, without recursion; types, indexes and work last. */
const treeOver = (over: "row" | "rows") =>
  z
    .unknown()
    .superRefine((value, context) => {
      const problem = sizeProblem(value);
      if (problem !== null) context.addIssue({ code: "custom", message: problem });
    })
    .pipe(
      node.superRefine((tree, context) => {
        const problem = treeSizeProblem(tree) ?? validateTree(tree, over) ?? workProblem(tree);
        if (problem !== null) context.addIssue({ code: "custom", message: problem });
      }),
    );

/** The tree of a validation, over one row. */
export const expressionTree = treeOver("row");
/** The tree of an alert's condition, over the rows of its window. */
export const alertTree = treeOver("rows");

function isEncoded(node: { type: ScalarType; value: boolean | number | string }): boolean {
  switch (node.type) {
    case "bigint":
      return typeof node.value === "string" && /^-?\d+$/.test(node.value);
    case "number":
      return (
        typeof node.value === "number" || (typeof node.value === "string" && Object.hasOwn(textOfNumber, node.value))
      );
    default:
      return typeof node.value === node.type;
  }
}
