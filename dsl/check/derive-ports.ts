import { arePorts, recordOf } from "../model.js";
import type { RowScope } from "../row.js";
import { advanceOf, type Step } from "../steps/step-kinds.js";
import { PortState } from "./port-state.js";

/** The ports of a list of steps, as frozen data. Where a step is wrong, they are a best guess. */
export interface DerivedPorts {
  /** The request's columns. */
  readonly inputs: object;
  readonly outputs: object;
  /** By step index, and at the end: what a lambda at that position may read. */
  readonly scopes: readonly RowScope[];
}

export function derivePorts(steps: readonly Step[], declared: object | undefined): DerivedPorts {
  const state = new PortState(arePorts(declared) ? declared : undefined);
  steps.forEach((step, index) => {
    state.recordScope();
    advanceOf(step)?.(state, step, index);
  });
  state.recordScope();
  const { tuple, scopes } = state;
  return {
    scopes,
    inputs:
      declared === undefined || arePorts(declared)
        ? recordOf(state.inputs)
        : Object.freeze({ ...(declared as object) }),
    outputs:
      tuple === null ? recordOf(state.outputs) : Object.freeze(tuple.outputs.map(({ outputs }) => recordOf(outputs))),
  };
}
