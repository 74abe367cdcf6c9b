import type { Port } from "../../../dsl/tensor.js";
import type { Constants, SourceLocation, Surface } from "../surface/surface.js";
import type { ExpressionTree, Source } from "../tree/tree.js";

/** What a surface node resolves to. Null if an error was reported for it. */
export type Resolved =
  | { readonly kind: "value"; readonly node: ExpressionTree }
  | { readonly kind: "row" }
  /** All rows of an alert's window. */
  | { readonly kind: "rows" }
  /** `x.models`. */
  | { readonly kind: "models" }
  /** The ports of one source: `x.in`, `x.out` or `x.models.<model>`. */
  | { readonly kind: "ports"; readonly from: Source; readonly ports: readonly Port[] }
  /** A plain object or array from outside the lambda. */
  | { readonly kind: "object"; readonly value: object }
  /** A list written in the lambda. */
  | { readonly kind: "items"; readonly items: readonly Resolved[] }
  /** `null` or `undefined`. No element of a row is null, and only an element past the end of its list is undefined. */
  | Nothing
  /** A function from outside the lambda. */
  | { readonly kind: "function"; readonly value: object; readonly name: string }
  | ResolvedLambda
  | null;

export interface Nothing {
  readonly kind: "nothing";
  readonly value: null | undefined;
  readonly message: string;
  readonly hint: string;
}

/** A function whose body is known, with the names that are visible where it is written. */
export interface ResolvedLambda {
  readonly kind: "lambda";
  readonly params: readonly string[];
  readonly body: Surface;
  readonly locals: Locals | null;
  readonly unit: SourceUnit;
}

/** The source text that spans are offsets into, and the values of its free variables. */
export interface SourceUnit {
  /** The name of a helper function, or null for the lambda itself. */
  readonly name: string | null;
  readonly source: string;
  readonly location: SourceLocation | null;
  readonly constants: Constants;
}

/** The visible names, innermost first. */
export interface Locals {
  readonly name: string;
  readonly resolved: Resolved;
  readonly outer: Locals | null;
}

export const valueOfNode = (node: ExpressionTree): Resolved => ({ kind: "value", node });

/** The names that are visible in a function's body when it is called with these arguments. */
export function bindArguments({ params, locals }: ResolvedLambda, args: readonly Resolved[]): Locals | null {
  return params.reduce<Locals | null>((outer, name, i) => ({ name, resolved: args[i] ?? null, outer }), locals);
}
