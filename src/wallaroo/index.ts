export { decompile, type Decompiled } from "../config/decompile.js";
export { toPipeline, type PipelineEnds, type PipelineOfConfig } from "../config/rebuild/to-pipeline.js";
export type { Definition, DefinitionForm } from "./definition.js";
export type { DefinitionModel, DefinitionProblem, Dialect } from "./platform.js";
export { fromDefinition, type FromDefinitionOptions, type ParsedDefinition } from "./read/from-definition.js";
export type { KnownModel, ModelWithPorts, SignaturePort } from "./read/infer-ports.js";
export {
  runnableDefinition,
  type RunnableDefinition,
  type RunnableDefinitionOptions,
  type UploadedModel,
} from "./read/runnable-definition.js";
export type { DefinitionStep } from "./steps.js";
export { alertConfigurations, type AlertConfiguration } from "./write/alerts.js";
export { stringifyDefinition } from "./write/stringify.js";
export { toDefinition } from "./write/to-definition.js";
