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
export { decompile, type Decompiled } from "../platform/decompile.js";
export type { Dialect, PlatformDefinition, PlatformForm, PlatformModel, PlatformProblem, PlatformStep } from "../platform/definition.js";
export { diffConfigs, type Comparable, type ConfigDiff, type StepChange } from "../platform/diff.js";
export { fromPlatform, type FromPlatformOptions, type PlatformReading } from "../platform/from-platform.js";
export type { KnownModel } from "../platform/signatures.js";
export { stringifyPlatform } from "../platform/stringify.js";
export { toPlatform } from "../platform/to-platform.js";
