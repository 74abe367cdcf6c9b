import { checkPipeline } from "../../../dsl/index.js";
import { canonicalJson } from "../../config/canonical.js";
import { rebuildPipeline } from "../../config/rebuild/rebuild.js";
import type { Config } from "../../config/schema.js";
import type { DefinitionProblem, Dialect } from "../platform.js";
import { conditionOf, parseCheck } from "../read/parse-check.js";
import { Problems } from "../read/problems.js";
import { backEndOf } from "../steps.js";

/**
 * Texts that a config kept from a definition are read again before the platform gets them: they must mean the
 * expression that people and the engine see.
 */
export function keptTextProblems(config: Config, dialect: Dialect): DefinitionProblem[] {
  const kept = config.steps.flatMap((step, index) =>
    step.kind === "validation" && step.expression.kept === backEndOf[dialect] ? [{ step, index }] : [],
  );
  if (kept.length === 0) return [];
  const { scopes } = checkPipeline(rebuildPipeline(config));
  return kept.flatMap(({ step: { name, expression }, index }): DefinitionProblem[] => {
    const unread = new Problems();
    const check = parseCheck(expression.strings[backEndOf[dialect]] ?? "", `steps[${index}]`, unread);
    const scope = scopes[index];
    const tree = check === null || scope === undefined ? null : conditionOf(check, scope, unread);
    if (check?.name === name && tree !== null && canonicalJson(tree) === canonicalJson(expression.tree)) return [];
    return [
      {
        code: "SL4101",
        path: `steps[${index}]`,
        message: `validation '${name}': the text that was kept for the platform does not mean its expression; read the definition again, or compile the pipeline`,
      },
    ];
  });
}
