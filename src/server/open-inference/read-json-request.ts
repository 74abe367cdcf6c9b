import { InputError } from "../../../dsl/errors.js";
import { bounds, exceeded } from "../../util/bounds.js";
import { describeValue } from "../../util/format-value.js";
import { isDictionary } from "../../util/objects.js";
import { binaryElements } from "./binary-elements.js";
import { requireDtype } from "./datatypes.js";
import { type ElementsPolicy, jsonElements, RoundedInteger } from "./json-elements.js";
import { type ParsedJson, parseRequestJson } from "./parse-request-json.js";
import type { InferenceRequest, InferenceTensor, ParameterValue } from "./protocol.js";

/** A request, and which of its outputs are answered as bytes. */
export interface HttpInferenceRequest extends Omit<InferenceRequest, "model" | "version"> {
  readonly isBinary: (output: string) => boolean;
}

type Members = Readonly<Record<string, unknown>>;

/**
 * Reads the body of a request: JSON, and after it the elements of tensors that say `binary_data_size`.
 *
 * @param jsonLength the bytes of the JSON: the header Inference-Header-Content-Length
 * @param missing the inputs in which null stands for NaN
 * @throws InputError SL5xxx
 */
export function readRequest(
  body: Buffer,
  jsonLength: number,
  missing: readonly string[] = noNames,
): HttpInferenceRequest {
  const text = body.toString("utf8", 0, jsonLength);
  const rest = new BinaryPart(body, jsonLength);
  try {
    return readMembers(parseRequestJson(text, false), rest, missing, false);
  } catch (error) {
    if (!(error instanceof RoundedInteger)) throw error;
    return readMembers(parseRequestJson(text, true), new BinaryPart(body, jsonLength), missing, true);
  }
}

const noNames: readonly string[] = [];

/** The bytes after the JSON, which the inputs take in turn. */
class BinaryPart {
  readonly #body: Buffer;
  readonly #start: number;
  #at: number;

  constructor(body: Buffer, start: number) {
    this.#body = body;
    this.#start = this.#at = start;
  }

  get taken(): number {
    return this.#at - this.#start;
  }

  get left(): number {
    return this.#body.length - this.#at;
  }

  take(bytes: number): Buffer {
    const from = this.#at;
    this.#at += bytes;
    return this.#body.subarray(from, this.#at);
  }
}

/** Every request comes here: it makes few objects, and no closure unless outputs are asked for. */
function readMembers(
  { value, bareNumbers }: ParsedJson,
  rest: BinaryPart,
  missing: readonly string[],
  exact: boolean,
): HttpInferenceRequest {
  if (!isDictionary(value))
    throw new InputError("SL5000", `the body is ${describeValue(value)}; send { "inputs": [ … ] }`);
  const { id, inputs, outputs, parameters: given } = value as Members;
  if (id !== undefined && typeof id !== "string")
    throw new InputError("SL5000", `'id' is ${describeValue(id)}; give a string`);
  if (!Array.isArray(inputs))
    throw new InputError("SL5000", `'inputs' is ${describeValue(inputs)}; give a list of tensors`);
  const tensors = new Array<InferenceTensor>(inputs.length);
  for (let i = 0; i < inputs.length; i++) tensors[i] = readTensor(inputs[i], i, rest, { missing, bareNumbers, exact });
  if (rest.left > 0)
    throw new InputError(
      "SL5015",
      `the body has ${rest.taken + rest.left} bytes after its JSON, and the inputs' 'binary_data_size' says ${rest.taken}; check the header Inference-Header-Content-Length`,
    );
  const parameters = readParameters("the request", given);
  const all = parameters.binary_data_output === true;
  if (outputs === undefined)
    return { id, parameters, inputs: tensors, outputs: noNames, isBinary: all ? always : never };
  const asked = readOutputs(outputs);
  const binary = new Map(asked.map(({ name, binary: own }) => [name, own ?? all]));
  const isBinary = asked.length === 0 ? (all ? always : never) : (name: string) => binary.get(name) ?? all;
  return { id, parameters, inputs: tensors, outputs: asked.map(({ name }) => name), isBinary };
}

const always = (): boolean => true;
const never = (): boolean => false;

/** How the elements of all inputs are read. */
interface RequestPolicy extends Omit<ElementsPolicy, "nullAsNaN"> {
  readonly missing: readonly string[];
}

