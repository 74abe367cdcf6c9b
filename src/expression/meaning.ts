import type { Port } from "../../dsl/tensor.js";
import type { Surface } from "./surface.js";
import type { ExpressionTree, Source } from "./tree.js";

/** What a surface node stands for. `null` where a diagnostic has been given already. */
export type Meaning =
  | { readonly kind: "value"; readonly node: ExpressionTree }
  | { readonly kind: "row" }
  | { readonly kind: "models" }
  | { readonly kind: "ports"; readonly from: Source; readonly ports: readonly Port[] }
  | { readonly kind: "object"; readonly value: object }
  | { readonly kind: "lambda"; readonly params: readonly string[]; readonly body: Surface; readonly locals: Locals | null }
  | null;

/** Names in force, innermost first. */
export interface Locals {
  readonly name: string;
  readonly meaning: Meaning;
  readonly outer: Locals | null;
}

export const value = (node: ExpressionTree): Meaning => ({ kind: "value", node });

/** The names in force in the body of an inner lambda. */
export function bind(test: Extract<Meaning, { kind: "lambda" }>, element: Meaning, position: Meaning): Locals | null {
  let { locals } = test;
  test.params.forEach((name, i) => {
    locals = { name, meaning: i === 0 ? element : position, outer: locals };
  });
  return locals;
}

