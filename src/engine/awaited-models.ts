import type { Config } from "../config/schema.js";
import { stepModels } from "../config/step-models.js";
import { modelsReadLater } from "./steps/sources.js";
import { stepKind } from "./steps/steps.js";

/**
 * The challengers and models of tuples whose outputs a step reads before the answer, in a lambda or as a source: the
 * answer waits for these.
 */
export function awaitedModels(config: Config): ReadonlySet<string> {
  const columns = new Set(config.steps.flatMap((step) => stepKind(step.kind).columnsRead(step)));
  const sideModels = config.steps.flatMap((step) => [
    ...stepModels(step).challengers,
    ...stepKind(step.kind).tupleModels(step),
  ]);
  const readLater = modelsReadLater(config.steps);
  const isRead = (name: string): boolean => {
    if (readLater.has(name)) return true;
    const model = config.models.find((candidate) => candidate.name === name);
    return model?.outputs.some((port) => columns.has(`out_${name}.${port.name}`)) ?? false;
  };
  return new Set(sideModels.filter(isRead));
}
