import { ts, type TS } from "../typescript.js";
import { withoutWrapping, type LambdaNode } from "../lambda/lower/context.js";
import { memberName } from "../lambda/lower/names.js";
import { walk } from "../lambda/walk-ast.js";

/** The only right way to write something, as a replacement of the text in `[start, end)`. */
export interface Mend {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** What it does, for the menu of an editor: "Write `===`". */
  readonly title: string;
  /** Whether the code could not run before, so that a tool may apply the mend without asking. */
  readonly automatic: boolean;
}

/**
 * `===` for the loose equality at `[start, end)`.
 *
 * @param automatic whether the function is the lambda of a step, which never ran with `==`; a helper function may be
 *   used elsewhere too
 */
export function strictEquality(fn: LambdaNode, start: number, end: number, automatic: boolean): Mend | null {
  let found: TS.BinaryExpression | null = null;
  walk(fn, (node) => {
    if (found !== null || node.end < end || node.pos > start) return false;
    if (ts.isBinaryExpression(node) && node.end === end && node.getStart() === start) found = node;
    return found === null;
  });
  if (found === null) return null;
  const { operatorToken } = found as TS.BinaryExpression;
  const text = `${operatorToken.getText()}=`;
  return { start: operatorToken.getStart(), end: operatorToken.end, text, title: `Write \`${text}\``, automatic };
}

/** A square, and the product that is the same number on every target. */
export interface Square {
  readonly start: number;
  readonly end: number;
  /** As the author wrote it: "Math.pow(x, 2)", "x ** 2". */
  readonly written: string;
  readonly mend: Mend;
}

/**
 * The squares of a function whose base can be written twice: `Math.pow(v, 2)`, `x.out.score[0] ** 2`.
 *
 * @param isMath whether `Math` is the global
 */
export function squares(fn: LambdaNode, isMath: boolean): Square[] {
  const found: Square[] = [];
  walk(fn, (node) => {
    const base = squaredBase(node, isMath);
    if (base === null) return true;
    const [start, end] = [node.getStart(), node.end];
    const product = `${base.getText()} * ${base.getText()}`;
    // `a / b ** 2` is `a / (b * b)`. `-x ** 2` does not parse, so no prefix needs a look.
    const text = needsParentheses(node) ? `(${product})` : product;
    const mend = { start, end, text, title: `Write \`${product}\``, automatic: false };
    found.push({ start, end, written: node.getText(), mend });
    return true;
  });
  return found;
}

function squaredBase(node: TS.Node, isMath: boolean): TS.Expression | null {
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.AsteriskAsteriskToken)
    return isTwo(node.right) && isReference(node.left) ? node.left : null;
  if (!isMath || !ts.isCallExpression(node) || node.arguments.length !== 2) return null;
  const { expression: callee, arguments: args } = node;
  const [base, exponent] = args;
  if (memberName(callee) !== "pow" || base === undefined || exponent === undefined) return null;
  const owner = withoutWrapping((callee as TS.PropertyAccessExpression).expression);
  return ts.isIdentifier(owner) && owner.text === "Math" && isTwo(exponent) && isReference(base) ? base : null;
}

const isTwo = (node: TS.Expression): boolean => {
  const value = withoutWrapping(node);
  return ts.isNumericLiteral(value) && Number(value.text) === 2;
};

/** A name, or a member of one at a fixed place: writing it twice says no more than writing it once. */
function isReference(node: TS.Expression): boolean {
  let at = node;
  for (;;) {
    if (ts.isIdentifier(at)) return true;
    if (ts.isPropertyAccessExpression(at)) at = at.expression;
    else if (ts.isElementAccessExpression(at) && ts.isLiteralExpression(withoutWrapping(at.argumentExpression)))
      at = at.expression;
    else return false;
  }
}

/** Whether a product at this place would be torn apart by an operator beside it. */
function needsParentheses({ parent }: TS.Node): boolean {
  if (ts.isPrefixUnaryExpression(parent) || ts.isNonNullExpression(parent)) return true;
  if (ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent)) return true;
  return ts.isBinaryExpression(parent) && tighterOrEqual.has(parent.operatorToken.kind);
}

const tighterOrEqual: ReadonlySet<TS.SyntaxKind> = new Set([
  ts.SyntaxKind.AsteriskToken,
  ts.SyntaxKind.SlashToken,
  ts.SyntaxKind.PercentToken,
  ts.SyntaxKind.AsteriskAsteriskToken,
]);
