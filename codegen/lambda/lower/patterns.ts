import { ts, type TS } from "../../typescript.js";
import type { Span, Surface } from "../../../src/expression/surface/surface.js";
import { member, withoutWrapping, type LoweringContext } from "./context.js";
import { refusals } from "../refusals.js";
import type { Scope } from "./scope.js";

/** A `let` of the surface tree; the value is null if it was refused. */
export interface Let {
  readonly name: string;
  readonly value: Surface | null;
  readonly span: Span;
}

/** Binds an identifier or a pattern to a value. `{ out: { score }, in: [first] }` declares one local per name. */
export function bindPattern(
  pattern: TS.BindingName,
  value: Surface | null,
  scope: Scope,
  context: LoweringContext,
  lets: Let[],
): void {
  if (ts.isIdentifier(pattern)) {
    lets.push({ name: scope.bind(pattern.text), value, span: context.span(pattern) });
    return;
  }
  const object = bindOnce(value, pattern, scope, context, lets);
  pattern.elements.forEach((element, position) => {
    if (ts.isOmittedExpression(element)) return;
    if (element.dotDotDotToken !== undefined) context.refuse(element, refusals.rest());
    else if (element.initializer !== undefined) context.refuse(element.initializer, refusals.defaultValue());
    bindPattern(element.name, partOf(object, pattern, position, context), scope, context, lets);
  });
}

/** The names that a pattern declares. */
export function boundNames(pattern: TS.BindingName): string[] {
  if (ts.isIdentifier(pattern)) return [pattern.text];
  return pattern.elements.flatMap((e) => (ts.isOmittedExpression(e) ? [] : boundNames(e.name)));
}

/** Gives a value that a pattern reads several times a name, unless it already is a name. */
function bindOnce(
  value: Surface | null,
  pattern: TS.BindingPattern,
  scope: Scope,
  context: LoweringContext,
  lets: Let[],
): Surface | null {
  if (value === null || value.kind === "local" || value.kind === "free") return value;
  if (value.kind === "member" || pattern.elements.length === 1) return value;
  const span = context.span(pattern);
  const name = scope.fresh("value");
  lets.push({ name, value, span });
  return { kind: "local", name, span };
}

function partOf(
  object: Surface | null,
  pattern: TS.BindingPattern,
  position: number,
  context: LoweringContext,
): Surface | null {
  const element = pattern.elements[position];
  if (element === undefined || ts.isOmittedExpression(element)) return null;
  const span = context.span(element);
  if (ts.isArrayBindingPattern(pattern))
    return object && { kind: "index", object, index: { kind: "number", value: position, span }, span };
  const key = keyOf(element);
  if (key === null) return context.refuse(element.propertyName ?? element, refusals.computedKey());
  return object && member(object, key, span);
}

function keyOf(element: TS.BindingElement): string | null {
  const key = element.propertyName ?? element.name;
  if (ts.isIdentifier(key) || ts.isStringLiteralLike(key) || ts.isNumericLiteral(key)) return key.text;
  if (!ts.isComputedPropertyName(key)) return null;
  const inner = withoutWrapping(key.expression);
  return ts.isStringLiteralLike(inner) ? inner.text : null;
}
