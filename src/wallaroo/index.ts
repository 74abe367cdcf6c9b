export { decompile, type Decompiled } from "../config/decompile.js";
export type {
  Definition,
  DefinitionForm,
  DefinitionModel,
  DefinitionProblem,
  DefinitionStep,
  Dialect,
} from "./definition.js";
export { fromDefinition, type FromDefinitionOptions, type ParsedDefinition } from "./read/from-definition.js";
export type { KnownModel } from "./read/signatures.js";
export { stringifyDefinition } from "./write/stringify.js";
export { toDefinition } from "./write/to-definition.js";
