import { ts, type TS } from "../../typescript.js";
import type { BinaryOp, Surface } from "../../../src/expression/surface/surface.js";
import { lowerCall, lowerItem } from "./calls.js";
import { isCounter, member, objectOf, withoutWrapping, type LoweringContext } from "./context.js";
import { freeValue, lowerIdentifier, memberName, pathFromOutside } from "./names.js";
import { refusals, type Refusal } from "../refusals.js";
import type { Scope } from "./scope.js";

type Rule<N extends TS.Expression> = (node: N, scope: Scope, context: LoweringContext) => Surface | null;

/** Lowers an expression by the rule for its kind. Kinds without a rule are refused. */
export function lowerExpression(node: TS.Expression, scope: Scope, context: LoweringContext): Surface | null {
  const rule = rules[node.kind];
  if (rule !== undefined) return rule(node as never, scope, context);
  return context.refuse(node, refusedKinds[node.kind] ?? refusals.otherSyntax("this syntax"));
}

const inside: Rule<TS.Expression & { readonly expression: TS.Expression }> = (node, scope, context) =>
  context.expression(withoutWrapping(node), scope);

const access: Rule<TS.PropertyAccessExpression | TS.ElementAccessExpression> = (node, scope, context) => {
  if (node.expression.kind === ts.SyntaxKind.SuperKeyword)
    return context.refuse(node.expression, refusals.callContext("super"));
  const path = pathFromOutside(node, scope);
  if (path !== null) return freeValue(node, path, context);
  if (memberName(node) === "env" && ts.isMetaProperty(withoutWrapping(node.expression)))
    return context.refuse(node, refusals.bundlerValue("import.meta.env"));
  const object = objectOf(node, scope, context);
  const name = memberName(node);
  if (name !== null) return object && member(object, name, context.span(node));
  if (!ts.isElementAccessExpression(node)) return context.refuse(node.name, refusals.otherSyntax("a private field"));
  const index = context.expression(node.argumentExpression, scope);
  return object && index && { kind: "index", object, index, span: context.span(node) };
};

const lambda: Rule<TS.ArrowFunction | TS.FunctionExpression> = (node, scope, context) =>
  context.innerLambda(node, scope);

const rules: { readonly [kind in TS.SyntaxKind]?: Rule<never> } = {
  [ts.SyntaxKind.Identifier]: (node: TS.Identifier, scope: Scope, context: LoweringContext) =>
    lowerIdentifier(node, scope, context),

  [ts.SyntaxKind.NumericLiteral]: (node: TS.NumericLiteral, _: Scope, context: LoweringContext) => {
    const value = Number(node.text);
    // `1e400` is Infinity, which JSON cannot represent as a number.
    return value === Infinity
      ? freeValue(node, ["Infinity"], context)
      : { kind: "number", value, span: context.span(node) };
  },
  [ts.SyntaxKind.BigIntLiteral]: (node: TS.BigIntLiteral, _: Scope, context: LoweringContext) => ({
    kind: "bigint",
    value: String(BigInt(node.text.slice(0, -1))),
    span: context.span(node),
  }),
  [ts.SyntaxKind.StringLiteral]: (node: TS.StringLiteral, _: Scope, context: LoweringContext) => ({
    kind: "string",
    value: node.text,
    span: context.span(node),
  }),
  [ts.SyntaxKind.NoSubstitutionTemplateLiteral]: (
    node: TS.NoSubstitutionTemplateLiteral,
    _: Scope,
    context: LoweringContext,
  ) => ({
    kind: "string",
    value: node.text,
    span: context.span(node),
  }),
  [ts.SyntaxKind.TrueKeyword]: (node: TS.Expression, _: Scope, context: LoweringContext) => ({
    kind: "boolean",
    value: true,
    span: context.span(node),
  }),
  [ts.SyntaxKind.FalseKeyword]: (node: TS.Expression, _: Scope, context: LoweringContext) => ({
    kind: "boolean",
    value: false,
    span: context.span(node),
  }),
  [ts.SyntaxKind.NullKeyword]: (node: TS.Expression, _: Scope, context: LoweringContext) => ({
    kind: "null",
    span: context.span(node),
  }),

  [ts.SyntaxKind.ParenthesizedExpression]: inside,
  [ts.SyntaxKind.AsExpression]: inside,
  [ts.SyntaxKind.SatisfiesExpression]: inside,
  [ts.SyntaxKind.NonNullExpression]: inside,
  [ts.SyntaxKind.TypeAssertionExpression]: inside,
  [ts.SyntaxKind.ExpressionWithTypeArguments]: inside,

  [ts.SyntaxKind.PropertyAccessExpression]: access,
  [ts.SyntaxKind.ElementAccessExpression]: access,
  [ts.SyntaxKind.CallExpression]: (node: TS.CallExpression, scope: Scope, context: LoweringContext) =>
    lowerCall(node, scope, context),
  [ts.SyntaxKind.ArrayLiteralExpression]: (node: TS.ArrayLiteralExpression, scope: Scope, context: LoweringContext) => {
    const items = node.elements.map((element) =>
      ts.isOmittedExpression(element)
        ? context.refuse(element, refusals.sparseArray())
        : lowerItem(element, scope, context),
    );
    return items.every((item) => item !== null) ? { kind: "list", items, span: context.span(node) } : null;
  },
  [ts.SyntaxKind.ArrowFunction]: lambda,
  [ts.SyntaxKind.FunctionExpression]: lambda,

  [ts.SyntaxKind.PrefixUnaryExpression]: lowerPrefix,
  [ts.SyntaxKind.BinaryExpression]: lowerBinary,
  [ts.SyntaxKind.ConditionalExpression]: (node: TS.ConditionalExpression, scope: Scope, context: LoweringContext) => {
    const test = context.expression(node.condition, scope);
    const then = context.expression(node.whenTrue, scope);
    const otherwise = context.expression(node.whenFalse, scope);
    return test && then && otherwise && { kind: "conditional", test, then, otherwise, span: context.span(node) };
  },

  [ts.SyntaxKind.PostfixUnaryExpression]: (node: TS.PostfixUnaryExpression, _: Scope, context: LoweringContext) =>
    context.refuse(node, refusals.assignment(operatorText(node.operator))),
  [ts.SyntaxKind.TemplateExpression]: (node: TS.TemplateExpression, scope: Scope, context: LoweringContext) => {
    context.refuse(node, refusals.templatePlaceholder());
    for (const { expression } of node.templateSpans) context.expression(expression, scope);
    return null;
  },
  [ts.SyntaxKind.NewExpression]: (node: TS.NewExpression, scope: Scope, context: LoweringContext) => {
    const name = ts.isIdentifier(node.expression) ? node.expression.text : "";
    context.refuse(
      node,
      name === "Date"
        ? refusals.time("new Date")
        : name === "RegExp"
          ? refusals.regularExpression()
          : refusals.newExpression(),
    );
    for (const arg of node.arguments ?? []) context.expression(arg, scope);
    return null;
  },
  [ts.SyntaxKind.AwaitExpression]: refuseAround(() => refusals.asyncOperator("await")),
  [ts.SyntaxKind.TypeOfExpression]: refuseAround(() => refusals.typeOf()),
  [ts.SyntaxKind.DeleteExpression]: refuseAround(() => refusals.deleteOperator()),
  [ts.SyntaxKind.SpreadElement]: refuseAround(() => refusals.spread()),
  [ts.SyntaxKind.VoidExpression]: (node: TS.VoidExpression, scope: Scope, context: LoweringContext) => {
    // Minifiers write `undefined` as `void 0`.
    if (ts.isNumericLiteral(node.expression)) return freeValue(node, ["undefined"], context);
    return refuseAround(() => refusals.voidOperator())(node, scope, context);
  },
  [ts.SyntaxKind.MetaProperty]: (node: TS.MetaProperty, _: Scope, context: LoweringContext) =>
    context.refuse(node, refusals.metaProperty(node.getText(context.file))),
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
  return (node, scope, context) => {
    context.refuse(node, refusal());
    context.expression(node.expression, scope);
    return null;
  };
}

