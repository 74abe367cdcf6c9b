import type { JSONSchema } from "../../schema/json-schema.js";
import type { ServedModel } from "../models/served-model.js";
import type { TensorMetadata } from "../open-inference/protocol.js";
import { servedPorts } from "../open-inference/served-ports.js";

type Paths = Record<string, JSONSchema>;

/** A reference to a schema of the document. */
export const ref = (schema: string): JSONSchema => ({ $ref: `#/components/schemas/${schema}` });

const json = (schema: JSONSchema): JSONSchema => ({ content: { "application/json": { schema } } });

/** Answers that every request may get. */
export const errors: JSONSchema = Object.fromEntries(
  [
    ["400", "The request is wrong; the message says where and what to do."],
    ["401", "The server needs a token."],
    ["403", "The token's role does not allow this."],
    ["404", "There is no such model, pipeline or version."],
    ["405", "The path has no such method; the header Allow lists those it has."],
    ["406", "The answer has none of the media types of the header Accept."],
    ["409", "The pipeline's state does not allow this."],
    ["413", "The request is too large."],
    ["415", "The server does not read this media type or encoding."],
    ["421", "The server does not answer under this name; see --allow-host."],
    ["503", "The server is busy or not ready; Retry-After says when to try again."],
    ["504", "There was no answer in time."],
  ].map(([status = "", description]): [string, JSONSchema] => [status, { description, ...json(ref("Error")) }]),
);

/** The protocol's paths of one model or pipeline, and of its versions. */
export function inferencePaths(served: ServedModel): Paths {
  const root = `/v2/models/${encodeURIComponent(served.name)}`;
  const versions = `${root}/versions/{version}`;
  const parameters = [{ name: "version", in: "path", required: true, schema: { type: "string" } }];
  return {
    ...pathsOf(root, served, served.name),
    ...Object.fromEntries(
      Object.entries(pathsOf(versions, served, `${served.name}, a version`)).map(([path, item]) => [
        path,
        { parameters, ...item },
      ]),
    ),
  };
}

function pathsOf(root: string, served: ServedModel, what: string): Paths {
  const tags = ["Open Inference Protocol"];
  const ok = (description: string, schema: JSONSchema) => ({ "200": { description, ...json(schema) }, ...errors });
  return {
    [root]: {
      get: { tags, summary: `Metadata of ${what}`, responses: ok("Inputs and outputs", ref("ModelMetadata")) },
    },
    [`${root}/ready`]: {
      get: { tags, summary: `Readiness of ${what}`, responses: ok("Its models are loaded", { type: "object" }) },
    },
    [`${root}/infer`]: {
      post: {
        tags,
        summary: `Inference with ${what}`,
        requestBody: { required: true, ...json(inferenceRequest(served)) },
        responses: ok("The outputs", ref("InferenceResponse")),
      },
    },
  };
}

/** The JSON of a request: exactly the model's inputs. */
function inferenceRequest({ config }: ServedModel): JSONSchema {
  const { inputs, byName } = servedPorts(config);
  return {
    type: "object",
    required: ["inputs"],
    properties: {
      id: { type: "string" },
      parameters: ref("Parameters"),
      inputs: {
        type: "array",
        minItems: inputs.length,
        maxItems: inputs.length,
        items: { anyOf: inputs.map(inputTensor) },
      },
      outputs: {
        type: "array",
        items: {
          type: "object",
          required: ["name"],
          properties: { name: { enum: [...byName.keys()] }, parameters: ref("Parameters") },
        },
      },
    },
  };
}

function inputTensor({ name, datatype, shape }: TensorMetadata): JSONSchema {
  return {
    type: "object",
    required: ["name", "datatype", "shape", "data"],
    properties: {
      name: { const: name },
      datatype: { const: datatype },
      shape: {
        type: "array",
        prefixItems: shape.map((size) => (size < 0 ? { type: "integer", minimum: 1 } : { const: size })),
        minItems: shape.length,
        maxItems: shape.length,
      },
      data: { type: "array", description: "Row-major, flat or nested as the shape says." },
    },
  };
}

const tensors: JSONSchema = {
  type: "array",
  items: {
    type: "object",
    required: ["name", "datatype", "shape"],
    properties: {
      name: { type: "string" },
      datatype: { type: "string" },
      shape: { type: "array", items: { type: "integer" } },
      data: { type: "array" },
      parameters: ref("Parameters"),
    },
  },
};

/** The protocol's schemas that all models share. */
export const inferenceSchemas: Readonly<Record<string, JSONSchema>> = {
  Parameters: { type: "object", additionalProperties: { type: ["string", "number", "boolean"] } },
  ModelMetadata: {
    type: "object",
    required: ["name", "versions", "platform", "inputs", "outputs"],
    properties: {
      name: { type: "string" },
      versions: { type: "array", items: { type: "string" } },
      platform: { enum: ["onnx", "shapeline"] },
      inputs: tensors,
      outputs: tensors,
    },
  },
  InferenceResponse: {
    type: "object",
    required: ["model_name", "model_version", "outputs"],
    properties: {
      model_name: { type: "string" },
      model_version: { type: "string" },
      id: { type: "string" },
      outputs: tensors,
    },
  },
};
