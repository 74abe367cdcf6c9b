import { InputError } from "../../../dsl/errors.js";
import type { DType, Port } from "../../../dsl/tensor.js";
import { elementArrays } from "../../tensors/dtypes.js";
import { type RowsTensor, isRagged, elementCount } from "../../tensors/tensor-data.js";
import { bounds, exceeded } from "../../util/bounds.js";

/** The most that one request may hold, over all its inputs; `local({ limits })` sets it. */
export interface RequestLimits {
  readonly requestElements: number;
  /** Bytes of the elements as models get them; a text has two bytes a character. */
  readonly requestBytes: number;
}

export const defaultRequestLimits: RequestLimits = {
  requestElements: bounds.requestElements.limit,
  requestBytes: bounds.requestBytes.limit,
};

/**
 * Checks what one input needs before it is allocated.
 *
 * @throws InputError SL5022
 */
export function requireInputSize({ name, dtype }: Port, elements: number, limits: RequestLimits): void {
  requireSize(elements, elements * bytesPerElement(dtype), limits, name);
}

/**
 * Checks a request as a whole, and that each input has as many elements as its dimensions say: a caller's object may
 * have answered with one length and then with another.
 *
 * @throws InputError SL5022, SL5000
 */
export function requireRequestSize(inputs: readonly Port[], tensors: readonly RowsTensor[], limits: RequestLimits) {
  let elements = 0;
  let bytes = 0;
  for (let i = 0; i < tensors.length; i++) {
    const tensor = tensors[i] as RowsTensor;
    const { data, dtype } = tensor;
    const stated = isRagged(tensor) ? (tensor.offsets.at(-1) ?? 0) : elementCount(tensor.dims);
    if (data.length !== stated)
      throw new InputError("SL5000", `input '${inputs[i]?.name ?? ""}' changed while it was read; give plain arrays`, {
        input: inputs[i]?.name,
      });
    elements += data.length;
    if (dtype !== "string") bytes += data.length * bytesPerElement(dtype);
    else for (const text of data as readonly string[]) bytes += text.length * 2;
  }
  requireSize(elements, bytes, limits, null);
}

function bytesPerElement(dtype: DType): number {
  return dtype === "string" ? 0 : elementArrays[dtype].BYTES_PER_ELEMENT;
}

function requireSize(elements: number, bytes: number, limits: RequestLimits, input: string | null): void {
  const { requestElements, requestBytes } = limits;
  if (elements <= requestElements && bytes <= requestBytes) return;
  const [bound, limit, found] =
    elements > requestElements
      ? [bounds.requestElements, requestElements, elements]
      : [bounds.requestBytes, requestBytes, bytes];
  const where = input === null ? "" : `input '${input}': `;
  throw new InputError("SL5022", `${where}${exceeded({ ...bound, limit }, found)}`, { limit, found });
}
