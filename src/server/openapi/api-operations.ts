import { arrowStream, eventStream, jsonLines, tarArchive } from "../../api/routes.js";
import type { JSONSchema } from "../../schema/json-schema.js";
import { queries } from "../api/queries.js";
import { errors } from "./inference-paths.js";

const text: JSONSchema = { type: "string" };
const texts: JSONSchema = { type: "array", items: text };
const count: JSONSchema = { type: "integer", minimum: 1 };
const object: JSONSchema = { type: "object" };
const time: JSONSchema = { type: "string", description: "ISO 8601, or milliseconds since 1970" };

type Parameter = { [Q in keyof typeof queries]: keyof (typeof queries)[Q]["shape"] }[keyof typeof queries];

/** The parameters of URLs. One name has one meaning in all routes. */
const parameters: Readonly<Record<Parameter, JSONSchema>> = {
  dataset: texts,
  datasetExclude: texts,
  datasetSeparator: text,
  timeoutMs: { type: "number", exclusiveMinimum: 0 },
  values: { enum: ["nested", "typed"] },
  metadata: { type: "string", description: "JSON: the keys that splits read" },
  start: time,
  end: time,
  within: { type: "number", minimum: 0, description: "How far numbers that agree may be apart" },
  limit: { anyOf: [count, { const: "all" }] },
  valid: { type: "boolean" },
  batchRows: count,
  format: { enum: ["json", "arrow", "parquet"] },
  dataSizeLimit: { type: "string", description: 'Bytes, or a size such as "100MB"' },
  filePrefix: text,
  version: text,
  logExclude: texts,
  logRedact: texts,
  logMaxElements: { anyOf: [count, { const: "none" }] },
  models: { type: "string", description: "For commands on the server's own machine" },
  file: { type: "string", minLength: 1, description: "The file's name: its extension says the format" },
  ignoreUnknown: { type: "boolean" },
  maxBytes: count,
};

const content = (types: Readonly<Record<string, JSONSchema>>): JSONSchema => ({
  content: Object.fromEntries(Object.entries(types).map(([type, schema]) => [type, { schema }])),
});
const json = (schema: JSONSchema): JSONSchema => content({ "application/json": schema });
const listOf = (name: string): JSONSchema => ({
  type: "object",
  required: [name],
  properties: { [name]: { type: "array", items: object } },
});
const bytes = content({ "application/octet-stream": {} });

interface Operation {
  readonly summary: string;
  readonly query?: keyof typeof queries;
  readonly requestBody?: JSONSchema;
  readonly status?: string;
  readonly answer: JSONSchema;
}

function operation({ summary, query = "none", requestBody, status = "200", answer }: Operation): JSONSchema {
  const names = Object.keys(queries[query].shape) as Parameter[];
  return {
    tags: ["Shapeline"],
    summary,
    query: names.map((name) => ({ name, in: "query", schema: parameters[name] })),
    ...(requestBody !== undefined && { requestBody: { required: true, ...requestBody } }),
    responses: { [status]: { description: "The answer", ...answer }, ...errors },
  };
}

const rows: JSONSchema = {
  type: "object",
  properties: {
    records: { type: "array", items: object },
    columns: object,
    dataset: texts,
    datasetExclude: texts,
    datasetSeparator: text,
    timeoutMs: { type: "number", exclusiveMinimum: 0 },
    values: { enum: ["nested", "typed"] },
    metadata: object,
  },
};
const answered: JSONSchema = {
  type: "object",
  properties: { records: { type: "array", items: object }, columns: object, types: object },
};

/** What the OpenAPI document says of our own API: parameters, bodies and answers of each route. */
export const apiOperations = {
  pipelines: operation({ summary: "The deployed pipelines", answer: json(listOf("pipelines")) }),
  models: operation({ summary: "The models of the deployed pipelines", answer: json(listOf("models")) }),
  status: operation({ summary: "The status of a pipeline", answer: json(object) }),
  versions: operation({ summary: "The versions of a pipeline", answer: json(listOf("versions")) }),
  configuration: operation({ summary: "The config of a version", query: "configuration", answer: json(object) }),
  outline: operation({
    summary: "What a client compares its pipeline with: a version without its lambdas, as text",
    query: "configuration",
    answer: json({
      type: "object",
      required: ["version", "outline"],
      properties: { version: text, outline: { type: ["string", "null"] } },
    }),
  }),
  report: operation({ summary: "Champion and challengers compared", query: "report", answer: json(object) }),
  deploy: operation({
    summary: "Deploys the config in the body",
    query: "deploy",
    requestBody: json(object),
    status: "201",
    answer: json(object),
  }),
  undeploy: operation({ summary: "Stops a pipeline; its log is kept", answer: json(object) }),
  infer: operation({
    summary: "Inference with rows as JSON or as an Arrow stream",
    query: "infer",
    requestBody: content({ "application/json": rows, [arrowStream]: {} }),
    answer: content({ "application/json": answered, [arrowStream]: {} }),
  }),
  inferFile: operation({
    summary: "Inference with a file of rows",
    query: "inferFile",
    requestBody: bytes,
    answer: content({ "application/json": answered, [arrowStream]: {} }),
  }),
  logs: operation({
    summary: "Logged rows, newest first",
    query: "logs",
    answer: content({ [jsonLines]: {}, [arrowStream]: {} }),
  }),
  exportLogs: operation({
    summary: "The files of exportLogs as a tar archive",
    query: "exportLogs",
    answer: content({ [tarArchive]: {} }),
  }),
  alerts: operation({ summary: "State changes of alerts", answer: content({ [eventStream]: {} }) }),
} as const;
