import type { CompileStep } from "./context.js";
import { splitStep } from "./split.js";

/** The request's metadata choose the model: by the text of the key's value, or the default. */
export const keySplitStep: CompileStep<"keySplit"> = (context, index, { key, default: fallback, routes }) => {
  const byValue = new Map(Object.entries(routes));
  return splitStep(context, index, [fallback, ...byValue.values()], ({ metadata }) => {
    const value = metadata.get(key);
    return (value === undefined ? undefined : byValue.get(String(value))) ?? fallback;
  });
};
