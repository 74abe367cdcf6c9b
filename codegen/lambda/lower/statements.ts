import { ts, type TS } from "../../typescript.js";
import type { Span, Surface } from "../../../src/expression/surface/surface.js";
import { isFunction } from "./find-functions.js";
import { isCounter, withoutWrapping, type LoweringContext } from "./context.js";
import { bindPattern, boundNames, type Let } from "./patterns.js";
import { refusals, type Refusal } from "../refusals.js";
import type { Scope } from "./scope.js";

/** Lowers the statements after this one, which run if it does not return. */
type Next = () => Surface | null;

/** Each statement adds a level to the tree. */
const maxStatements = 200;

/**
 * Lowers a block body to one expression: a `const` becomes a `let` node, an early `return` a branch of a conditional.
 */
export function lowerBody(body: TS.Block, scope: Scope, context: LoweringContext): Surface | null {
  const found = context.diagnostics.length;
  const end: Span = [Math.max(context.span(body)[1] - 1, 0), context.span(body)[1]];
  const missing = once(() =>
    context.diagnostics.length > found ? null : context.refuse(end, refusals.missingReturn()),
  );
  return lowerBlock(body.statements, scope, context, missing);
}

function lowerBlock(
  statements: readonly TS.Statement[],
  outer: Scope,
  context: LoweringContext,
  next: Next,
): Surface | null {
  const scope = outer.inner();
  for (const statement of statements) declareNames(statement, scope);
  return lowerFrom(statements, 0, scope, context, next);
}

/** Declares the names of a block at its start, so that an early use is not mistaken for a name from outside. */
function declareNames(statement: TS.Statement, scope: Scope): void {
  if (ts.isVariableStatement(statement))
    for (const { name } of statement.declarationList.declarations)
      for (const bound of boundNames(name)) scope.set(bound, { kind: "pending" });
  else if (
    (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) || ts.isEnumDeclaration(statement)) &&
    statement.name !== undefined
  )
    scope.set(statement.name.text, { kind: "declaration" });
}

function lowerFrom(
  statements: readonly TS.Statement[],
  at: number,
  scope: Scope,
  context: LoweringContext,
  next: Next,
): Surface | null {
  const statement = statements[at];
  if (statement === undefined) return next();
  if (at >= maxStatements) return context.refuse(statement, refusals.tooLarge());
  // A `const` is visible only to the statements after it, which an early return may move elsewhere in the tree.
  const own = ts.isVariableStatement(statement) ? scope.inner() : scope;
  const rest = once(() => lowerFrom(statements, at + 1, own, context, next));
  const rule = statementRules[statement.kind];
  if (rule !== undefined) return rule(statement as never, own, context, rest);
  return refuseAndContinue(
    rest,
    context.refuse(statement, refusedStatements[statement.kind] ?? refusals.otherSyntax("this statement")),
  );
}

type StatementRule<S extends TS.Statement> = (
  statement: S,
  scope: Scope,
  context: LoweringContext,
  rest: Next,
) => Surface | null;

