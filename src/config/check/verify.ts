import type { Problem } from "../../../dsl/errors.js";
import { checkPipeline } from "../../../dsl/index.js";
import { modelFlaw } from "../../../dsl/model.js";
import type { RowScope } from "../../../dsl/row.js";
import { canonicalJson } from "../canonical.js";
import { modelDefinition, rebuildPipeline } from "../rebuild/rebuild.js";
import { rowsOf } from "../model-rows.js";
import type { Config, ModelConfig } from "../schema.js";
import { stepModels } from "../step-models.js";
import { configSources } from "../steps/model.js";

/** The result of `verifyConfig`. `scopes`: by step, what a row has there; empty if there are problems. */
export interface Verified {
  readonly problems: readonly Problem[];
  readonly scopes: readonly RowScope[];
}

/** Repeats the checks of `build()` on a config that matches the schema. */
export function verifyConfig(config: Config): Verified {
  const problems: Problem[] = [];
  const report = (message: string) => void problems.push({ code: "SL4004", message });
  const names = new Set(config.models.map((model) => model.name));
  if (names.size < config.models.length) report("models: two models have the same name");
  const used = new Set(
    config.steps.flatMap((step) => {
      const { serving, challengers } = stepModels(step);
      return [...serving, ...challengers];
    }),
  );
  for (const name of used)
    if (!names.has(name)) report(`steps: a step names the model '${name}', which is not among the models`);
  for (const name of names) if (!used.has(name)) report(`models: no step uses '${name}'`);
  for (const model of config.models) {
    const flaw = modelFlaw(modelDefinition(model));
    if (flaw !== null) report(`models: ${flaw}`);
    else reportRows(model, report);
  }
  if (problems.length > 0) return { problems, scopes: [] };

  const checked = checkPipeline(rebuildPipeline(config));
  if (checked.problems.length > 0) return { problems: checked.problems, scopes: [] };
  if (canonicalJson(checked.checks) !== canonicalJson(config.checks))
    report("checks: these are not the run-time checks that the models and steps require");
  config.steps.forEach((step, i) => {
    if (step.kind !== "model") return;
    const { rename, sources } = configSources(checked.sources.get(i) ?? new Map());
    if (canonicalJson([rename, sources ?? {}]) !== canonicalJson([step.rename, step.sources ?? {}])) {
      report(
        `steps[${i}]: 'rename' and 'sources' contradict each other or the model: an input is in both, a source has the name of a current output, or a constant has another dtype than its input`,
      );
    }
  });
  return { problems, scopes: problems.length > 0 ? [] : checked.scopes };
}

/** `rows` must say what the shapes say. */
function reportRows(model: ModelConfig, report: (message: string) => void): void {
  const rows = rowsOf(model);
  if (model.rows === rows) return;
  const said = model.rows === undefined ? "is missing" : `is '${model.rows}'`;
  report(
    `models: 'rows' of model '${model.name}' ${said}, but by its shapes the model is ${rows}: compile the pipeline again`,
  );
}
