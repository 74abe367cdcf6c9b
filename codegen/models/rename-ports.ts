import type { ModelError } from "../../dsl/errors.js";
import { withRenamed, type Side } from "../../dsl/renamed-ports.js";
import { didYouMean } from "../../src/util/did-you-mean.js";
import { joinNames } from "../../src/util/join-names.js";
import type { ModelSignature, Port } from "./signature.js";

/**
 * Renames ports as the settings say; `renamed` in the result has the original names.
 *
 * @param names new names by original names. If an input and an output share a name, both are renamed
 * @param makeError creates the error if `names` does not fit the model
 */
export function renamePorts(
  model: ModelSignature,
  names: Readonly<Record<string, string>>,
  makeError: (what: string) => ModelError,
): ModelSignature {
  const newName = (port: string): string => (Object.hasOwn(names, port) ? (names[port] ?? port) : port);
  const ports = [...model.inputs, ...model.outputs];
  const known = [...new Set(ports.map(({ name }) => name))];
  for (const port of Object.keys(names)) {
    if (!known.includes(port))
      throw makeError(
        `'ports' lists port '${port}', which the model does not have${didYouMean(port, known)}; its ports are ${joinNames(known)}`,
      );
    const unsupported = ports.find(({ name }) => name === port)?.unsupported;
    if (unsupported !== undefined)
      throw makeError(`'ports' renames '${port}', which the handle omits: it is ${unsupported}`);
  }
  /** Original names by new names, for the ports that get another name. */
  const originalNames = (side: Side): Readonly<Record<string, string>> => {
    const byNewName = new Map<string, string>();
    for (const { name } of model[side]) {
      const other = byNewName.get(newName(name));
      if (other !== undefined)
        throw makeError(`'ports' would give two ${side} the name '${newName(name)}': '${other}' and '${name}'`);
      byNewName.set(newName(name), name);
    }
    return Object.fromEntries([...byNewName].filter(([name, original]) => name !== original));
  };
  const renamed = withRenamed({ inputs: originalNames("inputs"), outputs: originalNames("outputs") });
  const rename = (port: Port): Port => ({ ...port, name: newName(port.name) });
  const labels =
    model.labels && Object.fromEntries(Object.entries(model.labels).map(([port, list]) => [newName(port), list]));
  return {
    ...model,
    inputs: model.inputs.map(rename),
    outputs: model.outputs.map(rename),
    ...(labels && { labels }),
    ...renamed,
  };
}
