import { InputError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
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

/** The error for a column that is not an input, where no input is missing. */
export function unknownInput(
  pipeline: string,
  ports: readonly Port[],
  names: readonly string[],
  where: string,
  details: object = {},
): InputError {
  const extra = names.find((name) => !ports.some((port) => port.name === name)) ?? "";
  const inputs = joinNames(ports.map((port) => port.name));
  return new InputError(
    "SL5004",
    `${where}: pipeline '${pipeline}' has no input '${extra}'; its inputs are ${inputs}`,
    { column: extra, ...details },
  );
}

/** The error for more columns than inputs, where no input is missing: one is there twice, or is no input. */
export function repeatedOrUnknown(
  pipeline: string,
  ports: readonly Port[],
  names: readonly string[],
  where: string,
  what: "column" | "input",
): InputError {
  const twice = names.find((name, i) => names.indexOf(name) !== i && ports.some((port) => port.name === name));
  if (twice === undefined) return unknownInput(pipeline, ports, names, where);
  return new InputError("SL5004", `${where} has the ${what} '${twice}' twice; give each ${what} once`, {
    column: twice,
  });
}
