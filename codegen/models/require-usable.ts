import { ModelError } from "../../dsl/errors.js";
import { bounds, exceeded } from "../../src/util/bounds.js";
import { unsupportedPorts, usablePorts, type ModelSignature, type UsablePort } from "./signature.js";

/**
 * Checks that a handle can be made of a model: it has an input and an output, and each input that it needs can be fed.
 * Outputs that cannot be read are left out.
 *
 * @throws ModelError SL3013
 */
export function requireUsable(model: ModelSignature): void {
  for (const side of ["input", "output"] as const) {
    const ports = model[`${side}s`];
    if (usablePorts(ports).length > 0) continue;
    const reasons = unsupportedPorts(ports).map(({ name, unsupported }) => `'${name}' is ${unsupported}`);
    const why =
      reasons.length > 0
        ? reasons.join("; ")
        : `the file lists no ${side}s; ${model.irVersion === 0 ? "add a source that does under 'sources' in the settings" : "export the model with at least one"}`;
    throw new ModelError(
      "SL3013",
      `model '${model.name}' (${model.file ?? "no file"}) has no ${side} that a pipeline can use: ${why}`,
      { model: model.name, side },
    );
  }
  const needed = unsupportedPorts(model.inputs).find(({ optional }) => optional === undefined);
  if (needed === undefined) return;
  throw new ModelError(
    "SL3013",
    `model '${model.name}' (${model.file ?? "no file"}) needs an input that a pipeline cannot feed: '${needed.name}' is ${needed.unsupported}`,
    { model: model.name, side: "input" },
  );
}

/**
 * Checks that no port declares more elements than a config may fix.
 *
 * @throws ModelError SL3013
 */
export function requireSizes(model: ModelSignature): void {
  for (const side of ["input", "output"] as const)
    for (const port of usablePorts(model[`${side}s`])) requireSize(model, side, port);
}

function requireSize(model: ModelSignature, side: "input" | "output", { name, shape }: UsablePort): void {
  const elements = (shape ?? []).reduce<number>(
    (product, dim) => (typeof dim === "number" ? product * dim : product),
    1,
  );
  const all = elements * (shape?.includes("batch") === true ? (model.batchSize ?? 1) : 1);
  if (all <= bounds.tensorElements.limit) return;
  const found = Number.isSafeInteger(all) ? all : undefined;
  throw new ModelError(
    "SL3013",
    `model '${model.name}' (${model.file ?? "no file"}) has an ${side} '${name}' that is too large: ${exceeded(bounds.tensorElements, found)}`,
    { model: model.name, side, port: name },
  );
}
