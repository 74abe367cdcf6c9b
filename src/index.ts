import type { Config } from "./config/schema.js";

export * from "../dsl/index.js";
export { httpStatus } from "./api/http-status.js";
export { build } from "./build.js";
export {
  type JSONSchema,
  type PipelineJSONSchema,
  requestSchema,
  type RequestSchema,
  resultSchema,
  type ResultSchema,
  type SchemaIssue,
  type SchemaResult,
  type StandardSchema,
  toJSONSchema,
} from "./schema/index.js";
export type { Config };

declare module "../dsl/deployment.js" {
  interface Interop {
    config: Config;
  }
}
