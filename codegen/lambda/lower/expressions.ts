import { ts, type TS } from "../../typescript.js";
import type { BinaryOp, Surface } from "../../../src/expression/surface/surface.js";
import { lowerCall, lowerItem } from "./calls.js";
import { isCounter, member, objectOf, withoutWrapping, type Lowering } from "./context.js";
import { freeValue, lowerIdentifier, memberName, pathFromOutside } from "./names.js";
import { refusals, type Refusal } from "../refusals.js";
import type { Scope } from "./scope.js";

type Rule<N extends TS.Expression> = (node: N, scope: Scope, run: Lowering) => Surface | null;

/** Lowers an expression by the rule for its kind. Kinds without a rule are refused. */
export function lowerExpression(node: TS.Expression, scope: Scope, run: Lowering): Surface | null {
  const rule = rules[node.kind];
  if (rule !== undefined) return rule(node as never, scope, run);
  return run.refuse(node, refusedKinds[node.kind] ?? refusals.otherSyntax("this syntax"));
}

const inside: Rule<TS.Expression & { readonly expression: TS.Expression }> = (node, scope, run) =>
  run.expression(withoutWrapping(node), scope);

const access: Rule<TS.PropertyAccessExpression | TS.ElementAccessExpression> = (node, scope, run) => {
  if (node.expression.kind === ts.SyntaxKind.SuperKeyword)
    return run.refuse(node.expression, refusals.callContext("super"));
  const path = pathFromOutside(node, scope);
  if (path !== null) return freeValue(node, path, run);
  if (memberName(node) === "env" && ts.isMetaProperty(withoutWrapping(node.expression)))
    return run.refuse(node, refusals.bundlerValue("import.meta.env"));
  const object = objectOf(node, scope, run);
  const name = memberName(node);
  if (name !== null) return object && member(object, name, run.span(node));
  if (!ts.isElementAccessExpression(node)) return run.refuse(node.name, refusals.otherSyntax("a private field"));
  const index = run.expression(node.argumentExpression, scope);
  return object && index && { kind: "index", object, index, span: run.span(node) };
};

const lambda: Rule<TS.ArrowFunction | TS.FunctionExpression> = (node, scope, run) => run.innerLambda(node, scope);

