import type { InferenceSession } from "onnxruntime-node";

/** How ONNX Runtime runs a model. The names are its own. */
export interface SessionOptions {
  /** Threads that share the work of one operator; 0: as many as there are cores. Default: 1. */
  readonly intraOpNumThreads?: number;
  /** Threads that run operators side by side; 0: as many as there are cores. Default: 1. */
  readonly interOpNumThreads?: number;
  /** How much the runtime rewrites the model when it loads. Default: "all". */
  readonly graphOptimizationLevel?: "disabled" | "basic" | "extended" | "all";
  /**
   * `false`: memory goes back after each run. Default: true, where a session keeps what its largest run took, so that
   * later runs need not ask for it.
   */
  readonly enableCpuMemArena?: boolean;
  /** Where operators run, the preferred one first, such as `["cuda", "cpu"]`. Default: `["cpu"]`. */
  readonly executionProviders?: readonly (string | { readonly name: string; readonly [option: string]: unknown })[];
}

/** Options for all models, and for single models by name. */
export interface SessionSettings extends SessionOptions {
  readonly models?: Readonly<Record<string, SessionOptions>>;
}

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
