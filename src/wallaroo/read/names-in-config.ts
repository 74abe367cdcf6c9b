import { isAlertName } from "../../../dsl/steps/alert.js";
import { isValidationName } from "../../../dsl/steps/validation.js";
import type { DefinitionModel } from "../platform.js";
import { withModels } from "../steps.js";
import type { ParsedStep } from "./group-steps.js";
import type { ParsedCheck } from "./parse-check.js";

/** Steps whose models and checks have the names that they have in the config. */
interface NamedSteps {
  readonly steps: readonly ParsedStep[];
  /** By name in the config: the model as the definition names it. */
  readonly models: ReadonlyMap<string, DefinitionModel>;
  /** By name in the config: the validation's name in the definition. */
  readonly validations: ReadonlyMap<string, string>;
}

/** Gives every model, validation and alert of a definition a name that a config can have, and no other one has. */
export function namedForConfig(all: readonly ParsedStep[]): NamedSteps {
  const models = new ModelNames();
  const validations = new CheckNames(all, isValidationName, ({ gauge }) => gauge === undefined);
  const alerts = new CheckNames(all, isAlertName, ({ gauge }) => gauge !== undefined);
  const steps = all.map((step) => alerts.rename(validations.rename(models.rename(step))));
  return { steps, models: models.models, validations: validations.all };
}

/** Gives every validation, or every alert, a name that a config can have. */
class CheckNames {
  /** The names of the definition, by those of the config. */
  readonly all = new Map<string, string>();
  /** The names that need no other. */
  readonly #given: ReadonlySet<string>;
  /** How often a name was made from the same text. */
  readonly #counts = new Map<string, number>();

  readonly #isName: (name: string) => boolean;
  readonly #isOwn: (check: ParsedCheck) => boolean;

  constructor(steps: readonly ParsedStep[], isName: (name: string) => boolean, isOwn: (check: ParsedCheck) => boolean) {
    const checks = steps.flatMap((step) => (step.kind === "checks" ? step.checks : []));
    this.#given = new Set(checks.filter(isOwn).map(({ name }) => name));
    this.#isName = isName;
    this.#isOwn = isOwn;
  }

  rename(step: ParsedStep): ParsedStep {
    if (step.kind !== "checks") return step;
    const checks = step.checks.map((check) => (this.#isOwn(check) ? { ...check, name: this.#nameOf(check) } : check));
    return { ...step, checks };
  }

  #nameOf({ name, dialect }: ParsedCheck): string {
    // A table has no two columns of one name, so two checks of the newer dialect are a problem.
    const isTaken = dialect === "checks" && this.all.has(name);
    const found = isTaken || !this.#isName(name) ? this.#freeName(name) : name;
    this.all.set(found, name);
    return found;
  }

  #freeName(name: string): string {
    const base = name.replace(/\W/g, "_").replace(/^(?=\d|$)/, "_");
    for (;;) {
      const count = (this.#counts.get(base) ?? 0) + 1;
      this.#counts.set(base, count);
      const found = count === 1 ? base : `${base}_${count}`;
      if (this.#isName(found) && !this.all.has(found) && !this.#given.has(found)) return found;
    }
  }
}

/** Gives every model of a definition a name of its own. */
class ModelNames {
  readonly models = new Map<string, DefinitionModel>();

  rename(step: ParsedStep): ParsedStep {
    if (step.kind === "inference") return { ...step, models: step.models.map((model) => this.#renamed(model)) };
    if (step.kind !== "step" || step.models === null) return step;
    return withModels(
      step,
      step.models.map((model) => this.#renamed(model)),
    );
  }

  #renamed(model: DefinitionModel): DefinitionModel {
    for (let count = 1; ; count++) {
      // A model's name on the platform has no '_'.
      const name = count === 1 ? model.name : `${model.name.slice(0, 56)}_v${count}`;
      const known = this.models.get(name);
      if (known === undefined) this.models.set(name, model);
      else if (known.name !== model.name || known.version !== model.version || known.sha !== model.sha) continue;
      return { ...model, name };
    }
  }
}
