import type { StepConfig, StepConfigOf } from "./schema.js";

/** The models of a step by what they do: those whose output may go on, and those that only run beside them. */
export interface StepModels {
  readonly answering: readonly string[];
  readonly challengers: readonly string[];
}

const answering = (...names: readonly string[]): StepModels => ({ answering: names, challengers: [] });

const modelsByKind: { readonly [K in StepConfig["kind"]]: (step: StepConfigOf<K>) => StepModels } = {
  model: (step) => answering(step.model),
  models: (step) => answering(...step.models),
  audit: () => answering(),
  select: () => answering(),
  keySplit: (step) => answering(step.default, ...Object.values(step.routes)),
  randomSplit: (step) => answering(...step.weights.map(({ model }) => model)),
  shadow: (step) => ({ answering: [step.champion], challengers: step.challengers }),
  validation: () => answering(),
  alert: () => answering(),
  refine: () => answering(),
};

/** The models that a step names; a model may stand there more than once. */
export function stepModels(step: StepConfig): StepModels {
  return (modelsByKind[step.kind] as (step: StepConfig) => StepModels)(step);
}

/** The metadata keys by which a config's splits choose, each once, in order. */
export function splitKeys(steps: readonly StepConfig[]): string[] {
  const keys = steps.flatMap((step) =>
    step.kind === "keySplit" ? [step.key] : step.kind === "randomSplit" && step.hashKey !== null ? [step.hashKey] : [],
  );
  return [...new Set(keys)];
}

/** The models of tuples whose outputs the log holds under their names: those an audit takes; without one, those of a tuple that the pipeline ends with. */
export function loggedBeside(steps: readonly StepConfig[]): string[] {
  return tuples(steps).flatMap(({ models, audit, selected }) =>
    audit !== null ? models.slice(audit.from, audit.to ?? undefined) : selected ? [] : models,
  );
}

/** Those that an answer holds: what is logged, and all of a tuple that the pipeline ends with. */
export function answeredBeside(steps: readonly StepConfig[]): string[] {
  return [
    ...new Set([...loggedBeside(steps), ...tuples(steps).flatMap(({ models, selected }) => (selected ? [] : models))]),
  ];
}

interface Tuple {
  readonly models: readonly string[];
  audit: StepConfigOf<"audit"> | null;
  selected: boolean;
}

function tuples(steps: readonly StepConfig[]): readonly Tuple[] {
  const found: Tuple[] = [];
  for (const step of steps) {
    const open = found.at(-1);
    if (step.kind === "models") found.push({ models: step.models, audit: null, selected: false });
    else if (step.kind === "audit" && open !== undefined) open.audit = step;
    else if (step.kind === "select" && open !== undefined) open.selected = true;
  }
  return found;
}
