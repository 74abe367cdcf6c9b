export { hashConfig, parseConfig, sealConfig, stringifyConfig, type Unhashed } from "./config.js";
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
} from "./schema.js";
