import { conditional, logicalOp, elementOf, isMissing, negate, not, coalesce, power } from "../tree/builders.js";
import { didYouMean } from "../../util/did-you-mean.js";
import { functions } from "./functions.js";
import { Lists } from "./lists.js";
import { type Locals, type Meaning, value } from "./bindings.js";
import { measureTree, maxDepth, maxNodes, sizeProblem } from "../tree/size.js";
import { typeArithmetic, typeComparison } from "./operators.js";
import { lookUpConstant, neverThere } from "./constants.js";
import type { RowScope } from "../../../dsl/row.js";
import {
  maxSurfaceDepth,
  surfaceDepth,
  type BinaryOp,
  type Constants,
  type Diagnostic,
  type Span,
  type Surface,
  type SurfaceLambda,
} from "../surface/surface.js";
import {
  arithmeticOps,
  type ArithmeticOp,
  type CompareOp,
  constantOf,
  type ExpressionTree,
  isNullable,
  type Read,
} from "../tree/tree.js";
import { a, describe } from "./type-names.js";

type Nothing = Extract<Meaning, { kind: "nothing" }>;

/** A typed lambda, or every reason why it has no type. */
export type Typed =
  | { readonly ok: true; readonly tree: ExpressionTree }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Gives a lambda its types: what its names stand for at this place of the pipeline, and what its operations mean.
 *
 * @param lambda what the author wrote
 * @param scope the ports a row has there
 * @param constants the values of names from outside, by their first element
 * @returns the typed tree, or all diagnostics at once (codes SL11xx)
 * @example typeExpression(lambda, { inputs, outputs, models: {} }, { LIMIT: 0.9 })
 */
export function typeExpression(lambda: SurfaceLambda, scope: RowScope, constants: Constants): Typed {
  return new Typing(lambda, scope, constants).run("row");
}

/** The same for the condition of an alert, which sees the rows of a window; `scope` is that of one row. */
export function typeAlert(lambda: SurfaceLambda, scope: RowScope, constants: Constants): Typed {
  return new Typing(lambda, scope, constants).run("rows");
}

class Typing extends Lists {
  #visited = 0;

  run(kind: "row" | "rows"): Typed {
    const { param, body } = this.lambda;
    if (surfaceDepth(body) > maxSurfaceDepth) {
      this.say(
        "SL1120",
        body.span,
        `the lambda is nested more than ${maxSurfaceDepth} deep`,
        "split it into several validations",
      );
      return { ok: false, diagnostics: this.diagnostics };
    }
    const tree = this.scalar(body, { name: param, meaning: { kind }, outer: null });
    if (tree !== null && this.#fits(tree, resultOf(body).span)) {
      const { span } = resultOf(body);
      if (tree.type !== "boolean") {
        this.say(
          "SL1107",
          span,
          `the lambda returns ${tree.type}, not boolean`,
          kind === "row" ? "say what must hold, with a comparison" : "say when the alert fires, with a comparison",
        );
      } else if (isNullable(tree)) {
        this.say("SL1118", span, "the lambda returns a boolean that may be missing", "write === true");
      } else if (this.diagnostics.length === 0) return { ok: true, tree };
    }
    return { ok: false, diagnostics: this.diagnostics };
  }

