import { choose, connect, elementOf, negate, not } from "./fold.js";
import { didYouMean } from "./did-you-mean.js";
import { functions } from "./known-functions.js";
import { bind, type Locals, type Meaning, value } from "./meaning.js";
import { deepestSurface, depthOfSurface, measure } from "./measure.js";
import { arithmeticOf, comparisonOf, type Objection } from "./operands.js";
import { lookUp, propertyOf } from "./outside.js";
import { Reading } from "./reading.js";
import type { RowScope } from "./scope.js";
import type { BinaryOp, Constants, Diagnostic, Span, Surface, SurfaceLambda } from "./surface.js";
import {
  arithmeticOps,
  type ArithmeticOp,
  type CompareOp,
  type Constant,
  constantOf,
  type ExpressionTree,
  isConstant,
  isNullable,
  maxDepth,
  maxNodes,
  type Place,
  type Read,
  tooLarge,
  valueOf,
} from "./tree.js";
import { a, describe } from "./wording.js";

/** A typed lambda, or every reason why it has no type. */
export type Typed = { readonly ok: true; readonly tree: ExpressionTree } | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

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
  return new Typing(lambda, scope, constants).run();
}

class Typing extends Reading {
  /** The length of the list each binder runs over; null: not known. */
  readonly #binders: (number | null)[] = [];
  #visited = 0;

  run(): Typed {
    const { param, body } = this.lambda;
    if (depthOfSurface(body) > deepestSurface) {
      this.say("SL1120", body.span, `the lambda is nested more than ${deepestSurface} deep`, "split it into several validations");
      return { ok: false, diagnostics: this.diagnostics };
    }
    const tree = this.#scalar(body, { name: param, meaning: { kind: "row" }, outer: null });
    if (tree !== null && this.#fits(tree, resultOf(body).span)) {
      const { span } = resultOf(body);
      if (tree.type !== "boolean") {
        this.say("SL1107", span, `the lambda returns ${tree.type}, not boolean`, "say what must hold, with a comparison");
      } else if (isNullable(tree)) {
        this.say("SL1118", span, "the lambda returns a boolean that may be missing", "write === true");
      } else if (this.diagnostics.length === 0) return { ok: true, tree };
    }
    return { ok: false, diagnostics: this.diagnostics };
  }