function lowerPrefix(node: TS.PrefixUnaryExpression, scope: Scope, context: LoweringContext): Surface | null {
  const span = context.span(node);
  const inner = withoutWrapping(node.operand);
  switch (node.operator) {
    case ts.SyntaxKind.ExclamationToken: {
      // Minifiers write `true` and `false` as `!0` and `!1`.
      if (ts.isNumericLiteral(inner)) return { kind: "boolean", value: Number(inner.text) === 0, span };
      const operand = context.expression(node.operand, scope);
      return operand && { kind: "not", operand, span };
    }
    case ts.SyntaxKind.MinusToken: {
      const operand = context.expression(node.operand, scope);
      return operand && { kind: "negate", operand, span };
    }
    case ts.SyntaxKind.PlusToken: {
      // `+v` equals `v * 1`, also for -0; both throw for a bigint.
      const left = context.expression(node.operand, scope);
      if (left?.kind === "number") return { ...left, span };
      return left && { kind: "binary", op: "*", left, right: { kind: "number", value: 1, span }, span };
    }
    case ts.SyntaxKind.TildeToken:
      context.refuse(node, refusals.bitwise("~"));
      context.expression(node.operand, scope);
      return null;
    case ts.SyntaxKind.PlusPlusToken:
    case ts.SyntaxKind.MinusMinusToken:
      return context.refuse(node, refusals.assignment(operatorText(node.operator)));
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

function lowerBinary(node: TS.BinaryExpression, scope: Scope, context: LoweringContext): Surface | null {
  const operator = node.operatorToken.kind;
  const span = context.span(node);
  if (operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment) {
    context.refuse(node, refusals.assignment(operatorText(operator)));
    context.expression(node.right, scope);
    return null;
  }
  if (operator === ts.SyntaxKind.CommaToken && isCounter(node.left)) return context.expression(node.right, scope);
  const op = binaries[operator];
  if (op === undefined) {
    const loose = looseNull(node, scope, context);
    if (loose !== undefined) return loose;
    const instance = operator === ts.SyntaxKind.InstanceOfKeyword;
    context.refuse(node, refusedBinaries[operator] ?? refusals.looseEquality(operatorText(operator)));
    if (!ts.isPrivateIdentifier(node.left)) context.expression(node.left, scope);
    if (!instance) context.expression(node.right, scope);
    return null;
  }
  const left = context.expression(node.left, scope);
  const right = context.expression(node.right, scope);
  return left && right && { kind: "binary", op, left, right, span };
}

/**
 * Lowers `v == null` as `v === null || v === undefined`, and `v != null` as its negation. Undefined for other nodes.
 */
function looseNull(node: TS.BinaryExpression, scope: Scope, context: LoweringContext): Surface | null | undefined {
  const operator = node.operatorToken.kind;
  const equal = operator === ts.SyntaxKind.EqualsEqualsToken;
  if (!equal && operator !== ts.SyntaxKind.ExclamationEqualsToken) return undefined;
  const isNull = (side: TS.Expression) => withoutWrapping(side).kind === ts.SyntaxKind.NullKeyword;
  const value = isNull(node.right) ? node.left : isNull(node.left) ? node.right : undefined;
  if (value === undefined) return undefined;
  const span = context.span(node);
  const left = context.expression(value, scope);
  const undefinedValue = freeValue(node, ["undefined"], context);
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
