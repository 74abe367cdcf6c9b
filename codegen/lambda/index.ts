export { attachLambdas, type AttachedFile, type AttachOptions } from "./attach.js";
export { compileLambda, type CompiledLambda, type CompileLambdaOptions } from "./compile-lambda.js";
export { renderDiagnostic, type DiagnosticOrigin, type RenderOptions } from "./diagnostics.js";
export type { Edit } from "./edits.js";
export { lowerLambda, type Lowered, type LowerOptions } from "./lower.js";
export type { FreePath, LambdaNode } from "./lowering.js";
export { readLambda, type ReadLambda } from "./run-time.js";
