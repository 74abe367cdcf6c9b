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
