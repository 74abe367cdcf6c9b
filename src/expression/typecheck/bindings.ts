import type { Port } from "../../../dsl/tensor.js";
import type { Constants, SourceLocation, Surface } from "../surface/surface.js";
import type { ExpressionTree, Source } from "../tree/tree.js";

/** What a surface node stands for. `null` where a diagnostic has been given already. */
export type Meaning =
  | { readonly kind: "value"; readonly node: ExpressionTree }
  | { readonly kind: "row" }
  /** The rows of an alert's window. */
  | { readonly kind: "rows" }
  | { readonly kind: "models" }
  | { readonly kind: "ports"; readonly from: Source; readonly ports: readonly Port[] }
  | { readonly kind: "object"; readonly value: object }
  /** A list written in the lambda. */
  | { readonly kind: "items"; readonly items: readonly Meaning[] }
  /** `null` or `undefined`; no element of a row is null, and only one past the end of its list is undefined. */
  | { readonly kind: "nothing"; readonly value: null | undefined; readonly message: string; readonly hint: string }
  /** A function from outside. */
  | { readonly kind: "function"; readonly value: object; readonly name: string }
  | LambdaMeaning
  | null;

/** A function whose body is known, with the names in force where it is written. */
export interface LambdaMeaning {
  readonly kind: "lambda";
  readonly params: readonly string[];
  readonly body: Surface;
  readonly locals: Locals | null;
  readonly home: Home;
}

/** The text that spans are offsets into, and what its names from outside stand for. */
export interface Home {
  /** The helper function's name; null: the lambda itself. */
  readonly name: string | null;
  readonly source: string;
  readonly location: SourceLocation | null;
  readonly constants: Constants;
}

/** Names in force, innermost first. */
export interface Locals {
  readonly name: string;
  readonly meaning: Meaning;
  readonly outer: Locals | null;
}

export const value = (node: ExpressionTree): Meaning => ({ kind: "value", node });

/** The names in force in the body of a function that is given these arguments. */
export function bind({ params, locals }: LambdaMeaning, args: readonly Meaning[]): Locals | null {
  return params.reduce<Locals | null>((outer, name, i) => ({ name, meaning: args[i] ?? null, outer }), locals);
}
