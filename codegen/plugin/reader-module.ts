/** The module that reads lambdas at run time, by its path. `scripts/build.mjs` writes it and its replacement. */
export const readerModule = /[\\/]shapeline-lambda-reader\.js(?:$|\?)/;

/** What takes its place in bundles: the module beside it, which needs no parser. */
export const readerReplacement = 'export { readLambda } from "./shapeline-uncompiled-lambda.js";';
