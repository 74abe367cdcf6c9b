import type { Problem } from "../../dsl/errors.js";
import { checkPipeline, defineModel, pipeline, type AnyPipeline, type Model, type Port } from "../../dsl/index.js";
import { canonicalJson } from "./canonical.js";
import type { Config, ModelConfig } from "./schema.js";

/** The builder without its types: what a config says is checked when it runs. */
interface Builder extends AnyPipeline {
  model(model: Model, rename: Readonly<Record<string, string>>): Builder;
  shadow(champion: Model, challengers: readonly Model[]): Builder;
  validate(name: string, check: () => boolean): Builder;
}

/** What is wrong with a config whose parts are each well formed: the checks `build()` made, made again on the data. */
export function inconsistencies(config: Config): Problem[] {
  const problems: Problem[] = [];
  const say = (message: string) => void problems.push({ code: "SL4004", message });
  const handles = new Map(config.models.map((m) => [m.name, handleOf(m)]));
  if (handles.size < config.models.length) say("models: two models have one name");
  const used = new Set(config.steps.flatMap((step) => (step.kind === "model" ? [step.model] : step.kind === "shadow" ? [step.champion, ...step.challengers] : [])));
  for (const name of used) if (!handles.has(name)) say(`steps: they name a model '${name}', which is not among the models`);
  for (const name of handles.keys()) if (!used.has(name)) say(`models: no step uses '${name}'`);
  if (problems.length > 0) return problems;

  const model = (name: string) => handles.get(name) as Model;
  let rebuilt = pipeline(config.name, { inputs: portRecord(config.inputs) }) as unknown as Builder;
  for (const step of config.steps) {
    if (step.kind === "model") rebuilt = rebuilt.model(model(step.model), step.rename);
    else if (step.kind === "shadow") rebuilt = rebuilt.shadow(model(step.champion), step.challengers.map(model));
    else rebuilt = rebuilt.validate(step.name, () => true);
  }
  const checked = checkPipeline(rebuilt);
  if (checked.problems.length > 0) return checked.problems;
  if (canonicalJson(checked.checks) !== canonicalJson(config.checks)) say("checks: they are not the ones that its models and steps ask for");
  return problems;
}

function handleOf({ name, version, sha256, inputs, outputs }: ModelConfig): Model {
  return defineModel({ name, version, sha256, inputs: portRecord(inputs), outputs: portRecord(outputs) });
}

function portRecord(ports: readonly Port[]) {
  return Object.fromEntries(ports.map(({ name, dtype, shape }) => [name, { dtype, shape }]));
}