  /** Whether a tree is small enough to walk; parts shared by `const` count each time. */
  #fits(tree: ExpressionTree, span: Span): boolean {
    const { size, depth } = measure(tree);
    if (size > maxNodes || this.#visited > maxNodes) {
      this.say("SL1120", span, `the lambda has more than ${maxNodes} parts once its constants are put in`, "split it into several validations");
      return false;
    }
    if (depth <= maxDepth && tooLarge(tree) === null) return true;
    this.say("SL1120", span, `the lambda is nested more than ${maxDepth} deep`, "split it into several validations");
    return false;
  }

  protected override meaning(node: Surface, locals: Locals | null): Meaning {
    this.#visited++;
    if (this.#visited > maxNodes) {
      return this.say("SL1120", this.lambda.body.span, `the lambda has more than ${maxNodes} parts once its constants are put in`, "split it into several validations");
    }
    switch (node.kind) {
      case "number":
      case "string":
      case "boolean":
        return value(constantOf(node.value));
      case "bigint":
        return value(constantOf(BigInt(node.value)));
      case "null":
        return this.say("SL1117", node.span, "a row never holds null", "leave the comparison out; where a list may be too short, ask for its .length");
      case "local": {
        for (let at = locals; at !== null; at = at.outer) if (at.name === node.name) return at.meaning;
        return this.say("SL1100", node.span, `'${node.name}' has no value here`);
      }
      case "free":
        return this.outside(lookUp(node.path, this.constants), node.span);
      case "member":
        return this.member(node, node.object, node.name, locals);
      case "index":
        return this.#index(node, locals);
      case "method":
        return this.#method(node, locals);
      case "lambda":
        return { kind: "lambda", params: node.params, body: node.body, locals };
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

  #operation(node: Extract<Surface, { kind: "not" | "negate" | "binary" | "conditional" | "call" }>, locals: Locals | null): ExpressionTree | null {
    switch (node.kind) {
      case "not": {
        const operand = this.#boolean(node.operand, locals, "!");
        return operand === null ? null : not(operand);
      }
      case "negate": {
        const operand = this.#scalar(node.operand, locals);
        if (operand === null) return null;
        if (operand.type === "bigint" && isNullable(operand)) {
          return this.say("SL1118", node.span, "'-' takes a bigint that may be missing, and JavaScript then throws");
        }
        if (operand.type === "number" || operand.type === "bigint") return negate(operand);
        return this.say("SL1113", node.operand.span, `'-' takes a number, and '${this.text(node.operand)}' is ${a[operand.type]}`);
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
      const left = this.#boolean(node.left, locals, op);
      const right = this.#boolean(node.right, locals, op);
      return left === null || right === null ? null : connect(op, [left, right]);
    }
    const left = this.#scalar(node.left, locals);
    const right = this.#scalar(node.right, locals);
    if (left === null || right === null) return null;
    const isArithmetic = (arithmeticOps as readonly string[]).includes(op);
    const result = isArithmetic ? arithmeticOf(op as ArithmeticOp, left, right) : comparisonOf(op as CompareOp, left, right);
    return this.#accept(result, node.span);
  }

  #accept(result: ExpressionTree | Objection, span: Span): ExpressionTree | null {
    return "op" in result ? result : this.say(result.code, span, result.message, result.hint);
  }

  #conditional(node: Extract<Surface, { kind: "conditional" }>, locals: Locals | null): ExpressionTree | null {
    const test = this.#boolean(node.test, locals, "?:");
    const then = this.#scalar(node.then, locals);
    const otherwise = this.#scalar(node.otherwise, locals);
    if (test === null || then === null || otherwise === null) return null;
    if (then.type !== otherwise.type) {
      return this.say("SL1119", node.span, `one branch is ${a[then.type]}, the other ${a[otherwise.type]}`, "give both branches one type");
    }
    return choose(test, then, otherwise);
  }

  #call(node: Extract<Surface, { kind: "call" }>, locals: Locals | null): ExpressionTree | null {
    const args = node.args.map((arg) => this.#scalar(arg, locals));
    const known = functions[node.callee];
    if (known === undefined || !Object.hasOwn(functions, node.callee)) {
      const names = Object.keys(functions);
      return this.say("SL1114", node.span, `'${node.callee}' is no function a lambda may call${didYouMean(node.callee, names)}`, `there are ${names.join(", ")}`);
    }
    if (known.many ? args.length === 0 : args.length !== 1) {
      return this.say("SL1116", node.span, `'${node.callee}' takes ${known.many ? "one argument or more" : "one argument"}, not ${args.length}`);
    }
    const numbers: ExpressionTree[] = [];
    args.forEach((arg, i) => {
      if (arg === null) return;
      if (arg.type === "number") numbers.push(arg);
      else this.say("SL1113", node.args[i]?.span ?? node.span, `'${node.callee}' takes ${known.many ? "numbers" : "a number"}, not ${a[arg.type]}`);
    });
    return numbers.length === args.length ? known.make(numbers) : null;
  }

  #boolean(node: Surface, locals: Locals | null, op: string): ExpressionTree | null {
    const tree = this.#scalar(node, locals);
    if (tree === null) return null;
    if (tree.type !== "boolean") {
      return this.say("SL1112", node.span, `'${op}' takes a boolean, and '${this.text(node)}' is ${a[tree.type]}`, "compare it with something");
    }
    if (isNullable(tree)) return this.say("SL1118", node.span, `'${this.text(node)}' may be missing`, "write === true");
    return tree;
  }

  /** The node's one value: a lone port and a list of one element stand for the element. */
  #scalar(node: Surface, locals: Locals | null): ExpressionTree | null {
    const tree = this.tree(node, this.meaning(node, locals));
    if (tree === null || tree.type !== "list") return tree;
    const list = tree;
    const rest = list.shape.slice(list.at.length);
    if (!list.nullable && rest.every((size) => size === 1)) return rest.reduce<Read>((inner) => elementOf(inner, 0, false), list);
    return this.say(
      "SL1108",
      node.span,
      `'${this.text(node)}' is ${describe(list)}, and here one value is needed`,
      "take one element with [i], or ask about all of them with .every(...) or .some(...)",
    );
  }

  #index(node: Extract<Surface, { kind: "index" }>, locals: Locals | null): Meaning {
    const index = this.#scalar(node.index, locals);
    if (index !== null && isConstant(index) && index.type === "string") return this.member(node, node.object, String(index.value), locals);
    const owner = this.meaning(node.object, locals);
    if (owner === null || index === null) return null;
    const place = this.#place(index, node.index);
    if (place === null) return null;
    if (owner.kind === "object") return this.#item(owner.value, place, node);
    const tree = this.tree(node.object, owner);
    if (tree === null) return null;
    if (tree.type !== "list") {
      return this.say("SL1108", node.span, `'${this.text(node.object)}' is ${describe(tree)}, not a list`, "leave the index out");
    }
    const list = tree;
    if (list.nullable) return this.past(node.object);
    const size = list.shape[list.at.length] ?? null;
    const reach = typeof place === "number" ? place + 1 : (this.#binders[place.binder] ?? null);
    if (size !== null && reach !== null && reach > size) {
      return this.say("SL1105", node.span, `'${this.text(node.object)}' has ${size} element${size === 1 ? "" : "s"}, so [${this.text(node.index)}] is past its end`, "the first element is [0]");
    }
    return value(elementOf(list, place, size === null || reach === null));
  }

  #place(index: ExpressionTree, node: Surface): Place | null {
    if (index.op === "position") return { binder: index.binder };
    if (!isConstant(index)) return this.say("SL1106", node.span, `the index '${this.text(node)}' is not a constant`, "only a constant, or the position that every and some hand over, may be an index");
    const place = valueOf(index);
    if (typeof place === "number" && Number.isSafeInteger(place) && place >= 0) return place + 0;
    return this.say("SL1106", node.span, `an index is a whole number from 0 on, not ${String(place)}`, typeof place === "number" && place < 0 ? "count from the start of the list" : undefined);
  }

  /** An element of an array from outside. */
  #item(list: object, place: Place, node: Extract<Surface, { kind: "index" }>): Meaning {
    const text = this.text(node.object);
    if (typeof place === "number") return this.outside(propertyOf(list, String(place), text), node.span);
    const items = this.items(list, node.object);
    if (items === null) return null;
    const constants = items.filter((item): item is Constant => item !== null && isConstant(item));
    const [first] = constants;
    if (first === undefined || constants.length !== items.length || constants.some((item) => item.type !== first.type)) {
      return this.say("SL1101", node.span, `'${text}' is not a list of constants of one type`);
    }
    const reach = this.#binders[place.binder] ?? null;
    if (reach === null || reach > constants.length) {
      return this.say("SL1105", node.span, `'${text}' has ${constants.length} elements, and [${this.text(node.index)}] may be past its end`);
    }
    return value({ op: "pick", items: constants, binder: place.binder, type: first.type });
  }

  #method(node: Extract<Surface, { kind: "method" }>, locals: Locals | null): Meaning {
    const owner = this.meaning(node.object, locals);
    if (node.name !== "every" && node.name !== "some") {
      return this.say("SL1115", node.span, `'${node.name}' is no method a lambda may call${didYouMean(node.name, ["every", "some"])}`, "lists have every and some");
    }
    const [argument] = node.args;
    if (argument === undefined || node.args.length !== 1) return this.say("SL1116", node.span, `'${node.name}' takes one function, not ${node.args.length} arguments`);
    const test = this.meaning(argument, locals);
    if (owner === null || test === null) return null;
    if (test.kind !== "lambda") return this.say("SL1116", argument.span, `'${node.name}' takes a function of an element`, "write it in place: (v) => v > 0");
    if (test.params.length > 2) return this.say("SL1116", argument.span, `the function of '${node.name}' is handed an element and its position, no more`);
    if (owner.kind === "object") return this.#overItems(node, owner.value, test);
    const list = this.tree(node.object, owner);
    if (list === null) return null;
    if (list.type !== "list") return this.say("SL1108", node.span, `'${this.text(node.object)}' is ${describe(list)}, not a list`, "compare it directly");
    if (isNullable(list)) return this.past(node.object);
    return this.#overList(node.name, list, test);
  }

  #overList(op: "every" | "some", list: Read, test: Extract<Meaning, { kind: "lambda" }>): Meaning {
    const binder = this.#binders.push(list.shape[list.at.length] ?? null) - 1;
    const element = value(elementOf(list, { binder }, false));
    const body = this.#boolean(test.body, bind(test, element, value({ op: "position", binder, type: "number" })), op);
    if (body === null) return null;
    const length = list.shape[list.at.length] ?? null;
    if (length !== null && (length === 0 || isConstant(body))) return value(length === 0 ? constantOf(op === "every") : body);
    return value({ op, list, binder, body, type: "boolean" });
  }

  #overItems(node: Extract<Surface, { kind: "method" }>, list: object, test: Extract<Meaning, { kind: "lambda" }>): Meaning {
    const items = this.items(list, node.object);
    if (items === null) return null;
    const bodies = items.map((item, i) => this.#boolean(test.body, bind(test, item === null ? null : value(item), value(constantOf(i))), node.name));
    const trees = bodies.filter((body) => body !== null);
    return trees.length === bodies.length ? value(connect(node.name === "every" ? "&&" : "||", trees)) : null;
  }
}

/** The part of a lambda's body that gives its value. */
function resultOf(body: Surface): Surface {
  let result = body;
  while (result.kind === "let") result = result.body;
  return result;
}

