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
export { decompile, type Decompiled } from "./decompile.js";
export type {
  Dialect,
  PlatformDefinition,
  PlatformForm,
  PlatformModel,
  PlatformProblem,
  PlatformStep,
} from "../wallaroo/definition.js";
export { diffConfigs, type Comparable, type ConfigDiff, type StepChange } from "../diff.js";
export { fromPlatform, type FromPlatformOptions, type PlatformReading } from "../wallaroo/read/from-wallaroo.js";
export type { KnownModel } from "../wallaroo/read/signatures.js";
export { stringifyPlatform } from "../wallaroo/write/stringify.js";
export { toPlatform } from "../wallaroo/write/to-wallaroo.js";
