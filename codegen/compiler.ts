/**
 * The compiler, as the command line and the first `build()` load it. Import this module lazily: it loads the TypeScript
 * parser. In the package it is a single file: `scripts/build.mjs` bundles everything it imports into
 * `dist/codegen/compiler.js`, because a hundred small modules take longer to load than one.
 */
export { buildConfig } from "./build-config.js";
export { compileFiles } from "./project/compile-files.js";