const rules: { readonly [kind in TS.SyntaxKind]?: Rule<never> } = {
  [ts.SyntaxKind.Identifier]: (node: TS.Identifier, scope: Scope, run: Lowering) => lowerIdentifier(node, scope, run),

  [ts.SyntaxKind.NumericLiteral]: (node: TS.NumericLiteral, _: Scope, run: Lowering) => {
    const value = Number(node.text);
    // `1e400` is Infinity, which JSON cannot represent as a number.
    return value === Infinity ? freeValue(node, ["Infinity"], run) : { kind: "number", value, span: run.span(node) };
  },
  [ts.SyntaxKind.BigIntLiteral]: (node: TS.BigIntLiteral, _: Scope, run: Lowering) => ({
    kind: "bigint",
    value: String(BigInt(node.text.slice(0, -1))),
    span: run.span(node),
  }),
  [ts.SyntaxKind.StringLiteral]: (node: TS.StringLiteral, _: Scope, run: Lowering) => ({
    kind: "string",
    value: node.text,
    span: run.span(node),
  }),
  [ts.SyntaxKind.NoSubstitutionTemplateLiteral]: (node: TS.NoSubstitutionTemplateLiteral, _: Scope, run: Lowering) => ({
    kind: "string",
    value: node.text,
    span: run.span(node),
  }),
  [ts.SyntaxKind.TrueKeyword]: (node: TS.Expression, _: Scope, run: Lowering) => ({
    kind: "boolean",
    value: true,
    span: run.span(node),
  }),
  [ts.SyntaxKind.FalseKeyword]: (node: TS.Expression, _: Scope, run: Lowering) => ({
    kind: "boolean",
    value: false,
    span: run.span(node),
  }),
  [ts.SyntaxKind.NullKeyword]: (node: TS.Expression, _: Scope, run: Lowering) => ({
    kind: "null",
    span: run.span(node),
  }),

  [ts.SyntaxKind.ParenthesizedExpression]: inside,
  [ts.SyntaxKind.AsExpression]: inside,
  [ts.SyntaxKind.SatisfiesExpression]: inside,
  [ts.SyntaxKind.NonNullExpression]: inside,
  [ts.SyntaxKind.TypeAssertionExpression]: inside,
  [ts.SyntaxKind.ExpressionWithTypeArguments]: inside,

  [ts.SyntaxKind.PropertyAccessExpression]: access,
  [ts.SyntaxKind.ElementAccessExpression]: access,
  [ts.SyntaxKind.CallExpression]: (node: TS.CallExpression, scope: Scope, run: Lowering) => lowerCall(node, scope, run),
  [ts.SyntaxKind.ArrayLiteralExpression]: (node: TS.ArrayLiteralExpression, scope: Scope, run: Lowering) => {
    const items = node.elements.map((element) =>
      ts.isOmittedExpression(element) ? run.refuse(element, refusals.sparseArray()) : lowerItem(element, scope, run),
    );
    return items.every((item) => item !== null) ? { kind: "list", items, span: run.span(node) } : null;
  },
  [ts.SyntaxKind.ArrowFunction]: lambda,
  [ts.SyntaxKind.FunctionExpression]: lambda,

  [ts.SyntaxKind.PrefixUnaryExpression]: lowerPrefix,
  [ts.SyntaxKind.BinaryExpression]: lowerBinary,
  [ts.SyntaxKind.ConditionalExpression]: (node: TS.ConditionalExpression, scope: Scope, run: Lowering) => {
    const test = run.expression(node.condition, scope);
    const then = run.expression(node.whenTrue, scope);
    const otherwise = run.expression(node.whenFalse, scope);
    return test && then && otherwise && { kind: "conditional", test, then, otherwise, span: run.span(node) };
  },

  [ts.SyntaxKind.PostfixUnaryExpression]: (node: TS.PostfixUnaryExpression, _: Scope, run: Lowering) =>
    run.refuse(node, refusals.assignment(operatorText(node.operator))),
  [ts.SyntaxKind.TemplateExpression]: (node: TS.TemplateExpression, scope: Scope, run: Lowering) => {
    run.refuse(node, refusals.templatePlaceholder());
    for (const { expression } of node.templateSpans) run.expression(expression, scope);
    return null;
  },
  [ts.SyntaxKind.NewExpression]: (node: TS.NewExpression, scope: Scope, run: Lowering) => {
    const name = ts.isIdentifier(node.expression) ? node.expression.text : "";
    run.refuse(
      node,
      name === "Date"
        ? refusals.time("new Date")
        : name === "RegExp"
          ? refusals.regularExpression()
          : refusals.newExpression(),
    );
    for (const arg of node.arguments ?? []) run.expression(arg, scope);
    return null;
  },
  [ts.SyntaxKind.AwaitExpression]: refuseAround(() => refusals.asyncOperator("await")),
  [ts.SyntaxKind.TypeOfExpression]: refuseAround(() => refusals.typeOf()),
  [ts.SyntaxKind.DeleteExpression]: refuseAround(() => refusals.deleteOperator()),
  [ts.SyntaxKind.SpreadElement]: refuseAround(() => refusals.spread()),
  [ts.SyntaxKind.VoidExpression]: (node: TS.VoidExpression, scope: Scope, run: Lowering) => {
    // Minifiers write `undefined` as `void 0`.
    if (ts.isNumericLiteral(node.expression)) return freeValue(node, ["undefined"], run);
    return refuseAround(() => refusals.voidOperator())(node, scope, run);
  },
  [ts.SyntaxKind.MetaProperty]: (node: TS.MetaProperty, _: Scope, run: Lowering) =>
    run.refuse(node, refusals.metaProperty(node.getText(run.file))),
};

const refusedKinds: { readonly [kind in TS.SyntaxKind]?: Refusal } = {
  [ts.SyntaxKind.ThisKeyword]: refusals.callContext("this"),
  [ts.SyntaxKind.SuperKeyword]: refusals.callContext("super"),
  [ts.SyntaxKind.YieldExpression]: refusals.asyncOperator("yield"),
  [ts.SyntaxKind.RegularExpressionLiteral]: refusals.regularExpression(),
  [ts.SyntaxKind.ObjectLiteralExpression]: refusals.objectLiteral(),
  [ts.SyntaxKind.TaggedTemplateExpression]: refusals.taggedTemplate(),
  [ts.SyntaxKind.ClassExpression]: refusals.declaration("a class"),
  [ts.SyntaxKind.JsxElement]: refusals.otherSyntax("JSX"),
  [ts.SyntaxKind.JsxSelfClosingElement]: refusals.otherSyntax("JSX"),
  [ts.SyntaxKind.JsxFragment]: refusals.otherSyntax("JSX"),
};

function refuseAround(refusal: () => Refusal): Rule<TS.Expression & { readonly expression: TS.Expression }> {
  return (node, scope, run) => {
    run.refuse(node, refusal());
    run.expression(node.expression, scope);
    return null;
  };
}

