import { InputError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
import { didYouMean } from "../../util/did-you-mean.js";
import { joinNames } from "../../util/join-names.js";

/** The refusal of a batch or row that lacks an input; null when all are there. */
export function missingInput(
  pipeline: string,
  ports: readonly Port[],
  given: readonly string[],
  where: string,
  details: object = {},
): InputError | null {
  const absent = ports.find((port) => !given.includes(port.name));
  if (absent === undefined) return null;
  const others = given.filter((name) => !ports.some((port) => port.name === name));
  const hint = others.length === 0 ? "" : `; there is ${joinNames(others)}`;
  return new InputError("SL5003", `${where}: input '${absent.name}' of pipeline '${pipeline}' is missing${hint}`, {
    input: absent.name,
    ...details,
  });
}

/** The refusal of a column that is no input. */
export function unknownInput(
  pipeline: string,
  ports: readonly Port[],
  given: readonly string[],
  where: string,
  details: object = {},
): InputError {
  const extra = given.find((name) => !ports.some((port) => port.name === name)) ?? "";
  const inputs = ports.map((port) => port.name);
  const hint = didYouMean(extra, inputs) || `; it takes ${joinNames(inputs)}`;
  return new InputError("SL5004", `${where}: '${extra}' is no input of pipeline '${pipeline}'${hint}`, {
    column: extra,
    ...details,
  });
}
