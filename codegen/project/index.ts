export { compileProject, type CompiledConfig, type CompileProblem, type CompileProjectOptions } from "./compile-project.js";
export { ProjectError } from "./errors.js";
export { findPipelineFiles } from "./find.js";
export { loadPipelines, type LoadedPipeline, type LoadOptions } from "./load.js";
