import { isShared, rowAxis } from "../../../dsl/rows.js";
import { joinNames } from "../../../src/util/join-names.js";
import { usablePorts, type ModelSignature, type UsablePort } from "../signature.js";

/**
 * What a row of a model is, where it is not the plain case: all rows along axis 0, any number of them. For the output
 * of `shapeline generate` and the handle's doc comment.
 *
 * @returns null in the plain case
 * @example
 * describeRows(vad); // "axis 0 of 'x' and 'y', axis 1 of 'state' (symbol 'batch'); 'sr' is shared by all rows"
 */
export function describeRows(model: ModelSignature): string | null {
  const [inputs, outputs] = [usablePorts(model.inputs), usablePorts(model.outputs)];
  const axes = axesOf([...inputs, ...outputs]);
  if (axes.size === 0) {
    const why =
      model.rows?.by === "none" ? "no dimension stands for rows in the inputs and all outputs" : whoSays(model);
    return `whole: each row is a run of its own, and its values are whole tensors (${why})`;
  }
  const shared = inputs.filter((port) => isShared(port, inputs)).map(({ name }) => name);
  const plain = axes.size === 1 && axes.has(0);
  if (plain && shared.length === 0 && model.batchSize === undefined) return null;
  const where =
    axes.size === 1
      ? `axis ${[...axes.keys()][0] ?? 0} of all ports`
      : [...axes].map(([axis, names]) => `axis ${axis} of ${joinNames(names)}`).join(", ");
  const size = model.batchSize;
  return [
    `${shared.length > 0 ? where.replace("all ports", "the other ports") : where} (${whoSays(model)})`,
    ...(shared.length === 0 ? [] : [`${joinNames(shared)} ${shared.length === 1 ? "is" : "are"} shared by all rows`]),
    ...(size === undefined ? [] : [`a run takes ${size} ${size === 1 ? "row" : "rows"}`]),
  ].join("; ");
}

/** Port names by row axis, in ascending order of the axes. */
function axesOf(ports: readonly UsablePort[]): ReadonlyMap<number, readonly string[]> {
  const axes = new Map<number, Set<string>>();
  for (const { name, shape } of ports) {
    const axis = shape === null ? -1 : rowAxis(shape);
    if (axis >= 0) axes.set(axis, (axes.get(axis) ?? new Set()).add(name));
  }
  return new Map([...axes].sort(([a], [b]) => a - b).map(([axis, names]) => [axis, [...names]]));
}

function whoSays({ rows, producer }: ModelSignature): string {
  switch (rows?.by) {
    case "settings":
      return "as the settings say";
    case "symbol":
      return `symbol '${rows.symbol ?? "batch"}'`;
    case "anonymous":
      return "it has no name and no size in any port";
    case "size":
      return "it has the same size in all ports";
    default:
      return producer === "" ? "as the source states" : `as ${producer} states`;
  }
}
