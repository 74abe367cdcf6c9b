import type { ModelError } from "../../dsl/errors.js";
import { withRenamed, type Side } from "../../dsl/renamed-ports.js";
import { didYouMean } from "../../src/util/did-you-mean.js";
import { joinNames } from "../../src/util/join-names.js";
import type { ModelSignature, Port } from "./signature.js";

/**
 * A signature whose ports have the settings' names, and that says what the file calls them.
 *
 * @param names by the file's names; a name on both sides is renamed on both
 * @param refuse makes the error of what does not fit
 */
export function renamePorts(
  model: ModelSignature,
  names: Readonly<Record<string, string>>,
  refuse: (what: string) => ModelError,
): ModelSignature {
  const called = (port: string): string => (Object.hasOwn(names, port) ? (names[port] ?? port) : port);
  const ports = [...model.inputs, ...model.outputs];
  const there = [...new Set(ports.map(({ name }) => name))];
  for (const port of Object.keys(names)) {
    if (!there.includes(port))
      throw refuse(
        `'ports' names a port '${port}' that it does not have${didYouMean(port, there)}; there is ${joinNames(there)}`,
      );
    const unsupported = ports.find(({ name }) => name === port)?.unsupported;
    if (unsupported !== undefined) throw refuse(`'ports' renames '${port}', which is left out: it is ${unsupported}`);
  }
  const renamedOn = (side: Side): Readonly<Record<string, string>> => {
    const files = new Map<string, string>();
    for (const { name } of model[side]) {
      const other = files.get(called(name));
      if (other !== undefined)
        throw refuse(`'ports' would call two ${side} '${called(name)}': '${other}' and '${name}'`);
      files.set(called(name), name);
    }
    return Object.fromEntries([...files].filter(([name, file]) => name !== file));
  };
  const renamed = withRenamed({ inputs: renamedOn("inputs"), outputs: renamedOn("outputs") });
  const put = (port: Port): Port => ({ ...port, name: called(port.name) });
  const labels =
    model.labels && Object.fromEntries(Object.entries(model.labels).map(([port, list]) => [called(port), list]));
  return {
    ...model,
    inputs: model.inputs.map(put),
    outputs: model.outputs.map(put),
    ...(labels && { labels }),
    ...renamed,
  };
}
