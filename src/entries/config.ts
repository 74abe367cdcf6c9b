export { hashConfig, parseConfig, sealConfig, stringifyConfig, type Unhashed } from "../config/config.js";
export {
  configSchema,
  expressionSchema,
  modelSchema,
  portSchema,
  runtimeCheckSchema,
  stepSchema,
  type Config,
  type ModelConfig,
  type RuntimeCheck,
  type StepConfig,
} from "../config/schema.js";
export { diffConfigs, type Comparable, type ConfigDiff, type StepChange } from "../diff.js";
