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
 * Creates the reader of `{ port: rows }`. Rows are a list with one entry per row, or all elements in the typed array of
 * the port's dtype (float16: bits in a Uint16Array; bool: 0 or 1 in a Uint8Array).
 */
export function columnReader(pipeline: string, ports: readonly Port[]): (columns: object) => InputBatch {
  const readers = ports.map((port) => ({ port, read: rowsReader(port, null) }));
  return (columns) => {
    const names = Object.keys(columns);
    const fault =
      missingInput(pipeline, ports, names, "the batch") ??
      (names.length > ports.length ? unknownInput(pipeline, ports, names, "the batch") : null);
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
      `input '${port.name}': expected a list with one entry per row, or a typed array of all elements, got ${describeValue(value)}`,
      details,
    );
  }
  if (value.length === 0) throw new InputError("SL5001", "the batch is empty: give at least one row");
  const dims = rowDims(port);
  // A typed array holds the elements of all rows, one after another.
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
      `input '${port.name}' has no fixed row size, so a flat typed array cannot be cut into rows; give a list with one entry per row`,
      details,
    );
  }
  const size = sizes.reduce((product, dim) => product * dim, 1);
  if (size === 0 || value.length % size !== 0) {
    throw new InputError(
      "SL5015",
      `input '${port.name}': ${value.length} elements cannot be split into rows of ${size}`,
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
  // A copy: the rows may be logged after the answer, when the caller may have changed its array.
  return { dtype: port.dtype, dims: [value.length / size, ...sizes], data: value.slice() };
}
