import type { Port } from "../../../dsl/tensor.js";
import { joinNames } from "../../util/join-names.js";
import type { Span, Surface } from "../surface/surface.js";
import { elementOf, readOf } from "../tree/builders.js";
import { maxUnrolledLength } from "../tree/size.js";
import { constantOf, type ExpressionTree, isNullable, type Read, type Source, listLength } from "../tree/tree.js";
import { type ExternalValue, constantHint, propertyOf } from "./constants.js";
import type { Context } from "./context.js";
import type { OperandError } from "./operators.js";
import { type Locals, type Resolved, valueOfNode } from "./resolved.js";
import { withArticle, describe } from "./type-names.js";

// From what a node resolves to, to the values an operation needs: a tree, a scalar, a boolean, a list, elements.

/** The tree of a node: a scalar or a list. A lone port may be left out. */
export function treeOf(node: Surface, resolved: Resolved, { reporter }: Context): ExpressionTree | null {
  const text = () => reporter.text(node);
  switch (resolved?.kind) {
    case undefined:
      return null;
    case "value":
      return resolved.node;
    case "ports": {
      const [lone] = resolved.ports;
      if (lone !== undefined && resolved.ports.length === 1) return readPort(resolved.from, lone, node.span, reporter);
      const names = resolved.ports.map((port) => port.name);
      if (names.length === 0) {
        const hint = "read x.models.<model>.<port>, or put .select() before the check";
        return reporter.report("SL1109", node.span, `'${text()}' has no port, because no output is selected`, hint);
      }
      return reporter.report(
        "SL1109",
        node.span,
        `'${text()}' has several ports: ${joinNames(names)}`,
        "name one of them",
      );
    }
    case "row":
      return reporter.report(
        "SL1108",
        node.span,
        `'${text()}' is the whole row`,
        "read one of its ports, such as x.out.<port>",
      );
    case "rows":
      return reporter.report(
        "SL1108",
        node.span,
        `'${text()}' is all rows of the window`,
        "use an aggregate, such as all.avg((x) => x.out.<port>)",
      );
    case "models":
      return reporter.report(
        "SL1108",
        node.span,
        `'${text()}' is all models`,
        "name a model and a port, such as x.models.<model>.<port>",
      );
    case "object":
      return reporter.report(
        "SL1108",
        node.span,
        `'${text()}' is ${Array.isArray(resolved.value) ? "a list" : "an object"}, but one value is needed here`,
      );
    case "items":
      return reporter.report(
        "SL1023",
        node.span,
        "a list cannot be used as one value",
        "test its elements with includes, every or some",
      );
    case "nothing":
      return reporter.report("SL1117", node.span, resolved.message, resolved.hint);
    case "function":
      return reporter.report("SL1101", node.span, `'${resolved.name}' is a function, not a constant`, constantHint);
    case "lambda":
      return reporter.report("SL1108", node.span, "a function cannot be used as a value");
  }
}

/** A read of a whole port of the row. */
export function readPort(from: Source, port: Port, span: Span, reporter: Context["reporter"]): Read | null {
  if (port.shape === null) {
    return reporter.report(
      "SL1121",
      span,
      `the shape of port '${port.name}' is not known`,
      "give the model a signature with shapes",
    );
  }
  return readOf(from, port, port.shape);
}

/** What a value from outside the lambda resolves to. */
export function resolveExternal(found: ExternalValue, span: Span, { reporter }: Context): Resolved {
  if (found.kind === "refused") return reporter.report(found.code, span, found.message, found.hint);
  return found.kind === "constant" ? valueOfNode(constantOf(found.value)) : found;
}

/** A scalar from a node. */
export function scalar(node: Surface, locals: Locals | null, context: Context): ExpressionTree | null {
  return scalarOf(node, context.resolve(node, locals), context);
}

/** A scalar from what a node resolves to. A lone port and a list of one element are their element. */
export function scalarOf(node: Surface, resolved: Resolved, context: Context): ExpressionTree | null {
  const tree = treeOf(node, resolved, context);
  if (tree === null || tree.type !== "list") return tree;
  const list = tree;
  const rest = list.shape.slice(list.at.length);
  if (!list.nullable && rest.every((size) => size === 1))
    return rest.reduce<Read>((inner) => elementOf(inner, 0, false), list);
  const { reporter } = context;
  return reporter.report(
    "SL1108",
    node.span,
    `'${reporter.text(node)}' is ${describe(list)}, but one value is needed here`,
    "take one element with [i], or test all of them with .every(...) or .some(...)",
  );
}

