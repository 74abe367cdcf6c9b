import {
  type Aggregate,
  elementType,
  type ExpressionTree,
  type Index,
  isNullable,
  type NodeOf,
  type Op,
  type Read,
  type ValueType,
} from "./tree.js";

/** The error message for a tree whose operands have wrong types or whose indexes do not exist, or null. */
export function validateTree(tree: ExpressionTree, over: "row" | "rows"): string | null {
  const found = visit(tree, over === "row" ? [] : null);
  if (typeof found === "object") return found.problem;
  return found === "boolean" ? null : `the expression returns a ${found}, not a boolean`;
}

/** The type of the function of each aggregate. */
const bodyTypes: Readonly<Record<Aggregate["fn"], ValueType>> = {
  count: "boolean",
  sum: "number",
  avg: "number",
  min: "number",
  max: "number",
  quantile: "number",
  share: "boolean",
};

function visitAggregate({ fn, quantile, body }: Aggregate): TypeOrProblem {
  if ((fn === "quantile") !== (quantile !== null))
    return { problem: `'${fn}' ${quantile === null ? "without" : "with"} a share` };
  if (body === null) return fn === "count" ? "number" : { problem: `'${fn}' without a function` };
  const found = visit(body, []);
  if (typeof found === "object") return found;
  if (isNullable(body)) return { problem: `'${fn}' of a value that may be missing` };
  return found === bodyTypes[fn] ? "number" : { problem: `'${fn}' does not take a ${found}` };
}

type TypeOrProblem = ValueType | { readonly problem: string };
/** The binders around a node. Null outside of an alert's aggregates, where there is no row. */
type Binders = readonly number[] | null;

/** The operand types of each operation. All operands of a node have the same type. */
const operandTypes: Partial<Record<Op, readonly ValueType[]>> = {
  "+": ["number", "bigint"],
  "-": ["number", "bigint"],
  "*": ["number", "bigint"],
  "/": ["number", "bigint"],
  "%": ["number", "bigint"],
  negate: ["number", "bigint"],
  "<": ["number", "bigint", "string"],
  ">": ["number", "bigint", "string"],
  "<=": ["number", "bigint", "string"],
  ">=": ["number", "bigint", "string"],
  "===": ["number", "bigint", "string", "boolean"],
  "!==": ["number", "bigint", "string", "boolean"],
  "!": ["boolean"],
  "&&": ["boolean"],
  "||": ["boolean"],
  min: ["number"],
  max: ["number"],
  hypot: ["number"],
  "**": ["number"],
  abs: ["number"],
  floor: ["number"],
  ceil: ["number"],
  round: ["number"],
  trunc: ["number"],
  sign: ["number"],
  sqrt: ["number"],
  log: ["number"],
  log2: ["number"],
  log10: ["number"],
  exp: ["number"],
  toNumber: ["bigint"],
  isFinite: ["number"],
  isNaN: ["number"],
  isInteger: ["number"],
  startsWith: ["string"],
  endsWith: ["string"],
  includes: ["string"],
  missing: ["number", "bigint", "string", "boolean"],
  "??": ["number", "bigint", "string", "boolean"],
};

function visit(node: ExpressionTree, binders: Binders): TypeOrProblem {
  switch (node.op) {
    case "read":
      return visitRead(node, binders);
    case "constant":
      return node.type;
    case "position":
      return isBound(node.binder, binders) ? "number" : unbound(node.binder);
    case "pick":
      if (!isBound(node.binder, binders)) return unbound(node.binder);
      return node.items.every((item) => item.type === node.type)
        ? node.type
        : { problem: "a list of constants mixes types" };
    case "length": {
      const list = visitRead(node.list, binders);
      return list === "list" || typeof list === "object"
        ? asNumber(list)
        : { problem: "the length of a value that is not a list" };
    }
    case "every":
    case "some":
      return visitQuantifier(node, binders);
    case "aggregate":
      return binders === null ? visitAggregate(node) : { problem: "an aggregate inside an expression of one row" };
    case "conditional": {
      const test = visit(node.test, binders);
      if (test !== "boolean") return typeof test === "object" ? test : { problem: `a condition of type ${test}` };
      return requireType(node, common([node.then, node.otherwise], binders));
    }
    default:
      return visitOperation(node, binders);
  }
}

