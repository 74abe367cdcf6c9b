export * from "../dsl/index.js";
export { build } from "./build.js";
export type { Config } from "./config/schema.js";
