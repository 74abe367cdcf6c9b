import type { Span, Surface } from "../surface/surface.js";
import { callTest, conditional, elementOf, logicalOp } from "../tree/builders.js";
import { maxUnrolledLength } from "../tree/size.js";
import { constantOf, type ExpressionTree, isConstant, type Read, valueOf, listLength } from "../tree/tree.js";
import type { Context } from "./context.js";
import { elementAt, reportIndexPastEnd } from "./indexes.js";
import { typeComparison } from "./operators.js";
import { type Resolved, type ResolvedLambda, valueOfNode } from "./resolved.js";
import { acceptOperation, booleanOperand, elementsOf, listOf, scalarOf } from "./values.js";

type MethodNode = Extract<Surface, { kind: "method" }>;
type Owner = Exclude<Resolved, null>;
type ListMethod = (node: MethodNode, owner: Owner, args: readonly Resolved[], context: Context) => Resolved;
/** Types a test of one element at its position. */
type ElementTest = (element: Resolved, position: Resolved) => ExpressionTree | null;

const connectives = { every: "&&", some: "||" } as const;
type Quantifier = keyof typeof connectives;

/** The methods of lists that a lambda may call. */
export const listMethods = {
  every: quantifier("every"),
  some: quantifier("some"),

  includes(node, owner, args, context) {
    const [argument] = node.args;
    if (argument === undefined || args.length !== 1)
      return context.reporter.report("SL1116", node.span, `'includes' takes one value, not ${args.length} arguments`);
    const sought = scalarOf(argument, args[0] ?? null, context);
    if (sought === null) return null;
    const test = (item: Resolved) => {
      const element = scalarOf(node.object, item, context);
      return element && sameValue(element, sought, node.span, context);
    };
    if (owner.kind === "object" || owner.kind === "items")
      return connect("some", elementsOf(node.object, owner, context)?.map(test));
    const list = listOf(node.object, owner, context);
    return list && overList("some", list, test, context);
  },

  /** The index of the first element that equals the argument, or -1. */
  indexOf(node, owner, args, context) {
    const [argument] = node.args;
    if (argument === undefined || args.length !== 1)
      return context.reporter.report("SL1116", node.span, `'indexOf' takes one value, not ${args.length} arguments`);
    const sought = scalarOf(argument, args[0] ?? null, context);
    const items = elementsOf(node.object, owner, context);
    if (sought === null || items === null) return null;
    const tests = items.map((item) => {
      const element = scalarOf(node.object, item, context);
      return element && acceptOperation(typeComparison("===", element, sought), node.span, context);
    });
    const index = tests.reduceRight<ExpressionTree | null>(
      (rest, test, i) => rest && test && conditional(test, constantOf(i), rest),
      constantOf(-1),
    );
    return index && valueOfNode(index);
  },

  reduce(node, owner, args, context) {
    const { reporter, calls } = context;
    if (args.length > 2)
      return reporter.report(
        "SL1116",
        node.span,
        `'reduce' takes a function and a start, not ${args.length} arguments`,
      );
    const step = callback(node, args, 3, "the accumulated value, an element and its position", context);
    const items = elementsOf(node.object, owner, context);
    if (step === null || items === null) return null;
    const [start, ...rest] = args.length === 2 ? [args[1] ?? null, ...items] : items;
    if (start === undefined)
      return reporter.report(
        "SL1116",
        node.span,
        "'reduce' of an empty list without a start throws in JavaScript",
        "give it a start: .reduce((sum, v) => sum + v, 0)",
      );
    const skipped = args.length === 2 ? 0 : 1;
    return rest.reduce<Resolved>(
      (accumulated, item, i) =>
        accumulated &&
        calls.apply(step, [accumulated, item, valueOfNode(constantOf(i + skipped))], node.span, (locals) =>
          context.resolve(step.body, locals),
        ),
      start,
    );
  },

  at(node, owner, args, context) {
    const { reporter } = context;
    const [argument] = node.args;
    if (argument === undefined || args.length !== 1)
      return reporter.report("SL1116", node.span, `'at' takes one index, not ${args.length} arguments`);
    const tree = scalarOf(argument, args[0] ?? null, context);
    if (tree === null) return null;
    if (!isConstant(tree) || !Number.isSafeInteger(valueOf(tree)))
      return reporter.report("SL1106", argument.span, `'at' takes a constant whole number`);
    const index = valueOf(tree) as number;
    if (index >= 0) return elementAt(node.object, owner, index + 0, node, context);
    const items = elementsOf(node.object, owner, context);
    if (items === null) return null;
    return items.at(index) ?? reportIndexPastEnd(node.object, items.length, node, context);
  },
} as const satisfies Record<string, ListMethod>;

