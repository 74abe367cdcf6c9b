import {
  constant,
  isConstantData,
  readConstant,
  type ConstantData,
  type ConstantValue,
} from "../../../dsl/constant.js";
import { didYouMean } from "../../../src/util/did-you-mean.js";
import { joinNames } from "../../../src/util/join-names.js";
import { formatTensor } from "../../../src/config/format-tensor.js";
import type { ModelOverride } from "../../settings/schema.js";
import type { Refuse } from "../rows/row-settings.js";
import { usablePorts, type ModelSignature, type UsablePort } from "../signature.js";

/**
 * The model with constants for some of its inputs: these are no inputs of the handle, and have the same value in every
 * run.
 */
export function withConstants(
  model: ModelSignature,
  constants: NonNullable<ModelOverride["constants"]>,
  refuse: Refuse,
): ModelSignature {
  const names = Object.keys(constants);
  if (names.length === 0) return model;
  const ports = usablePorts(model.inputs);
  const values = names.map((name) => {
    const port = ports.find((candidate) => candidate.name === name);
    const known = ports.map((candidate) => candidate.name);
    if (port === undefined)
      throw refuse(
        `'constants' lists input '${name}', which the model does not have${didYouMean(name, known)}; its inputs are ${joinNames(known)}`,
      );
    return [name, valueOf(port, constants[name], refuse)] as const;
  });
  const inputs = model.inputs.filter(({ name }) => !names.includes(name));
  if (usablePorts(inputs).length === 0)
    throw refuse("'constants' names all of its inputs: a row of a request needs at least one");
  return { ...model, inputs, constants: Object.fromEntries(values) };
}

function valueOf(port: UsablePort, value: unknown, refuse: Refuse): ConstantData {
  const { name, dtype, shape } = port;
  const isInt64 = dtype === "int64" || dtype === "uint64";
  const read = readConstant(constant((isInt64 ? withBigInts(value) : value) as ConstantValue), { dtype, shape });
  const wants = `'constants' gives '${name}' a value that ${formatTensor(port)} does not take`;
  if (!isConstantData(read))
    throw refuse(
      `${wants}: it ${"holds" in read ? `holds ${read.holds}${isInt64 ? "; write whole numbers or strings of digits" : ""}` : read.text}`,
    );
  const fits =
    shape === null ||
    (shape.length === read.shape.length &&
      shape.every((dim, axis) => typeof dim !== "number" || dim === read.shape[axis]));
  if (!fits) throw refuse(`${wants}: its shape is [${read.shape.join(", ")}]. Write nested lists of the input's shape`);
  return read;
}

/** JSON has no bigint: whole numbers and strings of digits stand for them. */
function withBigInts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBigInts);
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  return typeof value === "string" && /^-?\d{1,20}$/.test(value) ? BigInt(value) : value;
}
