import type { MetadataValue } from "../metadata.js";
import type { CompileStep } from "./context.js";
import { unitHash } from "../random-unit.js";
import { splitStep } from "./split.js";

/** Chance chooses the model, by weight; the same value of the hash key always the same model. */
export const randomSplitStep: CompileStep<"randomSplit"> = (context, index, { hashKey, weights }) => {
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  const taken = weights.filter(({ weight }) => weight > 0);
  const last = taken.at(-1)?.model ?? "";
  return splitStep(
    context,
    index,
    weights.map(({ model }) => model),
    ({ metadata }) => {
      const value = hashKey === null ? undefined : metadata.get(hashKey);
      const at = (value === undefined ? context.parts.random() : pointOf(value)) * total;
      let upTo = 0;
      for (const { model, weight } of taken) {
        upTo += weight;
        if (at < upTo) return model;
      }
      return last;
    },
  );
};

/** A number from 0 to 1 is a point itself; any other value is hashed to one. */
function pointOf(value: MetadataValue): number {
  return typeof value === "number" && value >= 0 && value <= 1 ? value : unitHash(String(value));
}
