import { InputError } from "../../../dsl/errors.js";
import type { Port } from "../../../dsl/tensor.js";
import type { TensorData, TensorElements } from "../../tensors/tensor-data.js";
import { describeValue, isArrayOrTypedArray } from "../../util/format-value.js";
import { elementTypes } from "./elements.js";
import type { InputBatch } from "./input-batch.js";
import { missingInput, unknownInput } from "./names.js";
import { type Bindings, rowDims } from "./row-shape.js";
import { rowsReader } from "./rows.js";

type Elements = Exclude<TensorElements, readonly string[]>;

/**
 * Makes the reader of `{ port: rows }`, where rows are a list with one entry a row, or all elements one after the other in the
 * typed array of the port's dtype (float16: bits in a Uint16Array; bool: 0 or 1 in a Uint8Array).
 */
export function columnReader(pipeline: string, ports: readonly Port[]): (columns: object) => InputBatch {
  const readers = ports.map((port) => ({ port, read: rowsReader(port, null) }));
  return (columns) => {
    const given = Object.keys(columns);
    const fault =
      missingInput(pipeline, ports, given, "the batch") ??
      (given.length > ports.length ? unknownInput(pipeline, ports, given, "the batch") : null);
    if (fault !== null) throw fault;
    const values = columns as Readonly<Record<string, unknown>>;
    const bindings: Bindings = new Map();
    const tensors = readers.map(({ port, read }) => readColumn(port, read, values[port.name], bindings));
    const rows = tensors[0]?.dims[0] ?? 0;
    for (const [i, tensor] of tensors.entries()) {
      if (tensor.dims[0] === rows) continue;
      throw new InputError(
        "SL5013",
        `input '${ports[i]?.name}' has ${tensor.dims[0]} rows but input '${ports[0]?.name}' has ${rows}; give every input the same number of rows`,
      );
    }
    return { form: "columns", rows, tensors };
  };
}

function readColumn(port: Port, read: ReturnType<typeof rowsReader>, value: unknown, bindings: Bindings): TensorData {
  const details = { input: port.name };
  if (!isArrayOrTypedArray(value)) {
    throw new InputError(
      "SL5008",
      `input '${port.name}': expected a list with one entry a row, or a typed array of all elements, got ${describeValue(value)}`,
      details,
    );
  }
  if (value.length === 0) throw new InputError("SL5001", "the batch is empty: give at least one row");
  const dims = rowDims(port);
  // In a column of scalars a typed array has one element a row; elsewhere it is the rows laid end to end.
  if (ArrayBuffer.isView(value)) return readFlat(port, value as Elements, dims);
  return read(value, bindings);
}

function readFlat(port: Port, value: Elements, dims: ReturnType<typeof rowDims>): TensorData {
  const details = { input: port.name };
  const { array } = elementTypes[port.dtype];
  if (array === null || !(value instanceof array)) {
    const expected = array === null ? "a list of strings" : `a ${array.name}`;
    throw new InputError(
      "SL5014",
      `input '${port.name}' is ${port.dtype}: expected ${expected}, got a ${value.constructor.name}`,
      details,
    );
  }
  const sizes = dims?.filter((dim) => typeof dim === "number");
  if (dims === null || sizes === undefined || sizes.length !== dims.length) {
    throw new InputError(
      "SL5015",
      `input '${port.name}' has no fixed row size, so a flat typed array cannot be cut into rows; give a list with one entry a row`,
      details,
    );
  }
  const size = sizes.reduce((product, dim) => product * dim, 1);
  if (size === 0 || value.length % size !== 0) {
    throw new InputError(
      "SL5015",
      `input '${port.name}': ${value.length} elements are no whole number of rows of ${size}`,
      details,
    );
  }
  if (port.dtype === "bool") {
    const at = (value as Uint8Array).findIndex((byte) => byte > 1);
    if (at >= 0)
      throw new InputError(
        "SL5010",
        `input '${port.name}', element ${at}: a bool is 0 or 1, got ${value[at]}`,
        details,
      );
  }
  // A copy: the rows may be logged after the caller has its answer and its array back.
  return { dtype: port.dtype, dims: [value.length / size, ...sizes], data: value.slice() };
}
