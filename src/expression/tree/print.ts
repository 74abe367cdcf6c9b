import { escapeUnsafe } from "../../util/escape-text.js";
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

/** Printers of the nodes that depend on the form of the data. The other nodes are printed in one way. */
export interface NodePrinters {
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
/** The precedence of calls, member accesses and literals. */
const primaryPrecedence = 10;
/** Operations that get parentheses inside `&&` and `||`. */
const parenthesized: ReadonlySet<Op> = new Set(["&&", "||", "conditional", "??"]);

/** Prints a tree as JavaScript. */
export function printJavaScript(tree: ExpressionTree, printers: NodePrinters): string {
  /** The text of `node` as an operand, in parentheses if its precedence is below `minimum`. */
  const operand = (node: ExpressionTree, minimum = 0): string => {
    const level =
      node.op === "constant" && printConstant(node).startsWith("-")
        ? (precedence.negate ?? primaryPrecedence)
        : (precedence[node.op] ?? primaryPrecedence);
    const bare = write(node);
    return level < minimum ? `(${bare})` : bare;
  };
  const write = (node: ExpressionTree): string => {
    switch (node.op) {
      case "read":
        return printers.read(node);
      case "constant":
        return printConstant(node);
      case "pick":
        return printers.pick(node);
      case "position":
        return printers.position(node.binder);
      case "length":
        return printers.length(node);
      case "every":
      case "some":
        return printers.quantifier(node);
      case "aggregate":
        return printers.aggregate(node);
      case "negate":
        return `-${operand(node.operand, primaryPrecedence)}`;
      case "!":
        return `!${operand(node.operand, primaryPrecedence)}`;
      case "&&":
      case "||": {
        // JavaScript needs no parentheses for && inside ||, but they are easier to read.
        if (node.args.length === 0) return String(node.op === "&&");
        return node.args
          .map((arg) => operand(arg, parenthesized.has(arg.op) ? primaryPrecedence : 0))
          .join(` ${node.op} `);
      }
      case "min":
      case "max":
      case "hypot":
        return `Math.${node.op}(${node.args.map((arg) => operand(arg)).join(", ")})`;
      case "toNumber":
        return `Number(${operand(node.operand)})`;
      case "isFinite":
      case "isNaN":
      case "isInteger":
        return `Number.${node.op}(${operand(node.operand)})`;
      case "conditional":
        return `${operand(node.test, 2)} ? ${operand(node.then, 2)} : ${operand(node.otherwise, 2)}`;
      case "startsWith":
      case "endsWith":
      case "includes":
        return `${operand(node.operand, primaryPrecedence)}.${node.op}(${quote(node.text)})`;
      case "missing":
        return `${operand(node.operand, 5)} === undefined`;
      case "??":
        return `${operand(node.left, 2)} ?? ${operand(node.right, 2)}`;
      case "**":
        return `${operand(node.left, primaryPrecedence)} ** ${operand(node.right, primaryPrecedence)}`;
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
        return `Math.${node.op}(${operand(node.operand)})`;
      default: {
        const level = precedence[node.op] ?? primaryPrecedence;
        return `${operand(node.left, level)} ${node.op} ${operand(node.right, level + 1)}`;
      }
    }
  };
  return operand(tree);
}

/** A constant as JavaScript text. */
export function printConstant(node: Constant): string {
  const value = valueOf(node);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  return typeof value === "string" ? quote(value) : String(value);
}

/** A string literal on one line, safe for any content, with everything invisible escaped. */
function quote(text: string): string {
  return escapeUnsafe(JSON.stringify(text));
}

/** A property access: `.name`, or `["na-me"]`. */
function propertyAccess(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${quote(name)}]`;
}

/** The name of a parameter, with the binder's number unless it is 0: `v`, `v1`. */
const parameterName = (name: string, binder: number): string => (binder === 0 ? name : `${name}${binder}`);

/** Printers for people, with a row named `x`. An element of an enclosing list is printed as its parameter `v`. */
function readablePrinters(bounds: readonly BoundList[], usedPositions: Set<number>): NodePrinters {
  const position = (binder: number): string => {
    usedPositions.add(binder);
    return parameterName("i", binder);
  };
  /** The indexes of a read. After an element that may be missing, they use `?.`. */
  const indexes = (at: readonly Index[], nullable: boolean): string =>
    at
      .map(
        (index, axis) =>
          `${nullable && axis > 0 ? "?." : ""}[${typeof index === "number" ? index : position(index.binder)}]`,
      )
      .join("");
  const read = (node: Read): string => {
    const element = boundElement(node, bounds);
    if (element !== null) return parameterName("v", element.binder) + indexes(element.rest, node.nullable);
    const owner = typeof node.from === "string" ? `x.${node.from}` : `x.models${propertyAccess(node.from.model)}`;
    return owner + propertyAccess(node.port) + indexes(node.at, node.nullable);
  };
  return {
    read,
    position,
    length: (node) => `${read(node.list)}.length`,
    pick: (node) => `[${node.items.map(printConstant).join(", ")}][${position(node.binder)}]`,
    quantifier(node) {
      const body = printJavaScript(
        node.body,
        readablePrinters([{ list: node.list, binder: node.binder }, ...bounds], usedPositions),
      );
      const element = parameterName("v", node.binder);
      const params = usedPositions.has(node.binder)
        ? `(${element}, ${parameterName("i", node.binder)})`
        : `(${element})`;
      return `${read(node.list)}.${node.op}(${params} => ${body})`;
    },
    aggregate({ fn, quantile, body }) {
      const args = [
        ...(quantile === null ? [] : [String(quantile)]),
        ...(body === null ? [] : [`(x) => ${printReadable(body)}`]),
      ];
      return `all.${fn}(${args.join(", ")})`;
    },
  };
}

/**
 * Prints a tree as JavaScript for people to read, with constants inlined.
 *
 * @example printReadable(tree) // "x.out.score[0] < 0.9"
 */
export function printReadable(tree: ExpressionTree): string {
  return printJavaScript(tree, readablePrinters([], new Set()));
}
