export { generateModels, type GenerateOptions, type GenerateResult } from "./generate.js";
export { identifiersFor, modelName, type Identifiers } from "./identifier.js";
export { readSignature } from "./read-signature.js";
export { unsupportedPorts, usablePorts, type ModelSignature, type Port, type UnsupportedPort } from "./signature.js";
export { writeModels } from "./writer.js";
