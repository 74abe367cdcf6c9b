import { TargetError } from "../../../dsl/errors.js";

export function invalid(method: string, option: string, what: string): TargetError {
  return new TargetError("SL6011", `${method}: the option '${option}' ${what}`, { option });
}
