import { type BoundList, boundElement } from "./bound-element.js";
import {
  type Aggregate,
  type Constant,
  type ExpressionTree,
  type NodeOf,
  type Op,
  type Index,
  type Read,
  valueOf,
} from "./tree.js";

/** How the leaves and list operations of a tree are printed. The other nodes have one form. */
export interface Leaves {
  read(node: Read): string;
  length(node: NodeOf<"length">): string;
  pick(node: NodeOf<"pick">): string;
  position(binder: number): string;
  quantifier(node: NodeOf<"every" | "some">): string;
  aggregate(node: Aggregate): string;
}

/** Operator precedence, as in JavaScript. */
const precedence: Partial<Record<Op, number>> = {
  conditional: 1,
  "??": 1,
  "||": 2,
  "&&": 3,
  missing: 4,
  "===": 4,
  "!==": 4,
  "<": 5,
  ">": 5,
  "<=": 5,
  ">=": 5,
  "+": 6,
  "-": 6,
  "*": 7,
  "/": 7,
  "%": 7,
  "**": 8,
  negate: 9,
  "!": 9,
};
const highest = 10;
/** Operations that get parentheses inside `&&` and `||`. */
const parenthesized: ReadonlySet<Op> = new Set(["&&", "||", "conditional", "??"]);

/** The JavaScript text of a tree. */
export function printJavaScript(tree: ExpressionTree, leaves: Leaves): string {
  /** The text of `node` as an operand, in parentheses if its precedence is below `least`. */
  const text = (node: ExpressionTree, least = 0): string => {
    const binds =
      node.op === "constant" && printConstant(node).startsWith("-")
        ? (precedence.negate ?? highest)
        : (precedence[node.op] ?? highest);
    const bare = write(node);
    return binds < least ? `(${bare})` : bare;
  };
  const write = (node: ExpressionTree): string => {
    switch (node.op) {
      case "read":
        return leaves.read(node);
      case "constant":
        return printConstant(node);
      case "pick":
        return leaves.pick(node);
      case "position":
        return leaves.position(node.binder);
      case "length":
        return leaves.length(node);
      case "every":
      case "some":
        return leaves.quantifier(node);
      case "aggregate":
        return leaves.aggregate(node);
      case "negate":
        return `-${text(node.operand, highest)}`;
      case "!":
        return `!${text(node.operand, highest)}`;
      case "&&":
      case "||": {
        // JavaScript needs no parentheses for && inside ||, but they are easier to read.
        if (node.args.length === 0) return String(node.op === "&&");
        return node.args.map((arg) => text(arg, parenthesized.has(arg.op) ? highest : 0)).join(` ${node.op} `);
      }
      case "min":
      case "max":
      case "hypot":
        return `Math.${node.op}(${node.args.map((arg) => text(arg)).join(", ")})`;
      case "isFinite":
      case "isNaN":
      case "isInteger":
        return `Number.${node.op}(${text(node.operand)})`;
      case "conditional":
        return `${text(node.test, 2)} ? ${text(node.then, 2)} : ${text(node.otherwise, 2)}`;
      case "startsWith":
      case "endsWith":
      case "includes":
        return `${text(node.operand, highest)}.${node.op}(${quote(node.text)})`;
      case "missing":
        return `${text(node.operand, 5)} === undefined`;
      case "??":
        return `${text(node.left, 2)} ?? ${text(node.right, 2)}`;
      case "**":
        return `${text(node.left, highest)} ** ${text(node.right, highest)}`;
      case "abs":
      case "floor":
      case "ceil":
      case "round":
      case "trunc":
      case "sign":
      case "sqrt":
      case "log":
      case "log2":
      case "log10":
      case "exp":
        return `Math.${node.op}(${text(node.operand)})`;
      default: {
        const binds = precedence[node.op] ?? highest;
        return `${text(node.left, binds)} ${node.op} ${text(node.right, binds + 1)}`;
      }
    }
  };
  return text(tree);
}

/** A constant as JavaScript text. */
export function printConstant(node: Constant): string {
  const value = valueOf(node);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  return typeof value === "string" ? quote(value) : String(value);
}

/** A string literal on one line, safe for any content. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
}

/** `.name`, or `["na-me"]`. */
function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${quote(name)}]`;
}

const numbered = (name: string, binder: number): string => (binder === 0 ? name : `${name}${binder}`);

/** Leaves as an author writes them, on a row named `x`. An element is printed as the parameter it is bound to. */
function readable(bounds: readonly BoundList[], usedPositions: Set<number>): Leaves {
  const position = (binder: number): string => {
    usedPositions.add(binder);
    return numbered("i", binder);
  };
  /** The indexes of a read. Those after an element that may be missing use `?.`. */
  const indexes = (at: readonly Index[], nullable: boolean): string =>
    at
      .map(
        (index, axis) =>
          `${nullable && axis > 0 ? "?." : ""}[${typeof index === "number" ? index : position(index.binder)}]`,
      )
      .join("");
  const read = (node: Read): string => {
    const element = boundElement(node, bounds);
    if (element !== null) return numbered("v", element.binder) + indexes(element.rest, node.nullable);
    const owner = typeof node.from === "string" ? `x.${node.from}` : `x.models${property(node.from.model)}`;
    return owner + property(node.port) + indexes(node.at, node.nullable);
  };
  return {
    read,
    position,
    length: (node) => `${read(node.list)}.length`,
    pick: (node) => `[${node.items.map(printConstant).join(", ")}][${position(node.binder)}]`,
    quantifier(node) {
      const body = printJavaScript(
        node.body,
        readable([{ list: node.list, binder: node.binder }, ...bounds], usedPositions),
      );
      const element = numbered("v", node.binder);
      const params = usedPositions.has(node.binder) ? `(${element}, ${numbered("i", node.binder)})` : `(${element})`;
      return `${read(node.list)}.${node.op}(${params} => ${body})`;
    },
    aggregate({ fn, quantile, body }) {
      const args = [
        ...(quantile === null ? [] : [String(quantile)]),
        ...(body === null ? [] : [`(x) => ${readableTree(body)}`]),
      ];
      return `all.${fn}(${args.join(", ")})`;
    },
  };
}

/**
 * A tree as JavaScript for people to read, with constants inlined.
 *
 * @example readableTree(tree) // "x.out.score[0] < 0.9"
 */
export function readableTree(tree: ExpressionTree): string {
  return printJavaScript(tree, readable([], new Set()));
}
