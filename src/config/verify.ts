import type { Problem } from "../../dsl/errors.js";
import { checkPipeline } from "../../dsl/index.js";
import { modelFlaw } from "../../dsl/model.js";
import { canonicalJson } from "./canonical.js";
import { modelDefinition, rebuildPipeline } from "./rebuild.js";
import type { Config } from "./schema.js";
import { stepModels } from "./step-models.js";

/** What is wrong with a config whose parts are each well formed: the checks `build()` made, made again on the data. */
export function inconsistencies(config: Config): Problem[] {
  const problems: Problem[] = [];
  const say = (message: string) => void problems.push({ code: "SL4004", message });
  const names = new Set(config.models.map((model) => model.name));
  if (names.size < config.models.length) say("models: two models have one name");
  const used = new Set(
    config.steps.flatMap((step) => {
      const { serving, challengers } = stepModels(step);
      return [...serving, ...challengers];
    }),
  );
  for (const name of used)
    if (!names.has(name)) say(`steps: they name a model '${name}', which is not among the models`);
  for (const name of names) if (!used.has(name)) say(`models: no step uses '${name}'`);
  for (const model of config.models) {
    const flaw = modelFlaw(modelDefinition(model));
    if (flaw !== null) say(`models: ${flaw}`);
  }
  if (problems.length > 0) return problems;

  const checked = checkPipeline(rebuildPipeline(config));
  if (checked.problems.length > 0) return checked.problems;
  if (canonicalJson(checked.checks) !== canonicalJson(config.checks))
    say("checks: they are not the ones that its models and steps ask for");
  return problems;
}
