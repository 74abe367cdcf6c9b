import { LambdaError } from "../../../dsl/errors.js";
import type { RowScope } from "../../../dsl/row.js";
import type { ExpressionTree, Op } from "../tree/tree.js";

/**
 * Emits a validation in a back-end's language.
 *
 * @param name the validation's name, for languages that store it
 * @param scope the ports available to the validation, for languages that store them
 * @throws LambdaError SL12xx if the text cannot mean exactly what the lambda means
 */
export type ValidationEmitter = (tree: ExpressionTree, name: string | undefined, scope: RowScope) => string;

/** The properties of an alert that languages may store beside its condition. */
export interface AlertContext {
  readonly pipeline: string;
  readonly name: string;
  readonly overSeconds: number;
  readonly scope: RowScope;
}

/** Emits the condition of an alert. Throws as a `ValidationEmitter` does. */
export type AlertEmitter = (tree: ExpressionTree, context: AlertContext) => string;

/** For docs/back-ends.md: the operations that need more than the language's own operation, and what is added. */
export type Guards = Readonly<Partial<Record<Op, string>>>;

/** One target language. */
export interface BackEndDefinition {
  /** Null for a language that only has alerts. */
  readonly validation: ValidationEmitter | null;
  readonly alert: AlertEmitter;
  readonly guards: Guards;
}

/** A target language that has validations. */
export interface ValidationBackEnd extends BackEndDefinition {
  readonly validation: ValidationEmitter;
}

/** The alert emitter of a language that evaluates one row at a time: it refuses every alert. */
export const rowByRow =
  (label: string): AlertEmitter =>
  () => {
    throw new LambdaError("SL1201", `${label} evaluates one row at a time, and an alert covers many`);
  };

/** Guards that several back-ends share. */
export const commonGuards = {
  orderings: (text: string): Guards => ({ "<": text, ">": text, "<=": text, ">=": text }),
  nanOrder: "excludes NaN, which is above all numbers there",
  nanEquality: "excludes two NaN, which are equal there",
  rounding: "with floor and ceil",
  sign: "with comparisons, which keep NaN and -0",
  zeros: "a conditional that returns NaN if one is NaN, and orders -0 below 0",
  filled: "a value is filled in where an element is missing",
} as const;
