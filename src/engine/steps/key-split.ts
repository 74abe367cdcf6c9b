import { serveChosenModel } from "./run-model.js";
import { engineStepKind } from "./step-kind.js";

/** The request's metadata chooses the model: by the text of the key's value, else the default. */
export const keySplitKind = engineStepKind<"keySplit">({
  compile(context, index, { key, default: fallback, routes }) {
    const byValue = new Map(Object.entries(routes));
    return serveChosenModel(context, index, [fallback, ...byValue.values()], ({ metadata }) => {
      const value = metadata.get(key);
      return (value === undefined ? undefined : byValue.get(String(value))) ?? fallback;
    });
  },
});