function lowerPrefix(node: TS.PrefixUnaryExpression, scope: Scope, run: Lowering): Surface | null {
  const span = run.span(node);
  const inner = withoutWrapping(node.operand);
  switch (node.operator) {
    case ts.SyntaxKind.ExclamationToken: {
      // Minifiers write `true` and `false` as `!0` and `!1`.
      if (ts.isNumericLiteral(inner)) return { kind: "boolean", value: Number(inner.text) === 0, span };
      const operand = run.expression(node.operand, scope);
      return operand && { kind: "not", operand, span };
    }
    case ts.SyntaxKind.MinusToken: {
      const operand = run.expression(node.operand, scope);
      return operand && { kind: "negate", operand, span };
    }
    case ts.SyntaxKind.PlusToken: {
      // `+v` equals `v * 1`, also for -0; both throw for a bigint.
      const left = run.expression(node.operand, scope);
      if (left?.kind === "number") return { ...left, span };
      return left && { kind: "binary", op: "*", left, right: { kind: "number", value: 1, span }, span };
    }
    case ts.SyntaxKind.TildeToken:
      run.refuse(node, refusals.bitwise("~"));
      run.expression(node.operand, scope);
      return null;
    case ts.SyntaxKind.PlusPlusToken:
    case ts.SyntaxKind.MinusMinusToken:
      return run.refuse(node, refusals.assignment(operatorText(node.operator)));
  }
}

const binaries: { readonly [kind in TS.SyntaxKind]?: BinaryOp } = {
  [ts.SyntaxKind.PlusToken]: "+",
  [ts.SyntaxKind.MinusToken]: "-",
  [ts.SyntaxKind.AsteriskToken]: "*",
  [ts.SyntaxKind.SlashToken]: "/",
  [ts.SyntaxKind.PercentToken]: "%",
  [ts.SyntaxKind.LessThanToken]: "<",
  [ts.SyntaxKind.GreaterThanToken]: ">",
  [ts.SyntaxKind.LessThanEqualsToken]: "<=",
  [ts.SyntaxKind.GreaterThanEqualsToken]: ">=",
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: "===",
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: "!==",
  [ts.SyntaxKind.AmpersandAmpersandToken]: "&&",
  [ts.SyntaxKind.BarBarToken]: "||",
  [ts.SyntaxKind.AsteriskAsteriskToken]: "**",
  [ts.SyntaxKind.QuestionQuestionToken]: "??",
};

const refusedBinaries: { readonly [kind in TS.SyntaxKind]?: Refusal } = {
  [ts.SyntaxKind.AmpersandToken]: refusals.bitwise("&"),
  [ts.SyntaxKind.BarToken]: refusals.bitwise("|"),
  [ts.SyntaxKind.CaretToken]: refusals.bitwise("^"),
  [ts.SyntaxKind.LessThanLessThanToken]: refusals.bitwise("<<"),
  [ts.SyntaxKind.GreaterThanGreaterThanToken]: refusals.bitwise(">>"),
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken]: refusals.bitwise(">>>"),
  [ts.SyntaxKind.CommaToken]: refusals.comma(),
  [ts.SyntaxKind.InKeyword]: refusals.objectOperator("in"),
  [ts.SyntaxKind.InstanceOfKeyword]: refusals.objectOperator("instanceof"),
};

function lowerBinary(node: TS.BinaryExpression, scope: Scope, run: Lowering): Surface | null {
  const operator = node.operatorToken.kind;
  const span = run.span(node);
  if (operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment) {
    run.refuse(node, refusals.assignment(operatorText(operator)));
    run.expression(node.right, scope);
    return null;
  }
  if (operator === ts.SyntaxKind.CommaToken && isCounter(node.left)) return run.expression(node.right, scope);
  const op = binaries[operator];
  if (op === undefined) {
    const loose = looseNull(node, scope, run);
    if (loose !== undefined) return loose;
    const instance = operator === ts.SyntaxKind.InstanceOfKeyword;
    run.refuse(node, refusedBinaries[operator] ?? refusals.looseEquality(operatorText(operator)));
    if (!ts.isPrivateIdentifier(node.left)) run.expression(node.left, scope);
    if (!instance) run.expression(node.right, scope);
    return null;
  }
  const left = run.expression(node.left, scope);
  const right = run.expression(node.right, scope);
  return left && right && { kind: "binary", op, left, right, span };
}

/** Lowers `v == null` as `v === null || v === undefined`, and `v != null` as its negation. Undefined for other nodes. */
function looseNull(node: TS.BinaryExpression, scope: Scope, run: Lowering): Surface | null | undefined {
  const operator = node.operatorToken.kind;
  const equal = operator === ts.SyntaxKind.EqualsEqualsToken;
  if (!equal && operator !== ts.SyntaxKind.ExclamationEqualsToken) return undefined;
  const isNull = (side: TS.Expression) => withoutWrapping(side).kind === ts.SyntaxKind.NullKeyword;
  const value = isNull(node.right) ? node.left : isNull(node.left) ? node.right : undefined;
  if (value === undefined) return undefined;
  const span = run.span(node);
  const left = run.expression(value, scope);
  const undefinedValue = freeValue(node, ["undefined"], run);
  if (left === null || undefinedValue === null) return null;
  const op = equal ? "===" : "!==";
  return {
    kind: "binary",
    op: equal ? "||" : "&&",
    left: { kind: "binary", op, left, right: { kind: "null", span }, span },
    right: { kind: "binary", op, left, right: undefinedValue, span },
    span,
  };
}

const operatorText = (kind: TS.SyntaxKind): string => ts.tokenToString(kind) ?? "this operator";