  /** Whether a tree is small enough to walk; parts shared by `const` count each time. */
  #fits(tree: ExpressionTree, span: Span): boolean {
    const { size, depth } = measureTree(tree);
    if (size > maxNodes || this.#visited > maxNodes) {
      this.say(
        "SL1120",
        span,
        `the lambda has more than ${maxNodes} parts once its constants are put in`,
        "split it into several validations",
      );
      return false;
    }
    if (depth <= maxDepth && sizeProblem(tree) === null) return true;
    this.say("SL1120", span, `the lambda is nested more than ${maxDepth} deep`, "split it into several validations");
    return false;
  }

  protected override meaning(node: Surface, locals: Locals | null): Meaning {
    this.#visited++;
    if (this.#visited > maxNodes) {
      return this.say(
        "SL1120",
        this.lambda.body.span,
        `the lambda has more than ${maxNodes} parts once its constants are put in`,
        "split it into several validations",
      );
    }
    switch (node.kind) {
      case "number":
      case "string":
      case "boolean":
        return value(constantOf(node.value));
      case "bigint":
        return value(constantOf(BigInt(node.value)));
      case "null":
        return { kind: "nothing", value: null, message: "a row never holds null", hint: neverThere };
      case "local": {
        for (let at = locals; at !== null; at = at.outer) if (at.name === node.name) return at.meaning;
        return this.say("SL1100", node.span, `'${node.name}' has no value here`);
      }
      case "free":
        return this.outside(lookUpConstant(node.path, this.home.constants), node.span);
      case "member":
        return this.member(node, node.object, node.name, locals);
      case "index":
        return this.index(node, locals);
      case "method":
        return this.method(node, locals);
      case "optional":
        return this.meaning(node.operand, locals);
      case "apply":
        return this.#apply(node, locals);
      case "list":
        return { kind: "items", items: this.#spreadOut(node.items, locals).map(([, meaning]) => meaning) };
      case "spread":
        return this.say(
          "SL1021",
          node.span,
          "a spread stands only in a list and among the arguments of Math.min, Math.max and Math.hypot",
        );
      case "lambda":
        return { kind: "lambda", params: node.params, body: node.body, locals, home: this.home };
      case "let": {
        const meaning = this.meaning(node.value, locals);
        const fits = meaning?.kind !== "value" || this.#fits(meaning.node, node.value.span);
        return this.meaning(node.body, { name: node.name, meaning: fits ? meaning : null, outer: locals });
      }
      default: {
        const tree = this.#operation(node, locals);
        return tree === null ? null : value(tree);
      }
    }
  }

  #operation(
    node: Extract<Surface, { kind: "not" | "negate" | "binary" | "conditional" | "call" }>,
    locals: Locals | null,
  ): ExpressionTree | null {
    switch (node.kind) {
      case "not": {
        const operand = this.boolean(node.operand, locals, "!");
        return operand === null ? null : not(operand);
      }
      case "negate": {
        const operand = this.scalar(node.operand, locals);
        if (operand === null) return null;
        if (operand.type === "bigint" && isNullable(operand)) {
          return this.say("SL1118", node.span, "'-' takes a bigint that may be missing, and JavaScript then throws");
        }
        if (operand.type === "number" || operand.type === "bigint") return negate(operand);
        return this.say(
          "SL1113",
          node.operand.span,
          `'-' takes a number, and '${this.text(node.operand)}' is ${a[operand.type]}`,
        );
      }
      case "conditional":
        return this.#conditional(node, locals);
      case "call":
        return this.#call(node, locals);
      default:
        return this.#binary(node.op, node, locals);
    }
  }

  #binary(op: BinaryOp, node: Extract<Surface, { kind: "binary" }>, locals: Locals | null): ExpressionTree | null {
    if (op === "&&" || op === "||") {
      const left = this.boolean(node.left, locals, op);
      if (this.writingOut > 0 && left?.op === "constant" && left.value === (op === "||")) return left;
      const right = this.boolean(node.right, locals, op);
      return left === null || right === null ? null : logicalOp(op, [left, right]);
    }
    const [before, after] = [this.meaning(node.left, locals), this.meaning(node.right, locals)];
    if (before?.kind === "nothing" || after?.kind === "nothing") {
      if (op === "??" && before?.kind === "nothing") return this.scalarOf(node.right, after);
      const sides =
        before?.kind === "nothing"
          ? ([before, after, node.right] as const)
          : ([after as Nothing, before, node.left] as const);
      if (op === "===" || op === "!==") return this.#isNothing(op, ...sides);
    }
    const left = this.scalarOf(node.left, before);
    const right = this.scalarOf(node.right, after);
    if (left === null || right === null) return null;
    if (op === "??") return this.#orElse(left, right, node);
    if (op === "**") return this.#power(left, right, node);
    const isArithmetic = (arithmeticOps as readonly string[]).includes(op);
    const result = isArithmetic
      ? typeArithmetic(op as ArithmeticOp, left, right)
      : typeComparison(op as CompareOp, left, right);
    return this.accept(result, node.span);
  }

  /** Whether a value is null or undefined. It never is, but for an element past the end, which is undefined. */
  #isNothing(op: "===" | "!==", nothing: Nothing, other: Meaning, node: Surface): ExpressionTree | null {
    if (other === null) return null;
    const equal = (): ExpressionTree | null => {
      if (other.kind === "nothing") return constantOf(other.value === nothing.value);
      if (other.kind !== "value" || nothing.value === null) return constantOf(false);
      if (other.node.type !== "list") return isMissing(other.node);
      return isNullable(other.node) ? this.past(node) : constantOf(false);
    };
    const tree = equal();
    return tree === null || op === "===" ? tree : not(tree);
  }

  #orElse(
    left: ExpressionTree,
    right: ExpressionTree,
    node: Extract<Surface, { kind: "binary" }>,
  ): ExpressionTree | null {
    if (left.type === right.type) return coalesce(left, right);
    return this.say(
      "SL1025",
      node.span,
      `'??' falls back from ${a[left.type]} to ${a[right.type]}`,
      "give both sides one type",
    );
  }

  #power(
    left: ExpressionTree,
    right: ExpressionTree,
    node: Extract<Surface, { kind: "binary" }>,
  ): ExpressionTree | null {
    const wrong = [left, right].find(({ type }) => type !== "number");
    if (wrong === undefined) return power(left, right);
    return this.say(
      "SL1015",
      node.span,
      `'**' takes numbers, and here stands ${a[wrong.type]}`,
      wrong.type === "bigint" ? "multiply: n * n" : undefined,
    );
  }

  /** Nodes and what they mean, with each `...list` taken apart. */
  #spreadOut(nodes: readonly Surface[], locals: Locals | null): (readonly [Surface, Meaning])[] {
    return nodes.flatMap((node): (readonly [Surface, Meaning])[] => {
      if (node.kind !== "spread") return [[node, this.meaning(node, locals)]];
      const owner = this.meaning(node.operand, locals);
      return (owner && this.elements(node.operand, owner))?.map((item) => [node, item]) ?? [[node, null]];
    });
  }

  #apply(node: Extract<Surface, { kind: "apply" }>, locals: Locals | null): Meaning {
    const callee = this.meaning(node.callee, locals);
    const args = node.args.map((arg) => this.meaning(arg, locals));
    if (callee === null || args.includes(null)) return null;
    if (callee.kind !== "lambda" && callee.kind !== "function")
      return this.say("SL1012", node.callee.span, `'${this.text(node.callee)}' is no function`);
    const fn = this.functionOf(callee, node.callee);
    if (fn === null) return null;
    if (fn.params.length !== args.length) {
      const takes = fn.params.length === 1 ? "one argument" : `${fn.params.length} arguments`;
      return this.say("SL1116", node.span, `'${this.text(node.callee)}' takes ${takes}, not ${args.length}`);
    }
    return this.applied(fn, args, node.span, (inner) => this.meaning(fn.body, inner));
  }

  #conditional(node: Extract<Surface, { kind: "conditional" }>, locals: Locals | null): ExpressionTree | null {
    const test = this.boolean(node.test, locals, "?:");
    if (this.writingOut > 0 && test?.op === "constant")
      return this.scalar(test.value === true ? node.then : node.otherwise, locals);
    const then = this.scalar(node.then, locals);
    const otherwise = this.scalar(node.otherwise, locals);
    if (test === null || then === null || otherwise === null) return null;
    if (then.type !== otherwise.type) {
      return this.say(
        "SL1119",
        node.span,
        `one branch is ${a[then.type]}, the other ${a[otherwise.type]}`,
        "give both branches one type",
      );
    }
    return conditional(test, then, otherwise);
  }

  #call(node: Extract<Surface, { kind: "call" }>, locals: Locals | null): ExpressionTree | null {
    const args = this.#spreadOut(node.args, locals).map(
      ([at, meaning]) => [at, meaning && this.scalarOf(at, meaning)] as const,
    );
    const known = functions[node.callee];
    if (known === undefined || !Object.hasOwn(functions, node.callee)) {
      const names = Object.keys(functions);
      return this.say(
        "SL1114",
        node.span,
        `'${node.callee}' is no function a lambda may call${didYouMean(node.callee, names)}`,
        `there are ${names.join(", ")}`,
      );
    }
    const { takes } = known;
    if (takes !== null && args.length !== takes) {
      return this.say(
        "SL1116",
        node.span,
        `'${node.callee}' takes ${takes === 1 ? "one argument" : `${takes} arguments`}, not ${args.length}`,
      );
    }
    const numbers: ExpressionTree[] = [];
    for (const [at, arg] of args) {
      if (arg?.type === "number") numbers.push(arg);
      else if (arg !== null)
        this.say(
          "SL1113",
          at.span,
          `'${node.callee}' takes ${takes === 1 ? "a number" : "numbers"}, not ${a[arg.type]}`,
        );
    }
    return numbers.length === args.length ? known.make(numbers) : null;
  }

  protected override boolean(node: Surface, locals: Locals | null, op: string): ExpressionTree | null {
    const meaning = this.meaning(node, locals);
    if (isOneElement(meaning)) return this.#unopened(node, op);
    const tree = this.scalarOf(node, meaning);
    if (tree === null) return null;
    if (tree.type !== "boolean") {
      return this.say(
        "SL1112",
        node.span,
        `'${op}' takes a boolean, and '${this.text(node)}' is ${a[tree.type]}`,
        "compare it with something",
      );
    }
    if (isNullable(tree)) return this.say("SL1118", node.span, `'${this.text(node)}' may be missing`, "write === true");
    return tree;
  }

  /** To JavaScript `[false]` is true. */
  #unopened(node: Surface, op: string): null {
    return this.say(
      "SL1108",
      node.span,
      `'${this.text(node)}' is a list of one element, and '${op}' takes every list for true, also [false]`,
      `write ${this.text(node)}[0]`,
    );
  }

  protected override scalar(node: Surface, locals: Locals | null): ExpressionTree | null {
    return this.scalarOf(node, this.meaning(node, locals));
  }

  /** The node's one value: a lone port and a list of one element stand for the element. */
  protected override scalarOf(node: Surface, meaning: Meaning): ExpressionTree | null {
    const tree = this.tree(node, meaning);
    if (tree === null || tree.type !== "list") return tree;
    const list = tree;
    const rest = list.shape.slice(list.at.length);
    if (!list.nullable && rest.every((size) => size === 1))
      return rest.reduce<Read>((inner) => elementOf(inner, 0, false), list);
    return this.say(
      "SL1108",
      node.span,
      `'${this.text(node)}' is ${describe(list)}, and here one value is needed`,
      "take one element with [i], or ask about all of them with .every(...) or .some(...)",
    );
  }
}

/** A list of one element that is named itself; a lone port that is left out stands for its element. */
function isOneElement(meaning: Meaning): boolean {
  if (meaning?.kind !== "value" || meaning.node.type !== "list") return false;
  const { shape, at, nullable } = meaning.node;
  return !nullable && shape.slice(at.length).every((size) => size === 1);
}

/** The part of a lambda's body that gives its value. */
function resultOf(body: Surface): Surface {
  let result = body;
  while (result.kind === "let") result = result.body;
  return result;
}
