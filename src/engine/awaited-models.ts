import type { Config } from "../config/schema.js";
import { columnsRead } from "../expression/tree/tree.js";

/** The models beside the answer, challengers and those of a tuple, whose outputs some validation reads: the answer waits for these. */
export function awaitedModels(config: Config): ReadonlySet<string> {
  const columns = new Set(
    config.steps.flatMap((step) => (step.kind === "validation" ? columnsRead(step.expression.tree) : [])),
  );
  const beside = config.steps.flatMap((step) =>
    step.kind === "shadow" ? step.challengers : step.kind === "models" ? step.models : [],
  );
  const reads = (name: string): boolean => {
    const model = config.models.find((candidate) => candidate.name === name);
    return model?.outputs.some((port) => columns.has(`out_${name}.${port.name}`)) ?? false;
  };
  return new Set(beside.filter(reads));
}
