import { TargetError } from "../../../dsl/errors.js";
import { errorMessage } from "../../../src/util/error-message.js";
import { resolveOptions, type PluginOptions, type ResolvedOptions } from "../options.js";

const variable = "SHAPELINE_REGISTER";

/**
 * The options of `shapeline/register`, which come from an environment variable, because `--import` takes none.
 *
 * @throws TargetError SL6011 if they are not JSON, or not options
 */
export function registeredOptions(json: string | undefined): ResolvedOptions {
  return resolveOptions(json === undefined || json === "" ? {} : parse(json), "shapeline/register");
}

function parse(json: string): PluginOptions {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw invalid(errorMessage(error));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("it is not an object");
  return value;
}

const invalid = (reason: string) =>
  new TargetError(
    "SL6011",
    `the environment variable ${variable} must be options as JSON, such as '{"helpers":["src/checks.ts"]}': ${reason}`,
    { option: variable },
  );
