import type { DefinitionModel } from "../definition.js";
import type { ParsedCheck } from "./parse-check.js";
import type { Problems, ReadStep } from "./read-steps.js";

type Inference =
  | { readonly kind: "model" | "models" | "shadow"; readonly path: string; readonly models: readonly DefinitionModel[] }
  | Extract<ReadStep, { kind: "keySplit" | "randomSplit" }>;

/** A step as a config has it; a shadow is one. The checks of one Check step stand together. */
export type Part =
  | Inference
  | Extract<ReadStep, { kind: "audit" | "select" }>
  | { readonly kind: "checks"; readonly path: string; readonly checks: readonly ParsedCheck[] };

/** What was read of a step: its texts parsed, where it has any. */
export type Parsed =
  | Exclude<ReadStep, { kind: "check" }>
  | { readonly kind: "checks"; readonly path: string; readonly checks: readonly ParsedCheck[] };

/** The models whose outputs may go on after a part, or null where it runs none. */
export function modelsOfPart(part: Part): readonly DefinitionModel[] | null {
  switch (part.kind) {
    case "model":
    case "models":
    case "shadow":
      return part.models;
    case "keySplit":
      return [part.default, ...part.routes.map(([, model]) => model)];
    case "randomSplit":
      return part.weights.map(({ model }) => model);
    default:
      return null;
  }
}

/**
 * Finds shadows in their three steps, and puts the older dialect's checks where they are written here: that SDK inserts each
 * right after the last inference step, so that the newest comes first and an audit or select comes after them.
 */
export function arranged(steps: readonly Parsed[], isOlder: boolean, problems: Problems): Part[] {
  const parts: Part[] = [];
  for (let i = 0; i < steps.length;) {
    const step = steps[i] as Parsed;
    i++;
    if (step.kind === "multiOut") {
      problems.say(
        "SL4111",
        step.path,
        "MultiOut stands only as the end of a shadow: after a step of several models and an audit from 1",
      );
      continue;
    }
    if (step.kind !== "inference" && step.kind !== "keySplit" && step.kind !== "randomSplit") {
      if (step.kind === "checks" && isOlder) {
        problems.say("SL4113", step.path, "the older platforms have checks right after an inference step only");
      } else parts.push(step);
      continue;
    }
    const checks: Part[] = [];
    for (let next = steps[i]; isOlder && next?.kind === "checks"; next = steps[++i]) checks.unshift(next);
    if (step.kind === "inference") {
      const [audit, end] = [steps[i], steps[i + 1]];
      const isShadow =
        step.models.length > 1 &&
        audit?.kind === "audit" &&
        audit.from === 1 &&
        audit.to === null &&
        end?.kind === "multiOut";
      if (isShadow) i += 2;
      parts.push({
        kind: isShadow ? "shadow" : step.models.length > 1 ? "models" : "model",
        path: step.path,
        models: step.models,
      });
    } else parts.push(step);
    if (checks.length === 0) continue;
    for (let next = steps[i]; next?.kind === "audit" || next?.kind === "select"; next = steps[++i]) parts.push(next);
    parts.push(...checks);
  }
  return parts;
}
