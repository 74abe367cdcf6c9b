import type { Dim } from "../../../dsl/tensor.js";
import { usablePorts, type ModelSignature, type Port } from "../signature.js";
import type { RowRule } from "./row-rule.js";
import { isConventional } from "./symbols.js";

/**
 * The row axes of a model whose source or settings state some of them. The others follow: a conventional symbol, else
 * the first dimension if it has no name or, beside settings, a fixed size: the batch size. Inputs besides one with a
 * row axis are shared.
 *
 * @returns null if no port has a stated axis, or if an output's axis does not follow
 */
export function completeAxes(model: ModelSignature, statedBy: "source" | "settings"): RowRule | null {
  const [inputs, outputs] = [usablePorts(model.inputs), usablePorts(model.outputs)];
  if (![...inputs, ...outputs].some(({ rowAxis }) => rowAxis !== undefined)) return null;
  const sizes = new Set<Dim>();
  const first = ({ shape }: Port): number | undefined => {
    const dim = shape?.[0];
    if (dim === null) return 0;
    if (statedBy === "source" || typeof dim !== "number" || dim === 0) return undefined;
    sizes.add(dim);
    return 0;
  };
  const named = inputs.map(namedAxis);
  const hasNamed = named.some((axis) => axis !== undefined);
  const inputAxes = hasNamed ? named : inputs.map((port) => (port.shape?.length === 0 ? undefined : first(port)));
  const outputAxes = outputs.map((port) => namedAxis(port) ?? first(port));
  const missing = (ports: readonly Port[], axes: readonly (number | undefined)[]) =>
    ports.some(({ shape }, i) => shape !== null && axes[i] === undefined);
  if (missing(outputs, outputAxes) || sizes.size > 1) return null;
  if (inputs.length > 0 && inputAxes.every((axis, i) => axis === undefined && inputs[i]?.shape !== null)) return null;
  const [size] = sizes;
  const axesOf = (ports: readonly Port[], axes: readonly (number | undefined)[]) =>
    new Map(
      ports.flatMap(({ name }, i) => {
        const axis = axes[i];
        return axis === undefined ? [] : [[name, axis] as const];
      }),
    );
  return {
    axes: { inputs: axesOf(inputs, inputAxes), outputs: axesOf(outputs, outputAxes) },
    decision: { by: statedBy },
    ...(typeof size === "number" && { batchSize: size }),
  };
}

/** The stated axis, or that of a conventional symbol. */
function namedAxis({ shape, rowAxis }: Port): number | undefined {
  if (rowAxis !== undefined) return rowAxis;
  const axes = (shape ?? []).flatMap((dim, axis) => (typeof dim === "string" && isConventional(dim) ? [axis] : []));
  return axes.length === 1 ? axes[0] : undefined;
}
