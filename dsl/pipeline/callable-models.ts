import type { Model } from "../model.js";

/** A pipeline's models, to be read like any list; called with models, it adds a step that runs them all. */
export type ModelList<Add> = readonly Model[] & Add;

/** One name is both data and method: a function that has the list's items, length and methods. */
export function modelList<R>(models: readonly Model[], add: (models: readonly Model[]) => R): ModelList<typeof add> {
  const list = (more: readonly Model[]): R => add(more);
  Object.setPrototypeOf(list, Array.prototype);
  Object.defineProperties(list, Object.getOwnPropertyDescriptors([...models]) as unknown as PropertyDescriptorMap);
  Object.defineProperties(list, {
    name: { value: undefined },
    toJSON: { value: () => [...models] },
    [Symbol.isConcatSpreadable]: { value: true },
  });
  return Object.freeze(list) as unknown as ModelList<typeof add>;
}
