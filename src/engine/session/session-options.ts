import type { InferenceSession } from "onnxruntime-node";
import type { SessionSettings } from "../session-settings.js";

/**
 * One thread per model: batches and models are mostly small, and threads that spin for work cost more than they gain.
 */
const defaults = {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 4,
} as const;

/** A model's session options, and a key for its sessions: those of equal files and options are shared. */
export interface ModelSessionOptions {
  readonly options: InferenceSession.SessionOptions;
  /** Empty for the defaults. */
  readonly key: string;
}

export const defaultSession: ModelSessionOptions = { options: defaults, key: "" };

export function sessionOptionsOf(settings: SessionSettings | undefined, model: string): ModelSessionOptions {
  const { models = {}, ...shared } = settings ?? {};
  const own = Object.hasOwn(models, model) ? models[model] : undefined;
  const chosen = { ...shared, ...own };
  const key = Object.keys(chosen).length === 0 ? "" : JSON.stringify(Object.entries(chosen).sort());
  return { options: { ...defaults, ...chosen }, key };
}
