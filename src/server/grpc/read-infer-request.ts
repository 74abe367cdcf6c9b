import { InputError } from "../../../dsl/errors.js";
import type { DType } from "../../../dsl/tensor.js";
import type { TensorElements } from "../../tensors/tensor-data.js";
import { binaryElements, decodeText } from "../open-inference/binary-elements.js";
import { datatypes, requireDtype } from "../open-inference/datatypes.js";
import { jsonElements } from "../open-inference/json-elements.js";
import type { InferenceRequest, ParameterValue } from "../open-inference/protocol.js";
import { readOutputs, readShape, refuseSharedMemory } from "../open-inference/read-json-request.js";
import type { InferParameter, InferParameters, InferTensorContents, ModelInferRequest } from "./messages.js";

/** The field with the elements of each dtype; null: only raw contents. */
export const contentsFields: Readonly<Record<DType, keyof InferTensorContents | null>> = {
  float16: null,
  float32: "fp32_contents",
  float64: "fp64_contents",
  int8: "int_contents",
  int16: "int_contents",
  int32: "int_contents",
  int64: "int64_contents",
  uint8: "uint_contents",
  uint16: "uint_contents",
  uint32: "uint_contents",
  uint64: "uint64_contents",
  bool: "bool_contents",
  string: "bytes_contents",
};

/**
 * Reads a `ModelInferRequest`.
 *
 * @throws InputError SL5xxx for tensors that contradict themselves
 */
export function readInferRequest(message: ModelInferRequest): InferenceRequest {
  const { model_name: model, model_version: version, id, inputs, raw_input_contents: raw } = message;
  if (raw.length !== 0 && raw.length !== inputs.length)
    throw new InputError(
      "SL5000",
      `raw_input_contents has ${raw.length} entries for ${inputs.length} inputs; send one for each input, or none`,
    );
  return {
    model,
    ...(version !== "" && { version }),
    ...(id !== "" && { id }),
    parameters: parametersOf("the request", message.parameters),
    inputs: inputs.map(({ name, datatype, shape, parameters, contents }, i) => {
      const dtype = requireDtype(name, datatype);
      const sizes = readShape(name, shape.map(Number));
      refuseSharedMemory(name, parametersOf(`input '${name}'`, parameters).shared_memory_region);
      const bytes = raw[i];
      const filled = Object.entries(contents ?? {}).filter(([, list]) => (list as readonly unknown[]).length > 0);
      if (bytes !== undefined && filled.length > 0)
        throw new InputError("SL5000", `input '${name}' has both contents and raw_input_contents; send one of them`, {
          input: name,
        });
      const data =
        bytes === undefined ? contentsElements(name, dtype, sizes, filled) : binaryElements(name, dtype, sizes, bytes);
      return { name, dtype, shape: sizes, data };
    }),
    outputs: readOutputs(
      message.outputs.map(({ name, parameters }) => ({
        name,
        parameters: parametersOf(`output '${name}'`, parameters),
      })),
    ).map(({ name }) => name),
  };
}

function contentsElements(
  input: string,
  dtype: DType,
  shape: readonly number[],
  filled: readonly (readonly [string, unknown])[],
): TensorElements {
  const field = contentsFields[dtype];
  if (field === null)
    throw new InputError("SL5014", `input '${input}': FP16 has no contents; send it in raw_input_contents`, { input });
  const other = filled.find(([name]) => name !== field);
  if (other !== undefined)
    throw new InputError(
      "SL5014",
      `input '${input}' is ${datatypes[dtype]} and has ${other[0]}; send its elements in ${field}`,
      { input },
    );
  const values = (filled[0]?.[1] ?? []) as readonly unknown[];
  return jsonElements(input, dtype, shape, plainValues(input, dtype, values), {
    nullAsNaN: false,
    // Contents are exact, and an infinity in them was sent as one.
    exact: true,
    bareNumbers: true,
  });
}

function plainValues(input: string, dtype: DType, values: readonly unknown[]): readonly unknown[] {
  if (dtype === "string") return values.map((bytes, i) => decodeText(input, i, bytes as Buffer));
  return dtype === "int64" || dtype === "uint64" ? values.map((text) => BigInt(text as string)) : values;
}

function parametersOf(where: string, parameters: InferParameters): Readonly<Record<string, ParameterValue>> {
  const entries = Object.entries(parameters);
  return Object.fromEntries(entries.map(([key, parameter]) => [key, parameterValue(where, key, parameter)]));
}

function parameterValue(where: string, key: string, parameter: InferParameter): ParameterValue {
  const { parameter_choice: choice } = parameter;
  const value = choice === undefined ? undefined : parameter[choice];
  if (value === undefined)
    throw new InputError("SL5040", `the parameter '${key}' of ${where} has no value; set one of its fields`, { key });
  if (choice !== "int64_param" && choice !== "uint64_param") return value;
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new InputError(
    "SL5040",
    `the parameter '${key}' of ${where} is ${value}, beyond 2^53, where integers are not exact; send it as a string`,
    { key },
  );
}
