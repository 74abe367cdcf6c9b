import type { RowScope } from "../../../dsl/row.js";
import {
  type Constants,
  type Diagnostic,
  maxSurfaceDepth,
  type Span,
  surfaceDepth,
  type Surface,
  type SurfaceLambda,
} from "../surface/surface.js";
import { maxDepth, maxNodes, measureTree, sizeProblem } from "../tree/size.js";
import { constantOf, type ExpressionTree, isNullable } from "../tree/tree.js";
import { workProblem } from "../tree/work.js";
import { Calls } from "./calls.js";
import { lookUpConstant, nothingHint } from "./constants.js";
import { type Context, Positions } from "./context.js";
import { resolveIndex } from "./indexes.js";
import { resolveMember } from "./members.js";
import { resolveMethod } from "./methods.js";
import { typeBinary, typeCall, typeConditional, typeNegation, typeNot } from "./operations.js";
import { Reporter } from "./reporter.js";
import { type Locals, type Resolved, valueOfNode } from "./resolved.js";
import { resolveExternal, resolveSpread, scalar } from "./values.js";

/** A typed lambda, or every reason why it has no type. */
export type Typed =
  | { readonly ok: true; readonly tree: ExpressionTree }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Types a lambda: resolves its names at its step of the pipeline and gives its operations their meaning.
 *
 * @param lambda the author's lambda
 * @param scope the ports of a row at the lambda's step
 * @param constants the values of its free variables, by their first name
 * @returns the typed tree, or all diagnostics at once (codes SL10xx and SL11xx)
 * @example typeExpression(lambda, { inputs, outputs, models: {} }, { LIMIT: 0.9 })
 */
export function typeExpression(lambda: SurfaceLambda, scope: RowScope, constants: Constants): Typed {
  return typeLambda(lambda, scope, constants, "row");
}

/** Types the condition of an alert, whose parameter is the rows of a window. `scope` is that of one row. */
export function typeAlert(lambda: SurfaceLambda, scope: RowScope, constants: Constants): Typed {
  return typeLambda(lambda, scope, constants, "rows");
}

function typeLambda(lambda: SurfaceLambda, scope: RowScope, constants: Constants, kind: "row" | "rows"): Typed {
  const { param, body } = lambda;
  const reporter = new Reporter({ name: null, source: lambda.source, location: lambda.location, constants });
  const { diagnostics } = reporter;
  if (surfaceDepth(body) > maxSurfaceDepth) {
    reporter.report("SL1120", body.span, nestedTooDeep(maxSurfaceDepth), splitHint);
    return { ok: false, diagnostics };
  }
  const context = new LambdaContext(lambda, scope, reporter);
  const tree = scalar(body, { name: param, resolved: { kind }, outer: null }, context);
  const { span } = resultOf(body);
  if (tree === null || !context.fits(tree, span)) return { ok: false, diagnostics };
  if (tree.type !== "boolean") {
    reporter.report(
      "SL1107",
      span,
      `the lambda returns ${tree.type}, not boolean`,
      kind === "row" ? "state what must hold, as a comparison" : "state when the alert fires, as a comparison",
    );
  } else if (isNullable(tree)) {
    reporter.report("SL1118", span, "the lambda returns a boolean that may be missing", "write === true");
  }
  return diagnostics.length === 0 ? { ok: true, tree } : { ok: false, diagnostics };
}

const splitHint = "split it into several validations";
const nestedTooDeep = (limit: number): string => `the lambda is nested more than ${limit} deep`;
const tooManyParts = `the lambda has more than ${maxNodes} parts once its constants are inlined`;

/** The node that gives a body its value. */
function resultOf(body: Surface): Surface {
  let result = body;
  while (result.kind === "let") result = result.body;
  return result;
}

class LambdaContext implements Context {
  readonly lambda: SurfaceLambda;
  readonly scope: RowScope;
  readonly reporter: Reporter;
  readonly calls: Calls;
  readonly positions = new Positions();
  insideAggregate = false;
  #visited = 0;

  constructor(lambda: SurfaceLambda, scope: RowScope, reporter: Reporter) {
    this.lambda = lambda;
    this.scope = scope;
    this.reporter = reporter;
    this.calls = new Calls(reporter);
  }

