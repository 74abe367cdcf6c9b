export { compileLambda, type CompileLambdaOptions, type CompiledLambda } from "./lambda/index.js";
export { generateModels, readSignature, type ModelSignature } from "./models/index.js";
export { compileProject, type CompiledConfig, type CompileProblem, type CompileProjectOptions } from "./project/compile-project.js";