/** A boolean from a node; `op` is the operator or method that needs it. */
export function booleanOperand(
  node: Surface,
  locals: Locals | null,
  op: string,
  context: Context,
): ExpressionTree | null {
  const { reporter } = context;
  const text = () => reporter.text(node);
  const resolved = context.resolve(node, locals);
  // To JavaScript `[false]` is true.
  if (isOneElement(resolved)) {
    return reporter.report(
      "SL1108",
      node.span,
      `'${text()}' is a list of one element, and '${op}' treats every list as true, even [false]`,
      `write ${text()}[0]`,
    );
  }
  const tree = scalarOf(node, resolved, context);
  if (tree === null) return null;
  if (tree.type !== "boolean") {
    return reporter.report(
      "SL1112",
      node.span,
      `'${op}' takes a boolean, and '${text()}' is ${withArticle[tree.type]}`,
      "compare it with a value",
    );
  }
  if (isNullable(tree)) return reporter.report("SL1118", node.span, `'${text()}' may be missing`, "write === true");
  return tree;
}

/** A list of one element that is written with its port's name. A lone port that is left out is its element. */
function isOneElement(resolved: Resolved): boolean {
  if (resolved?.kind !== "value" || resolved.node.type !== "list") return false;
  const { shape, at, nullable } = resolved.node;
  return !nullable && shape.slice(at.length).every((size) => size === 1);
}

/** The tree of an operation, or null after its error is reported. */
export function acceptOperation(
  result: ExpressionTree | OperandError,
  span: Span,
  { reporter }: Context,
): ExpressionTree | null {
  return "op" in result ? result : reporter.report(result.code, span, result.message, result.hint);
}

/** A list of the row from what a node resolves to. */
export function listOf(node: Surface, resolved: Resolved, context: Context): Read | null {
  const { reporter } = context;
  const list = treeOf(node, resolved, context);
  if (list === null) return null;
  if (list.type !== "list")
    return reporter.report(
      "SL1108",
      node.span,
      `'${reporter.text(node)}' is ${describe(list)}, not a list`,
      "compare it directly",
    );
  return list.nullable ? reportPastEnd(node, context) : list;
}

/** The elements of a list whose length is known. */
export function elementsOf(node: Surface, owner: Resolved, context: Context): readonly Resolved[] | null {
  if (owner?.kind === "items") return owner.items;
  if (owner?.kind === "object") return constantElements(owner.value, node, context);
  const list = listOf(node, owner, context);
  if (list === null) return null;
  const { reporter } = context;
  const length = listLength(list);
  if (length === null)
    return reporter.report(
      "SL1118",
      node.span,
      `the length of '${reporter.text(node)}' is not known, and its elements are needed one by one`,
      "refine the pipeline so that the length is known",
    );
  if (length > maxUnrolledLength) return reportLength(node, length, context);
  return Array.from({ length }, (_, index) => valueOfNode(elementOf(list, index, false)));
}

/** The elements of an array from outside the lambda. */
export function constantElements(list: object, node: Surface, context: Context): readonly Resolved[] | null {
  const { reporter } = context;
  if (!Array.isArray(list))
    return reporter.report("SL1108", node.span, `'${reporter.text(node)}' is an object, not a list`);
  if (list.length > maxUnrolledLength) return reportLength(node, list.length, context);
  return Array.from({ length: list.length }, (_, i) =>
    resolveExternal(propertyOf(list, String(i), reporter.text(node)), node.span, context),
  );
}

/** Resolves nodes, with the elements of each `...list` in its place. */
export function resolveSpread(
  nodes: readonly Surface[],
  locals: Locals | null,
  context: Context,
): (readonly [Surface, Resolved])[] {
  return nodes.flatMap((node): (readonly [Surface, Resolved])[] => {
    if (node.kind !== "spread") return [[node, context.resolve(node, locals)]];
    const owner = context.resolve(node.operand, locals);
    return (owner && elementsOf(node.operand, owner, context))?.map((item) => [node, item]) ?? [[node, null]];
  });
}

export function reportPastEnd(node: Surface, { reporter }: Context): null {
  return reporter.report(
    "SL1118",
    node.span,
    `'${reporter.text(node)}' may be past the end of a list of unknown length`,
    "refine the pipeline so that the length is known",
  );
}

function reportLength(node: Surface, length: number, { reporter }: Context): null {
  return reporter.report(
    "SL1120",
    node.span,
    `'${reporter.text(node)}' has ${length} elements, more than ${maxUnrolledLength}`,
  );
}