  resolve(node: Surface, locals: Locals | null): Resolved {
    this.#visited++;
    if (this.#visited > maxNodes) return this.reporter.report("SL1120", this.lambda.body.span, tooManyParts, splitHint);
    return (resolvers[node.kind] as Resolver<Surface["kind"]>)(node, locals, this);
  }

  /** Whether a tree is small enough to compile. Parts that a `const` shares count each time. */
  fits(tree: ExpressionTree, span: Span): boolean {
    const { size, depth } = measureTree(tree);
    if (size > maxNodes || this.#visited > maxNodes) {
      this.reporter.report("SL1120", span, tooManyParts, splitHint);
      return false;
    }
    if (depth > maxDepth || sizeProblem(tree) !== null) {
      this.reporter.report("SL1120", span, nestedTooDeep(maxDepth), splitHint);
      return false;
    }
    const problem = workProblem(tree);
    if (problem !== null) this.reporter.report("SL1120", span, problem);
    return problem === null;
  }
}

type NodeOfKind<K extends Surface["kind"]> = Extract<Surface, { kind: K }>;
type Resolver<K extends Surface["kind"]> = (
  node: NodeOfKind<K>,
  locals: Locals | null,
  context: LambdaContext,
) => Resolved;

/** The resolver of an operation on scalars. */
const operation =
  <K extends Surface["kind"]>(
    typeNode: (node: NodeOfKind<K>, locals: Locals | null, context: Context) => ExpressionTree | null,
  ): Resolver<K> =>
  (node, locals, context) => {
    const tree = typeNode(node, locals, context);
    return tree === null ? null : valueOfNode(tree);
  };

const literal = (node: NodeOfKind<"number" | "string" | "boolean">): Resolved => valueOfNode(constantOf(node.value));

const resolvers: { readonly [K in Surface["kind"]]: Resolver<K> } = {
  number: literal,
  string: literal,
  boolean: literal,
  bigint: (node) => valueOfNode(constantOf(BigInt(node.value))),
  null: () => ({ kind: "nothing", value: null, message: "a row never holds null", hint: nothingHint }),
  local(node, locals, { reporter }) {
    for (let local = locals; local !== null; local = local.outer) if (local.name === node.name) return local.resolved;
    return reporter.report("SL1100", node.span, `'${node.name}' has no value here`);
  },
  free: (node, _, context) =>
    resolveExternal(lookUpConstant(node.path, context.reporter.unit.constants), node.span, context),
  member: (node, locals, context) => resolveMember(node, node.object, node.name, locals, context),
  index: resolveIndex,
  method: resolveMethod,
  optional: (node, locals, context) => context.resolve(node.operand, locals),
  apply(node, locals, context) {
    const { reporter, calls } = context;
    const callee = context.resolve(node.callee, locals);
    const args = node.args.map((arg) => context.resolve(arg, locals));
    if (callee === null || args.includes(null)) return null;
    if (callee.kind !== "lambda" && callee.kind !== "function")
      return reporter.report("SL1012", node.callee.span, `'${reporter.text(node.callee)}' is not a function`);
    const fn = calls.functionOf(callee, node.callee);
    if (fn === null) return null;
    if (fn.params.length !== args.length) {
      const takes = fn.params.length === 1 ? "one argument" : `${fn.params.length} arguments`;
      return reporter.report("SL1116", node.span, `'${reporter.text(node.callee)}' takes ${takes}, not ${args.length}`);
    }
    return calls.apply(fn, args, node.span, (inner) => context.resolve(fn.body, inner));
  },
  list: (node, locals, context) => ({
    kind: "items",
    items: resolveSpread(node.items, locals, context).map(([, resolved]) => resolved),
  }),
  spread: (node, _, { reporter }) =>
    reporter.report(
      "SL1021",
      node.span,
      "a spread is allowed only in a list and in the arguments of Math.min, Math.max and Math.hypot",
    ),
  lambda: ({ params, body }, locals, { reporter }) => ({
    kind: "lambda",
    params,
    body,
    locals,
    unit: reporter.unit,
  }),
  let(node, locals, context) {
    const resolved = context.resolve(node.value, locals);
    const fits = resolved?.kind !== "value" || context.fits(resolved.node, node.value.span);
    return context.resolve(node.body, { name: node.name, resolved: fits ? resolved : null, outer: locals });
  },
  not: operation(typeNot),
  negate: operation(typeNegation),
  binary: operation(typeBinary),
  conditional: operation(typeConditional),
  call: operation(typeCall),
};