function quantifier(op: Quantifier): ListMethod {
  return (node, owner, args, context) => {
    if (args.length > 1)
      return context.reporter.report("SL1116", node.span, `'${op}' takes one function, not ${args.length} arguments`);
    const test = callback(node, args, 2, "an element and its position", context);
    if (test === null) return null;
    const elementTest: ElementTest = (element, position) =>
      context.calls.apply(test, [element, position], node.span, (locals) =>
        booleanOperand(test.body, locals, op, context),
      );
    if (owner.kind === "object" || owner.kind === "items") {
      const items = elementsOf(node.object, owner, context);
      return connect(
        op,
        items?.map((item, i) => elementTest(item, valueOfNode(constantOf(i)))),
      );
    }
    const list = listOf(node.object, owner, context);
    return list && overList(op, list, elementTest, context);
  };
}

/** The function that a method takes. It may have up to `maxParams` parameters, described by `parameters`. */
function callback(
  node: MethodNode,
  args: readonly Resolved[],
  maxParams: number,
  parameters: string,
  { reporter, calls }: Context,
): ResolvedLambda | null {
  const [argument] = node.args;
  if (argument === undefined)
    return reporter.report("SL1116", node.span, `'${node.name}' takes one function, not 0 arguments`);
  const [first] = args;
  if (first?.kind !== "lambda" && first?.kind !== "function")
    return reporter.report(
      "SL1116",
      argument.span,
      `'${node.name}' takes a function of ${parameters}`,
      "write it in place: (v) => v > 0",
    );
  const fn = calls.functionOf(first, argument);
  if (fn !== null && fn.params.length > maxParams)
    return reporter.report("SL1116", argument.span, `the function of '${node.name}' gets only ${parameters}`);
  return fn;
}

/** The tests of all elements in one expression. */
function connect(op: Quantifier, tests: readonly (ExpressionTree | null)[] | undefined): Resolved {
  const trees = tests?.filter((test) => test !== null);
  return trees !== undefined && trees.length === tests?.length ? valueOfNode(logicalOp(connectives[op], trees)) : null;
}

/** A test of the elements of a list of the row. The list is unrolled if an index is calculated from the position. */
function overList(op: Quantifier, list: Read, test: ElementTest, { reporter, positions }: Context): Resolved {
  const length = listLength(list);
  const binder = positions.bind(length);
  const reported = reporter.diagnostics.length;
  const position: ExpressionTree = { op: "position", binder, type: "number" };
  const body = test(valueOfNode(elementOf(list, { binder }, false)), valueOfNode(position));
  if (positions.takeCalculated(binder) && length !== null && length <= maxUnrolledLength) {
    reporter.diagnostics.length = reported;
    // With constant positions, an index that is calculated from them is constant too.
    const tests = positions.unroll(() =>
      Array.from({ length }, (_, index) =>
        test(valueOfNode(elementOf(list, index, false)), valueOfNode(constantOf(index))),
      ),
    );
    return connect(op, tests);
  }
  if (body === null) return null;
  if (length !== null && (length === 0 || isConstant(body)))
    return valueOfNode(length === 0 ? constantOf(op === "every") : body);
  return valueOfNode({ op, list, binder, body, type: "boolean" });
}

/** Equality as `includes` has it: NaN equals NaN. */
function sameValue(
  element: ExpressionTree,
  sought: ExpressionTree,
  span: Span,
  context: Context,
): ExpressionTree | null {
  const equal = acceptOperation(typeComparison("===", element, sought), span, context);
  if (equal === null || element.type !== "number") return equal;
  return logicalOp("||", [equal, logicalOp("&&", [callTest("isNaN", element), callTest("isNaN", sought)])]);
}
