import type { CheckState } from "../check/check-state.js";
import type { TextOf } from "../check/flaws.js";
import type { Problem } from "../errors.js";
import {
  isIdentifier,
  type IsOpen,
  type KnownNames,
  type NoKeys,
  type ScanIdentifier,
  namesRule,
  type NamesRule,
} from "../names.js";
import { kindOf } from "../value-kind.js";
import type { RowOf, UnknownRow } from "../row.js";
import { noModels, type StepDefinition } from "./step-definition.js";
import type { BeforeInference, NewStep } from "./step-kinds.js";
import type { Unstated } from "./step-list.js";

/** A named predicate that must hold for every row. */
export interface ValidationStep {
  readonly kind: "validation";
  readonly name: string;
  readonly check: (row: never) => unknown;
}

function validationStep(name: string, check: (row: never) => unknown): ValidationStep {
  return Object.freeze({ kind: "validation", name, check });
}

/** `anomaly.count` is the number of failed validations. An object cannot have an own key `__proto__`. */
const reserved = ["count", "__proto__"] as const;

// ---------------------------------------------------------------- types

/** The type-level form of a validation. */
export interface Validation<out N extends string> {
  readonly validation: N;
}

/** An identifier that is neither reserved nor taken. `N`, or the error message. */
export type ValidationName<N extends string, Taken extends string, Steps> =
  IsOpen<N> extends true
    ? BeforeInference<Steps> extends true
      ? NoInfer<NoInferenceBefore<N>>
      : N
    : RefusedName<N, Taken, Steps>;

/**
 * `ValidationName` of a name that is refused: one that is not fully known is refused before the first model only.
 * Without this second condition, a validation costs 7 instantiations fewer. `IsOpen` is inlined: 6 fewer.
 */
export type RefusedName<N extends string, Taken extends string, Steps> = NoKeys extends { readonly [K in N]: 0 }
  ? NoInfer<NoInferenceBefore<N>>
  : BeforeInference<Steps> extends true
    ? NoInfer<NoInferenceBefore<N>>
    : N extends (typeof reserved)[number]
      ? ReservedValidationName<N>
      : N extends Taken
        ? N extends KnownNames<Taken>
          ? TakenValidationName<N>
          : Identifier<N>
        : ScanIdentifier<N> extends true
          ? N
          : BadValidationName<N>;
type Identifier<N extends string> = ScanIdentifier<N> extends true ? N : BadValidationName<N>;

/** Whether `ValidationName` is a message: cheaper to find out than the message. */
export type IsRefusedName<N extends string, Taken extends string, Steps> = N extends Taken | (typeof reserved)[number]
  ? ValidationName<N, Taken, Steps> extends N
    ? false
    : true
  : ScanIdentifier<N> extends true
    ? BeforeInference<Steps>
    : IsOpen<N> extends true
      ? BeforeInference<Steps>
      : true;

/** The problem of the name of a validation after an edit; false if there is none. */
export type ValidationFlaw<N extends string, Checks extends string, Steps> = TextOf<
  ValidationName<N, Checks, Steps>,
  N
>;

/** `.validate` in the callback of an edit. */
export interface AtValidation<In, Out, Checks extends string, Steps, ByModel> {
  /** For editors. */
  validate<const N extends string>(
    name: N,
    check: (row: [Out] extends [Unstated] ? UnknownRow : RowOf<In, Out, ByModel>) => boolean,
    no: never,
  ): NewStep<Validation<N>>;
  validate<const N extends string>(
    // From the bare `N`, the compiler infers it.
    name: true extends IsRefusedName<N, Checks, Steps> ? NoInfer<RefusedName<N, Checks, Steps>> : N,
    check: (row: [Out] extends [Unstated] ? UnknownRow : RowOf<In, Out, ByModel>) => boolean,
  ): NewStep<Validation<N>>;
}

/** `.validate` if the compiler does not know the steps. */
export interface UncheckedValidation<out P> {
  /** The lambda may declare the row that it reads: `(x: Row<In, Out>) => …`. */
  validate<R = UnknownRow>(name: string, check: (row: R) => unknown): P;
}

// ---------------------------------------------------------------- run time

export function checkValidation(state: CheckState, step: ValidationStep, index: number): void {
  const { name, check } = step;
  if (state.source === null && typeof name === "string") {
    state.report("SL2005", noInferenceBefore(name), index, { validation: name });
  }
  const problem = nameProblem(name, state.validations);
  if (problem !== null) state.problems.push({ ...problem, details: { ...problem.details, step: index } });
  if (typeof check !== "function") {
    state.report("SL2006", `validation '${name}' needs a function of the row, not ${kindOf(check)}`, index);
  }
  state.validations.add(name);
}

function nameProblem(name: unknown, taken: ReadonlySet<string>): Problem | null {
  if (typeof name !== "string") {
    return { code: "SL2002", message: `a validation name must be a string, not ${kindOf(name)}` };
  }
  const details = { validation: name };
  if ((reserved as readonly string[]).includes(name)) {
    return { code: "SL2003", message: reservedValidationName(name), details };
  }
  if (taken.has(name)) return { code: "SL2004", message: takenValidationName(name), details };
  return isIdentifier(name) ? null : { code: "SL2002", message: badValidationName(name), details };
}

/** Whether a validation may have the name. */
export function isValidationName(name: string): boolean {
  return nameProblem(name, new Set()) === null;
}

export const validationKind = {
  method: "validate",
  arity: 2,
  create: validationStep,
  modelsOf: noModels,
} satisfies StepDefinition<ValidationStep>;

// ---------------------------------------------------------------- messages

type BadValidationName<N extends string> =
  `validation name '${N}' is not an identifier: use letters, digits and '_', and no digit at the beginning; ${NamesRule}`;
const badValidationName = (name: string): string =>
  `validation name '${name}' is not an identifier: use letters, digits and '_', and no digit at the beginning; ${namesRule}`;

type ReservedValidationName<N extends string> = `validation name '${N}' is reserved: choose another`;
const reservedValidationName = (name: string): string => `validation name '${name}' is reserved: choose another`;

type TakenValidationName<N extends string> = `validation name '${N}' is taken: choose another`;
const takenValidationName = (name: string): string => `validation name '${name}' is taken: choose another`;

export type NoInferenceBefore<N extends string> = `validation '${N}' needs an inference step before it`;
const noInferenceBefore = (name: string): string => `validation '${name}' needs an inference step before it`;
