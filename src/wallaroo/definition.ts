import type { Dialect } from "./platform.js";
import type { DefinitionStep } from "./steps.js";

/** A pipeline as the platform stores it. */
export interface Definition {
  readonly id: string;
  readonly steps: readonly DefinitionStep[];
}

/** What a definition contains beside its meaning: the dialect and the grouping of its checks. */
export interface DefinitionForm {
  readonly dialect: Dialect;
  /**
   * The number of validations in each Check step, in the order of the config's validations. By default `polars` puts
   * adjacent validations into one Check, and `checks` makes one Check per validation.
   */
  readonly checks?: readonly number[];
  /**
   * `gauges`, only in `checks`: alerts are written as the gauges that they read. The platform needs their conditions
   * too: `alertConfigurations(config)`. By default alerts are refused.
   */
  readonly alerts?: "gauges";
}
