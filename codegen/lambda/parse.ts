import { ts, type TS } from "../typescript.js";
import type { Diagnostic } from "../../src/expression/surface/surface.js";
import type { LambdaNode } from "./lower/context.js";
import { diagnosticAt, diagnosticForAll, refusals } from "./refusals.js";

/** The function node of a parsed lambda, or a diagnostic if the text is not a lambda. */
export type ParsedLambda =
  { readonly node: LambdaNode; readonly file: TS.SourceFile } | { readonly diagnostic: Diagnostic };

/** Parses the text of a function: an arrow function, a function expression or a shorthand method. */
export function parseLambda(source: string): ParsedLambda {
  const asExpression = parse(`(${source}\n)`);
  const node = asExpression && onlyExpression(asExpression);
  if (asExpression && node && isLambda(node)) return { node, file: asExpression };
  // `toString()` of the method in `{ small(x) { … } }` returns `small(x) { … }`.
  const asMember = source.indexOf(")") < source.lastIndexOf("{") ? parse(`({${source}\n})`) : null;
  const method = asMember && onlyMember(asMember);
  if (asMember && method)
    return ts.isMethodDeclaration(method)
      ? { node: method, file: asMember }
      : { diagnostic: diagnosticForAll(source, refusals.notAFunction("a getter or setter")) };
  if (asExpression === null) return { diagnostic: diagnosticForAll(source, refusals.tooLarge()) };
  if (node)
    return {
      diagnostic: diagnosticForAll(source, refusals.notAFunction(ts.isClassExpression(node) ? "a class" : "this text")),
    };
  const first = parseErrors(asExpression)[0];
  if (first === undefined) return { diagnostic: diagnosticForAll(source, refusals.notAFunction("this text")) };
  const start = Math.min(Math.max(first.start - 1, 0), source.length);
  return {
    diagnostic: diagnosticAt(
      refusals.syntax(ts.flattenDiagnosticMessageText(first.messageText, " ")),
      start,
      Math.min(start + first.length, source.length),
    ),
  };
}

/** The syntax errors of a file. The parser stores them in a property that its types do not declare. */
export function parseErrors(file: TS.SourceFile): readonly TS.DiagnosticWithLocation[] {
  return (
    (file as TS.SourceFile & { readonly parseDiagnostics?: readonly TS.DiagnosticWithLocation[] }).parseDiagnostics ??
    []
  );
}

/** Parses a file; null if it is nested so deeply that the parser overflows the stack. */
export function parseFile(name: string, text: string, kind: TS.ScriptKind, setParents: boolean): TS.SourceFile | null {
  try {
    const options = { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };
    return ts.createSourceFile(name, text, options, setParents, kind);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const parse = (text: string) => parseFile("lambda.ts", text, ts.ScriptKind.TS, false);

/** The expression of a text that was wrapped in parentheses; null if it contains anything else. */
function onlyExpression(file: TS.SourceFile): TS.Expression | null {
  const [statement] = file.statements;
  if (parseErrors(file).length > 0 || file.statements.length !== 1) return null;
  if (
    statement === undefined ||
    !ts.isExpressionStatement(statement) ||
    !ts.isParenthesizedExpression(statement.expression)
  )
    return null;
  let inner: TS.Expression = statement.expression.expression;
  while (ts.isParenthesizedExpression(inner)) inner = inner.expression;
  return inner;
}

function onlyMember(file: TS.SourceFile): TS.ObjectLiteralElementLike | null {
  const expression = onlyExpression(file);
  if (expression === null || !ts.isObjectLiteralExpression(expression) || expression.properties.length !== 1)
    return null;
  const member = expression.properties[0] ?? null;
  return member !== null && (ts.isMethodDeclaration(member) || ts.isAccessor(member)) ? member : null;
}

const isLambda = (node: TS.Node): node is TS.ArrowFunction | TS.FunctionExpression =>
  ts.isArrowFunction(node) || ts.isFunctionExpression(node);
