import { normalForm } from "../expression/tree/normal-form.js";
import type { Config, StepConfig, UnhashedConfig } from "./schema.js";

/**
 * What the hash of a config is of: everything but the text and the place of its lambdas, the form in which a compiler
 * or minifier wrote them, and what follows from their trees. Nothing that is left out is run.
 */
export function configMeaning(config: UnhashedConfig | Config): object {
  const { hash: _, ...content } = config as Config;
  return { ...content, steps: content.steps.map(stepMeaning) };
}

function stepMeaning(step: StepConfig): object {
  if (step.kind !== "validation" && step.kind !== "alert") return step;
  const { source: _, expression, ...rest } = step;
  // A text that was kept from a platform is sent there again, and does not follow from the tree.
  const kept = "kept" in expression ? expression.kept : undefined;
  return {
    ...rest,
    tree: normalForm(expression.tree),
    ...(kept !== undefined && { kept: { [kept]: expression.strings[kept] } }),
  };
}