const isBound = (binder: number, binders: Binders): boolean => binders?.includes(binder) ?? false;
const unbound = (binder: number): TypeOrProblem => ({ problem: `position ${binder} is used outside of its list` });
const asNumber = (found: TypeOrProblem): TypeOrProblem => (typeof found === "object" ? found : "number");

/** Returns a problem if the type of a node is not its declared type. */
function requireType(node: ExpressionTree, found: TypeOrProblem): TypeOrProblem {
  return typeof found === "object" || node.type === found
    ? found
    : { problem: `'${node.op}' is declared as ${node.type} but returns ${found}` };
}

/** The common type of several operands. */
function common(nodes: readonly ExpressionTree[], binders: Binders): TypeOrProblem {
  let type: TypeOrProblem | null = null;
  for (const node of nodes) {
    const found = visit(node, binders);
    if (typeof found === "object") return found;
    if (type !== null && type !== found) return { problem: `operands of types ${type} and ${found}` };
    type = found;
  }
  return type ?? "boolean";
}

function visitOperation(
  node: Exclude<
    ExpressionTree,
    NodeOf<"read" | "constant" | "pick" | "position" | "length" | "every" | "conditional" | "aggregate">
  >,
  binders: Binders,
): TypeOrProblem {
  const operands = "args" in node ? node.args : "operand" in node ? [node.operand] : [node.left, node.right];
  const type = common(operands, binders);
  if (typeof type === "object") return type;
  if (!operandTypes[node.op]?.includes(type)) return { problem: `'${node.op}' does not take a ${type}` };
  if ("text" in node && operands.some(isNullable)) return { problem: `'${node.op}' of a string that may be missing` };
  if (node.type === "bigint" && node.op !== "??") {
    if (operands.some(isNullable)) return { problem: `'${node.op}' of a bigint that may be missing` };
    if (
      (node.op === "/" || node.op === "%") &&
      (node.right.op !== "constant" || /^-?0+$/.test(String(node.right.value)))
    )
      return { problem: "a bigint divided by a value that may be zero" };
  }
  return node.type === "boolean" || node.op === "toNumber" ? node.type : requireType(node, type);
}

function visitRead(node: Read, binders: Binders): TypeOrProblem {
  if (binders === null) return { problem: `'${node.port}' is read outside of an aggregate` };
  if (node.at.length > node.shape.length) return { problem: `more indexes than '${node.port}' has axes` };
  for (const [axis, index] of node.at.entries()) {
    const problem = indexProblem(index, node.shape[axis] ?? null, node.nullable, binders);
    if (problem !== null) return { problem: `an index of '${node.port}' ${problem}` };
  }
  return requireType(node, node.at.length === node.shape.length ? elementType(node.dtype) : "list");
}

function indexProblem(index: Index, size: number | null, nullable: boolean, binders: Binders): string | null {
  if (typeof index === "object") return isBound(index.binder, binders) ? null : "is not bound";
  if (size === null) return nullable ? null : "may be past the end";
  return index < size ? null : "is past the end";
}

function visitQuantifier(node: NodeOf<"every" | "some">, binders: Binders): TypeOrProblem {
  const list = visitRead(node.list, binders);
  if (list !== "list" || node.list.nullable)
    return typeof list === "object" ? list : { problem: `'${node.op}' over a value that is not a list` };
  if (isBound(node.binder, binders)) return { problem: `position ${node.binder} is bound twice` };
  const body = visit(node.body, [...(binders ?? []), node.binder]);
  return body === "boolean" || typeof body === "object"
    ? body
    : { problem: `'${node.op}' tests a ${body}, not a boolean` };
}
