import type { Surface } from "../surface/surface.js";
import { elementOf } from "../tree/builders.js";
import { maxUnrolledLength } from "../tree/size.js";
import {
  children,
  type Constant,
  type ExpressionTree,
  type Index,
  isConstant,
  valueOf,
  listLength,
} from "../tree/tree.js";
import { propertyOf } from "./constants.js";
import type { Context } from "./context.js";
import { resolveMember } from "./members.js";
import { type Locals, type Resolved, valueOfNode } from "./resolved.js";
import { describe } from "./type-names.js";
import { constantElements, reportPastEnd, resolveExternal, scalar, treeOf } from "./values.js";

type IndexNode = Extract<Surface, { kind: "index" }>;

/** `object[index]`. */
export function resolveIndex(node: IndexNode, locals: Locals | null, context: Context): Resolved {
  const index = scalar(node.index, locals, context);
  if (index !== null && isConstant(index) && index.type === "string")
    return resolveMember(node, node.object, String(index.value), locals, context);
  const owner = context.resolve(node.object, locals);
  if (owner === null || index === null) return null;
  // To JavaScript, `x.out[0]` and `x.out["0"]` are the same.
  const named = namesIn(owner, context);
  if (isConstant(index) && named.includes(String(index.value)))
    return resolveMember(node, node.object, String(index.value), locals, context);
  const numeric = named.find((name) => /^(0|[1-9]\d*)$/.test(name));
  if (!isConstant(index) && numeric !== undefined) {
    const { reporter } = context;
    const text = reporter.text(node.object);
    return reporter.report(
      "SL1106",
      node.span,
      `'${reporter.text(node)}' may mean '${numeric}', which '${text}' has by name, or an element of it`,
      `quote the port's name: ${text}["${numeric}"][${reporter.text(node.index)}]`,
    );
  }
  const at = indexOf(index, node.index, context);
  return at === null ? null : elementAt(node.object, owner, at, node, context);
}

/** The names of ports or models by which an owner is read. */
function namesIn(owner: Exclude<Resolved, null>, { scope }: Context): readonly string[] {
  if (owner.kind === "ports") return owner.ports.map(({ name }) => name);
  return owner.kind === "models" ? Object.keys(scope.models) : [];
}

/** The element of a list at an index. `node` is the whole expression. */
export function elementAt(
  object: Surface,
  owner: Exclude<Resolved, null>,
  index: Index,
  node: Surface,
  context: Context,
): Resolved {
  if (owner.kind === "object" || owner.kind === "items") return itemAt(owner, index, object, node, context);
  const { reporter } = context;
  const list = treeOf(object, owner, context);
  if (list === null) return null;
  if (list.type !== "list")
    return reporter.report(
      "SL1108",
      node.span,
      `'${reporter.text(object)}' is ${describe(list)}, not a list`,
      "leave the index out",
    );
  if (list.nullable && object.kind !== "optional") return reportPastEnd(object, context);
  const size = listLength(list);
  const reach = typeof index === "number" ? index + 1 : context.positions.lengthOf(index.binder);
  if (size !== null && reach !== null && reach > size) return reportIndexPastEnd(object, size, node, context);
  return valueOfNode(elementOf(list, index, list.nullable || size === null || reach === null));
}

export function reportIndexPastEnd(object: Surface, size: number, node: Surface, { reporter }: Context): null {
  const index = node.kind === "index" ? `, so [${reporter.text(node.index)}] is past its end` : "";
  return reporter.report(
    "SL1105",
    node.span,
    `'${reporter.text(object)}' has ${size} element${size === 1 ? "" : "s"}${index}`,
    "the first element is [0]",
  );
}

/** The index that an expression is: a constant, or a binder's position. */
function indexOf(tree: ExpressionTree, node: Surface, { reporter, positions }: Context): Index | null {
  if (tree.op === "position") return { binder: tree.binder };
  if (!isConstant(tree)) {
    const binders = bindersIn(tree);
    positions.markCalculated(binders);
    const hint =
      binders.length === 0
        ? "an index is a constant, or the position parameter of every and some"
        : `in a list of known length, up to ${maxUnrolledLength}, an index may be calculated from the position`;
    return reporter.report("SL1106", node.span, `the index '${reporter.text(node)}' is not a constant`, hint);
  }
  const value = valueOf(tree);
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value + 0;
  return reporter.report(
    "SL1106",
    node.span,
    `an index is a whole number from 0 on, not ${String(value)}`,
    typeof value === "number" && value < 0 ? "count from the start of the list, or use .at(…)" : undefined,
  );
}

/** The binders from whose positions a number is calculated. */
function bindersIn(tree: ExpressionTree): readonly number[] {
  return tree.op === "position" ? [tree.binder] : children(tree).flatMap(bindersIn);
}

/** An element of an array from outside, or of a list written in the lambda. */
function itemAt(
  owner: Extract<Resolved, { kind: "object" | "items" }>,
  index: Index,
  object: Surface,
  node: Surface,
  context: Context,
): Resolved {
  const { reporter } = context;
  const text = reporter.text(object);
  if (typeof index === "number") {
    if (owner.kind === "object")
      return resolveExternal(propertyOf(owner.value, String(index), text), node.span, context);
    return index < owner.items.length
      ? (owner.items[index] ?? null)
      : reportIndexPastEnd(object, owner.items.length, node, context);
  }
  const items = owner.kind === "items" ? owner.items : constantElements(owner.value, object, context);
  if (items === null) return null;
  const constants = items.flatMap((item): Constant[] =>
    item?.kind === "value" && isConstant(item.node) ? [item.node] : [],
  );
  const [first] = constants;
  if (first === undefined || constants.length !== items.length || constants.some((item) => item.type !== first.type)) {
    return reporter.report("SL1101", node.span, `'${text}' is not a list of constants of one type`);
  }
  const reach = context.positions.lengthOf(index.binder);
  if (reach === null || reach > constants.length) {
    return reporter.report(
      "SL1105",
      node.span,
      `'${text}' has ${constants.length} elements, and the position may be past its end`,
    );
  }
  return valueOfNode({ op: "pick", items: constants, binder: index.binder, type: first.type });
}
