import type { CheckState } from "../check/check-state.js";
import type { PortState } from "../check/port-state.js";
import type { Model } from "../model.js";

/** The run-time side of a step kind. Every `steps/<kind>.ts` exports one, and `stepKinds` lists them. */
export interface StepDefinition<S> {
  /** The pipeline method that adds the step. */
  readonly method: string;
  /** The most arguments of the method. */
  readonly arity: number;
  /** The names of the method's options, which are its last argument. */
  readonly options?: readonly string[];
  /**
   * Creates the frozen step from the method's arguments. Keeps wrong arguments from plain JavaScript, so that the check
   * can name them.
   */
  readonly create: (...args: never[]) => S;
  /** The models that the step runs. The first one produces the output for the next step. Accepts wrong arguments. */
  readonly modelsOf: (step: S) => readonly Model[];
}

/**
 * Updates what arrives at the next step. Accepts wrong arguments: then it is a best guess, or unchanged. `stepAdvances`
 * lists them.
 */
export type StepAdvance<S> = (state: PortState, step: S, index: number) => void;

/**
 * Reports the problems of a step, before it advances. Every `steps/<kind>.ts` exports one, and `stepChecks` lists them:
 * apart from the definitions, because apps load the checks and their messages with `build()`.
 */
export type StepCheck<S> = (state: CheckState, step: S, index: number) => void;

/** For `modelsOf` of steps that run no model. */
export const noModels = (): readonly Model[] => [];

/** `value`, or an empty list where plain JavaScript passed something else. */
export function listOf<T>(value: readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [];
}

/** A frozen copy of a list or object; any other value is returned unchanged. */
export function frozenCopy<T>(value: T): T {
  if (Array.isArray(value)) return Object.freeze([...(value as readonly unknown[])]) as T;
  return typeof value === "object" && value !== null ? Object.freeze({ ...value }) : value;
}
