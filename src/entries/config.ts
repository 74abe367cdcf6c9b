export { hashConfig, parseConfig, sealConfig, stringifyConfig, type UnhashedConfig } from "../config/config.js";
export { expressionSchema } from "../config/schema-parts.js";
export {
  configSchema,
  modelSchema,
  portSchema,
  runtimeCheckSchema,
  type Config,
  type ModelConfig,
  type RuntimeCheck,
  type StepConfig,
} from "../config/schema.js";
export { stepSchema } from "../config/steps/steps.js";
export { diffConfigs, type Comparable, type ConfigDiff, type StepChange } from "../diff.js";
