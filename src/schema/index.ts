export { type JSONSchema, type PipelineJSONSchema, toJSONSchema } from "./json-schema.js";
export { type RequestSchema, requestSchema } from "./request-schema.js";
export { type ResultSchema, resultSchema } from "./result-schema.js";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.js";
