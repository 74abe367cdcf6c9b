import { InputError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
import { didYouMean } from "../../util/did-you-mean.js";
import { joinNames } from "../../util/join-names.js";

/** The error for a batch or row that lacks an input; null if none is missing. */
export function missingInput(
  pipeline: string,
  ports: readonly Port[],
  names: readonly string[],
  where: string,
  details: object = {},
): InputError | null {
  const absent = ports.find((port) => !names.includes(port.name));
  if (absent === undefined) return null;
  const others = names.filter((name) => !ports.some((port) => port.name === name));
  const hint = others.length === 0 ? "" : `; found ${joinNames(others)}`;
  return new InputError("SL5003", `${where}: input '${absent.name}' of pipeline '${pipeline}' is missing${hint}`, {
    input: absent.name,
    ...details,
  });
}

/** The error for a column that is not an input. */
export function unknownInput(
  pipeline: string,
  ports: readonly Port[],
  names: readonly string[],
  where: string,
  details: object = {},
): InputError {
  const extra = names.find((name) => !ports.some((port) => port.name === name)) ?? "";
  const inputs = ports.map((port) => port.name);
  const hint = didYouMean(extra, inputs) || `; its inputs are ${joinNames(inputs)}`;
  return new InputError("SL5004", `${where}: pipeline '${pipeline}' has no input '${extra}'${hint}`, {
    column: extra,
    ...details,
  });
}
