import { TargetError } from "../errors.js";
import { unknownOption } from "../messages/options.js";
import { kindOf } from "../value-kind.js";
import type { Target } from "./any-pipeline.js";

/**
 * Why `deploy` or `connect` of a pipeline refuses its arguments: an unknown option, no target, or a target that cannot
 * connect.
 */
export function targetMisuse(
  pipeline: string,
  method: "deploy" | "connect",
  target: unknown,
  options: object,
  known: readonly string[],
): TargetError {
  const refused = (code: "SL6000" | "SL6011", text: string) => new TargetError(code, `pipeline '${pipeline}': ${text}`);
  const isTarget = typeof (target as Partial<Target> | null | undefined)?.deploy === "function";
  const unknown = unknownOption(`${method}()`, options, known);
  // `connect` also takes servers that cannot deploy, so its options are looked at first.
  if (unknown !== null && (isTarget || method === "connect")) return refused("SL6011", unknown);
  return refused(
    "SL6000",
    isTarget
      ? `the target '${(target as Target).kind}' cannot compare what is deployed with the pipeline; deploy the pipeline there, or use the target's own methods`
      : `${method}() takes a target such as local() from 'shapeline/local', not ${kindOf(target)}`,
  );
}
