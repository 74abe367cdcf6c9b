import { ModelError } from "../../../dsl/errors.js";
import { didYouMean } from "../../../src/util/did-you-mean.js";
import { joinNames } from "../../../src/util/join-names.js";
import type { ModelSignature, Port } from "../signature.js";

/** The model without the inputs that may be left out. */
export function withoutOptional(model: ModelSignature): ModelSignature {
  return chooseOptional(model, []);
}

/** The names of optional inputs that are accepted. */
export function optionalNames({ inputs }: ModelSignature, accepts: (port: Port) => boolean = () => true): string[] {
  return inputs.filter((port) => port.optional !== undefined && accepts(port)).map(({ name }) => name);
}

/**
 * The model with the optional inputs that the settings name. A left-out input of an optional type is listed in the
 * handle's comment; one that has its weights as a default is not.
 *
 * @throws ModelError SL3051 if the model has no such input, or needs it in any case
 */
export function chooseOptional(model: ModelSignature, names: readonly string[]): ModelSignature {
  const optional = optionalNames(model);
  for (const name of names) {
    if (optional.includes(name)) continue;
    const needed = model.inputs.some((port) => port.name === name);
    throw new ModelError(
      "SL3051",
      `the override of model '${model.name}' (${model.file ?? "no file"}) does not fit it: 'inputs' names '${name}', ${
        needed
          ? "which is no optional input: it is fed in any case. Remove it from 'inputs'"
          : `which the model does not have${didYouMean(name, optional)}; ${optional.length === 0 ? "it has no optional input" : `its optional inputs are ${joinNames(optional)}`}`
      }`,
      { model: model.name, input: name },
    );
  }
  const inputs = model.inputs.flatMap((port): readonly Port[] => {
    if (port.optional === undefined) return [port];
    if (names.includes(port.name)) {
      const { optional: _, ...fed } = port;
      return [fed];
    }
    if (port.optional === "default") return [];
    if (port.unsupported !== undefined) return [port];
    const { name, dtype, shape, optional } = port;
    const unsupported = `an optional tensor of ${dtype}: to feed it, name it in 'inputs' of the settings`;
    return [{ name, dtype: `optional(${dtype})`, shape, optional, unsupported }];
  });
  return { ...model, inputs };
}