function readTensor(
  value: unknown,
  place: number,
  rest: BinaryPart,
  { missing, bareNumbers, exact }: RequestPolicy,
): InferenceTensor {
  if (!isDictionary(value))
    throw new InputError("SL5000", `inputs[${place}] is ${describeValue(value)}; give a tensor`);
  const { name, shape: given, datatype, data, parameters } = value as Members;
  if (typeof name !== "string")
    throw new InputError("SL5000", `inputs[${place}]: 'name' is ${describeValue(name)}; give a string`);
  const dtype = requireDtype(name, datatype);
  const shape = readShape(name, given);
  const { binary_data_size: size, shared_memory_region: region } =
    parameters === undefined ? noParameters : readParameters(`input '${name}'`, parameters);
  refuseSharedMemory(name, region);
  if (size === undefined) {
    if (!Array.isArray(data))
      throw new InputError("SL5008", `input '${name}': 'data' is ${describeValue(data)}; give a list`, { input: name });
    const policy = { nullAsNaN: missing.includes(name), bareNumbers, exact };
    return { name, dtype, shape, data: jsonElements(name, dtype, shape, data, policy) };
  }
  if (data !== undefined)
    throw new InputError("SL5000", `input '${name}' has both 'data' and 'binary_data_size'; send one of them`, {
      input: name,
    });
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw new InputError("SL5015", `input '${name}': 'binary_data_size' is ${describeValue(size)}; give bytes`, {
      input: name,
    });
  if (size > rest.left)
    throw new InputError(
      "SL5015",
      `input '${name}': 'binary_data_size' is ${size}, and ${rest.left} bytes are left in the body`,
      { input: name },
    );
  return { name, dtype, shape, data: binaryElements(name, dtype, shape, rest.take(size)) };
}

/** @throws InputError SL5000 if an input's data is in a region of shared memory, which this server does not have */
export function refuseSharedMemory(input: string, region: ParameterValue | undefined): void {
  if (region === undefined) return;
  throw new InputError("SL5000", `input '${input}': this server has no shared memory; send the data`, { input });
}

/** @throws InputError SL5015 for anything but a list of sizes */
export function readShape(input: string, shape: unknown): readonly number[] {
  const refuse = (text: string) => new InputError("SL5015", `input '${input}': ${text}`, { input });
  if (!Array.isArray(shape))
    throw refuse(`'shape' is ${describeValue(shape)}; give a list of sizes such as [3, 480, 640]`);
  if (shape.length > bounds.tensorRank.limit) throw refuse(exceeded(bounds.tensorRank, shape.length));
  for (const size of shape)
    if (!Number.isSafeInteger(size) || (size as number) < 0)
      throw refuse(`'shape' holds ${describeValue(size)}; give a list of sizes such as [3, 480, 640]`);
  return shape as readonly number[];
}

const noParameters: Readonly<Record<string, ParameterValue>> = {};

function readParameters(where: string, value: unknown): Readonly<Record<string, ParameterValue>> {
  if (value === undefined || value === null) return noParameters;
  if (!isDictionary(value))
    throw new InputError("SL5040", `the parameters of ${where} are ${describeValue(value)}; give an object`);
  const members = value as Members;
  for (const key in members) {
    const each = members[key];
    if (typeof each === "object" || typeof each === "undefined")
      throw new InputError(
        "SL5040",
        `the parameter '${key}' of ${where} must be a string, a number or a boolean, got ${describeValue(each)}`,
        { key },
      );
  }
  return members as Readonly<Record<string, ParameterValue>>;
}

/** An output that a request asks for. `binary` is null if only the request says how it is answered. */
interface AskedOutput {
  readonly name: string;
  readonly binary: boolean | null;
}

/** @throws InputError SL5000 for anything but a list of names, and for answers that this server cannot give */
export function readOutputs(value: unknown): readonly AskedOutput[] {
  if (!Array.isArray(value))
    throw new InputError("SL5000", `'outputs' is ${describeValue(value)}; give a list such as [{ "name": "output" }]`);
  return value.map((output: unknown, i) => {
    if (!isDictionary(output))
      throw new InputError("SL5000", `outputs[${i}] is ${describeValue(output)}; give { "name" }`);
    const { name, parameters } = output as Members;
    if (typeof name !== "string")
      throw new InputError("SL5000", `outputs[${i}]: 'name' is ${describeValue(name)}; give a string`);
    const {
      binary_data: binary,
      classification,
      shared_memory_region: region,
    } = readParameters(`output '${name}'`, parameters);
    if (classification !== undefined || region !== undefined)
      throw new InputError(
        "SL5000",
        `output '${name}': this server has no '${region === undefined ? "classification" : "shared_memory_region"}'; leave it out`,
      );
    if (binary !== undefined && typeof binary !== "boolean")
      throw new InputError("SL5000", `output '${name}': 'binary_data' is ${describeValue(binary)}; give true or false`);
    return { name, binary: binary ?? null };
  });
}
