import { rowShape } from "../../../dsl/rows.js";
import { didYouMean } from "../../util/did-you-mean.js";
import type { Surface } from "../surface/surface.js";
import { callStringTest } from "../tree/builders.js";
import { type ExpressionTree, isConstant, isNullable, stringTests } from "../tree/tree.js";
import { resolveAggregate } from "./aggregates.js";
import type { Context } from "./context.js";
import { listMethods } from "./list-methods.js";
import { type Locals, type Resolved, valueOfNode } from "./resolved.js";
import { withArticle } from "./type-names.js";
import { scalarOf } from "./values.js";

type MethodNode = Extract<Surface, { kind: "method" }>;

/** The methods a lambda may call. */
const methods: readonly string[] = ["every", "some", "includes", "indexOf", "reduce", "at", "startsWith", "endsWith"];

/** `object.name(…)`. */
export function resolveMethod(node: MethodNode, locals: Locals | null, context: Context): Resolved {
  const { reporter } = context;
  const owner = context.resolve(node.object, locals);
  const args = node.args.map((arg) => context.resolve(arg, locals));
  if (owner === null || args.includes(null)) return null;
  if (owner.kind === "rows") return resolveAggregate(node, args, context);
  if (!methods.includes(node.name)) {
    const hint = methodHints[node.name];
    const near = hint === undefined ? didYouMean(node.name, methods) : "";
    return reporter.report(
      "SL1115",
      node.span,
      `'${node.name}' is not a method a lambda may call${near}`,
      hint ??
        "lists have every, some, includes, indexOf, reduce and at; strings have startsWith, endsWith and includes",
    );
  }
  const value = owner.kind === "ports" ? loneText(node, owner, context) : owner.kind === "value" ? owner.node : null;
  if (value !== null && value.type !== "list") return stringMethod(node, value, args, context);
  if (node.name in listMethods) return listMethods[node.name as keyof typeof listMethods](node, owner, args, context);
  return reporter.report(
    "SL1115",
    node.span,
    `a list has no '${node.name}'`,
    "strings have startsWith and endsWith; take one element with [i]",
  );
}

/** The text of a lone port that is left out, as in `x.out.startsWith("a")`; null for other ports. */
function loneText(
  node: MethodNode,
  owner: Extract<Resolved, { kind: "ports" }>,
  context: Context,
): ExpressionTree | null {
  const [port, ...more] = owner.ports;
  if (port?.dtype !== "string" || more.length > 0 || rowShape(port.shape)?.some((size) => size !== 1) !== false)
    return null;
  return scalarOf(node.object, owner, context);
}

function stringMethod(node: MethodNode, owner: ExpressionTree, args: readonly Resolved[], context: Context): Resolved {
  const { reporter } = context;
  const object = reporter.text(node.object);
  const name = stringTests.find((test) => test === node.name);
  if (owner.type !== "string" || name === undefined) {
    return reporter.report(
      "SL1108",
      node.span,
      `'${object}' is ${withArticle[owner.type]}, and '${node.name}' is a method of ${name === undefined ? "lists" : "strings and lists"}`,
      "compare it directly",
    );
  }
  if (isNullable(owner))
    return reporter.report(
      "SL1118",
      node.object.span,
      `'${object}' may be missing, and JavaScript then throws`,
      `write (${object} ?? "").${name}(…)`,
    );
  const [argument] = node.args;
  if (argument === undefined || args.length !== 1)
    return reporter.report("SL1116", node.span, `'${name}' takes one string, not ${args.length} arguments`);
  const text = scalarOf(argument, args[0] ?? null, context);
  if (text === null) return null;
  if (isConstant(text) && text.type === "string") return valueOfNode(callStringTest(name, owner, String(text.value)));
  return reporter.report(
    "SL1116",
    argument.span,
    `'${name}' takes a constant string, and '${reporter.text(argument)}' is ${isConstant(text) ? withArticle[text.type] : "not constant"}`,
    "compare two columns with ===",
  );
}

const one = "take single elements, as in list[0], or test all of them with every, some or includes";
const spelling = 'list the allowed spellings: ["yes", "YES"].includes(s)';
const texts = "use ===, startsWith, endsWith or includes";

/** What to write instead of methods that people try. */
const methodHints: Readonly<Partial<Record<string, string>>> = {
  filter: "put the condition into every, some or reduce: list.every((v) => !wanted(v) || v < 1)",
  map: "put the calculation into every, some or reduce: list.every((v) => v * 2 < 1)",
  flatMap: "put the calculation into every, some or reduce",
  flat: one,
  find: "test whether there is one: list.some((v) => v > 1)",
  findLast: "test whether there is one: list.some((v) => v > 1)",
  findIndex: "test whether there is one: list.some((v, i) => i === 2 && v > 1)",
  lastIndexOf: "test for it with includes",
  reduceRight: "use reduce",
  forEach: "use every, some or reduce",
  slice: one,
  concat: "test each list separately",
  sort: one,
  toSorted: one,
  reverse: one,
  join: "compare the elements one by one",
  has: "keep the values in an array: ALLOWED.includes(v)",
  get: "keep the values in a plain object or array",
  toLowerCase: spelling,
  toUpperCase: spelling,
  trim: spelling,
  charAt: texts,
  charCodeAt: texts,
  codePointAt: texts,
  match: texts,
  replace: texts,
  split: texts,
  substring: texts,
  toFixed: "compare the number itself",
  toString: "compare the value itself",
};