const statementRules: { readonly [kind in TS.SyntaxKind]?: StatementRule<never> } = {
  [ts.SyntaxKind.ReturnStatement]: (statement: TS.ReturnStatement, scope: Scope, context: LoweringContext) =>
    statement.expression === undefined
      ? context.refuse(statement, refusals.emptyReturn())
      : context.expression(statement.expression, scope),

  [ts.SyntaxKind.Block]: (statement: TS.Block, scope: Scope, context: LoweringContext, rest: Next) =>
    lowerBlock(statement.statements, scope, context, rest),

  [ts.SyntaxKind.EmptyStatement]: (_: TS.EmptyStatement, _scope: Scope, _run: LoweringContext, rest: Next) => rest(),
  [ts.SyntaxKind.TypeAliasDeclaration]: (
    _: TS.TypeAliasDeclaration,
    _scope: Scope,
    _run: LoweringContext,
    rest: Next,
  ) => rest(),
  [ts.SyntaxKind.InterfaceDeclaration]: (
    _: TS.InterfaceDeclaration,
    _scope: Scope,
    _run: LoweringContext,
    rest: Next,
  ) => rest(),

  [ts.SyntaxKind.IfStatement]: (statement: TS.IfStatement, scope: Scope, context: LoweringContext, rest: Next) => {
    const test = context.expression(statement.expression, scope);
    const then = lowerBlock([statement.thenStatement], scope, context, rest);
    const otherwise =
      statement.elseStatement === undefined ? rest() : lowerBlock([statement.elseStatement], scope, context, rest);
    // Neither branch returns: the statement has no effect.
    if (then === otherwise) return then;
    return test && then && otherwise && { kind: "conditional", test, then, otherwise, span: context.span(statement) };
  },

  [ts.SyntaxKind.VariableStatement]: (
    statement: TS.VariableStatement,
    scope: Scope,
    context: LoweringContext,
    rest: Next,
  ) => {
    const { declarations, flags } = statement.declarationList;
    const lets: Let[] = [];
    if ((flags & ts.NodeFlags.BlockScoped) === 0)
      context.refuse(statement, refusals.variable("`var` is visible outside its block and may change"));
    for (const { name, initializer } of declarations) {
      if (initializer === undefined)
        context.refuse(name, refusals.variable("a variable without a value is assigned later"));
      if (initializer !== undefined && ts.isIdentifier(name) && isFunction(withoutWrapping(initializer)))
        scope.set(name.text, { kind: "self" });
      const value = initializer === undefined ? null : context.expression(initializer, scope);
      bindPattern(name, value, scope, context, lets);
    }
    return lets.reduceRight<Surface | null>(
      (body, { name, value, span }) => body && value && { kind: "let", name, value, body, span },
      rest(),
    );
  },

  [ts.SyntaxKind.ExpressionStatement]: (
    statement: TS.ExpressionStatement,
    scope: Scope,
    context: LoweringContext,
    rest: Next,
  ) => {
    if (ts.isStringLiteral(statement.expression) || isCounter(statement.expression)) return rest(); // "use strict"
    const found = context.diagnostics.length;
    context.expression(statement.expression, scope);
    if (context.diagnostics.length === found) context.refuse(statement, refusals.unusedStatement("this statement"));
    return refuseAndContinue(rest, null);
  },
};

const loop = refusals.loop();
const refusedStatements: { readonly [kind in TS.SyntaxKind]?: Refusal } = {
  [ts.SyntaxKind.ForStatement]: loop,
  [ts.SyntaxKind.ForInStatement]: loop,
  [ts.SyntaxKind.ForOfStatement]: loop,
  [ts.SyntaxKind.WhileStatement]: loop,
  [ts.SyntaxKind.DoStatement]: loop,
  [ts.SyntaxKind.SwitchStatement]: refusals.switchStatement(),
  [ts.SyntaxKind.ThrowStatement]: refusals.throwStatement(),
  [ts.SyntaxKind.TryStatement]: refusals.tryStatement(),
  [ts.SyntaxKind.FunctionDeclaration]: refusals.declaration("a function declaration"),
  [ts.SyntaxKind.ClassDeclaration]: refusals.declaration("a class"),
  [ts.SyntaxKind.EnumDeclaration]: refusals.declaration("an enum"),
  [ts.SyntaxKind.LabeledStatement]: refusals.otherSyntax("a label"),
  [ts.SyntaxKind.DebuggerStatement]: refusals.unusedStatement("`debugger`"),
};

/** Lowers the rest after a refused statement, to report its problems too. */
function refuseAndContinue(rest: Next, refused: null): null {
  rest();
  return refused;
}

/** The rest of a body may be used in both branches of a conditional. It is lowered, and its problems reported, once. */
function once(lower: Next): Next {
  let done: { readonly surface: Surface | null } | undefined;
  return () => (done ??= { surface: lower() }).surface;
}
