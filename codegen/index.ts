export { compileLambda, type CompiledLambda, type CompileLambdaOptions } from "./lambda/compile-lambda.js";
export { generateModels, type GenerateOptions, type GenerateResult } from "./models/generate.js";
export { readSignature } from "./models/read-signature.js";
export { signatureJsonSchema } from "./models/formats/signature-file.js";
export {
  unsupportedPorts,
  usablePorts,
  type ModelSignature,
  type Port,
  type UnsupportedPort,
} from "./models/signature.js";
export { compileProject, type CompileProjectOptions } from "./project/compile-project.js";
export type { CompiledConfig, CompileProblem } from "./project/compile-result.js";
export { defineConfig, type ModelOverride, type Settings } from "./settings/schema.js";
export type { BackEnd } from "../src/expression/backends/back-ends.js";
export type { Expression } from "../src/expression/compile.js";
export type { Diagnostic } from "../src/expression/surface/surface.js";
