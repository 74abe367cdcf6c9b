import type { MetadataValue } from "../metadata.js";
import { unitHash } from "../random-unit.js";
import { serveChosenModel } from "./run-model.js";
import { engineStepKind } from "./step-kind.js";

/** Chooses the model at random, by weight. The same value of the hash key always chooses the same model. */
export const randomSplitKind = engineStepKind<"randomSplit">({
  compile(context, index, { hashKey, weights }) {
    const total = weights.reduce((sum, { weight }) => sum + weight, 0);
    const used = weights.filter(({ weight }) => weight > 0);
    const last = used.at(-1)?.model ?? "";
    return serveChosenModel(
      context,
      index,
      weights.map(({ model }) => model),
      ({ metadata }) => {
        const value = hashKey === null ? undefined : metadata.get(hashKey);
        const point = (value === undefined ? context.parts.random() : unitPoint(value)) * total;
        let upTo = 0;
        for (const { model, weight } of used) {
          upTo += weight;
          if (point < upTo) return model;
        }
        return last;
      },
    );
  },
});

/** A number from 0 to 1 is used as it is; any other value is hashed to one. */
function unitPoint(value: MetadataValue): number {
  return typeof value === "number" && value >= 0 && value <= 1 ? value : unitHash(String(value));
}
