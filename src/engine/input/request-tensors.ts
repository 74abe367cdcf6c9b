import { InputError } from "../../../dsl/errors.js";
import { rowAxis, rowsFirst } from "../../../dsl/rows.js";
import type { DType, Port } from "../../../dsl/tensor.js";
import type { Config } from "../../config/schema.js";
import type { RowsTensor, TensorData, TensorElements } from "../../tensors/tensor-data.js";
import { bounds, exceeded } from "../../util/bounds.js";
import { describeValue } from "../../util/format-value.js";
import { numberOf } from "../../util/quantities/counted.js";
import { rowPlan } from "../rows/row-plan.js";
import { unstackRows } from "../rows/stack-rows.js";
import { elementsOf } from "./flat-value.js";
import type { InputBatch } from "./input-batch.js";
import { missingInput, repeatedOrUnknown } from "./names.js";
import { type RequestLimits, defaultRequestLimits, requireInputSize, requireRequestSize } from "./request-size.js";
import { countElements } from "./row-shape.js";
import { repeatRow } from "./shared-inputs.js";
import { symbolCheck } from "./symbols.js";

/** A whole tensor of a request: row-major elements, and dimensions that nobody has checked yet. */
export interface RequestTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorElements;
}

/**
 * A request as tensors in the model's own axes, as inference servers receive them: `[2, rows, 128]` for a state, one
 * value for a shared input, one row for a whole model. Elements are not copied where the rows come first, so the
 * caller must not change them afterwards.
 *
 * @example
 * new RequestTensors([{ name: "dense_input", dtype: "float32", shape: [2, 29], data: new Float32Array(58) }]);
 */
export class RequestTensors {
  readonly tensors: readonly RequestTensor[];

  constructor(tensors: readonly RequestTensor[]) {
    this.tensors = tensors;
  }
}

/**
 * Where an input's tensor of a request holds the rows: the axis, `"shared"` for one value of all rows, or `"whole"` for
 * the whole tensor of the only row.
 */
export type RequestAxis = number | "shared" | "whole";

/** The row axes of a config's inputs. One of unknown rank stacks rows along axis 0, unless all models are whole. */
export function requestAxes({ inputs, models }: Pick<Config, "inputs" | "models">): RequestAxis[] {
  const axes = inputs.map(({ shape }) => (shape === null ? null : rowAxis(shape)));
  const stacked = axes.some((axis) => axis !== null && axis >= 0);
  const batched = stacked || (axes.includes(null) && models.some((model) => !rowPlan(model).whole));
  return axes.map((axis) => {
    if (axis === null) return batched ? 0 : "whole";
    if (axis >= 0) return axis;
    return batched ? "shared" : "whole";
  });
}

interface PlannedInput {
  readonly port: Port;
  readonly at: RequestAxis;
  /** The shape in messages: `[2, rows, 128]`. */
  readonly wanted: string;
}

/**
 * Creates the reader of requests as tensors.
 *
 * @returns a function that throws InputError SL5xxx for anything that is not exactly the config's inputs; nothing is
 * allocated before names, dtypes, shapes and sizes are checked
 */
export function tensorsReader(
  config: Pick<Config, "name" | "inputs" | "models">,
  limits: RequestLimits = defaultRequestLimits,
): (request: RequestTensors) => InputBatch {
  const { name: pipeline, inputs } = config;
  const axes = requestAxes(config);
  const planned = inputs.map((port, i) => plannedInput(port, axes[i] ?? 0));
  const ports = inputs.map(rowsFirst);
  const checkSymbols = symbolCheck(ports);
  return ({ tensors }) => {
    const found = findTensors(pipeline, inputs, tensors);
    let rows: number | null = null;
    let first = "";
    for (let i = 0; i < planned.length; i++) {
      const { at, port } = planned[i] as PlannedInput;
      const tensor = found[i] as RequestTensor;
      requireShape(planned[i] as PlannedInput, tensor, limits);
      if (typeof at !== "number") continue;
      const count = tensor.shape[at] ?? 0;
      if (count === 0) throw new InputError("SL5001", "the batch is empty: give at least one row");
      if (rows !== null && count !== rows)
        throw new InputError(
          "SL5013",
          `input '${port.name}' has ${numberOf(count, "row")} but input '${first}' has ${rows}; give every input the same number of rows`,
        );
      if (rows === null) [rows, first] = [count, port.name];
    }
    const count = rows ?? 1;
    const columns: RowsTensor[] = planned.map((input, i) => rowsOf(input, found[i] as RequestTensor, count, limits));
    checkSymbols?.(columns);
    requireRequestSize(ports, columns, limits);
    return { form: "columns", rows: count, tensors: columns };
  };
}

function plannedInput(port: Port, at: RequestAxis): PlannedInput {
  const dims = port.shape?.map((dim, axis) => (axis === at ? "rows" : (dim ?? "?"))) ?? [
    ...(at === 0 ? ["rows"] : []),
    "…",
  ];
  return { port, at, wanted: `[${dims.join(", ")}]` };
}

/** The tensors in the order of the inputs. */
function findTensors(
  pipeline: string,
  inputs: readonly Port[],
  tensors: readonly RequestTensor[],
): readonly RequestTensor[] {
  const [only] = tensors;
  // Fast path: most models have one input.
  if (tensors.length === 1 && inputs.length === 1 && only?.name === inputs[0]?.name) return tensors;
  const names = tensors.map(({ name }) => name);
  const fault = missingInput(pipeline, inputs, names, "the request");
  if (fault !== null) throw fault;
  if (names.length > inputs.length) throw repeatedOrUnknown(pipeline, inputs, names, "the request", "input");
  return inputs.map(({ name }) => tensors[names.indexOf(name)] as RequestTensor);
}

/** Checks one tensor against its input: dtype, dimensions, and that it has as many elements as they say. */
function requireShape(
  { port, at, wanted }: PlannedInput,
  { dtype, shape, data }: RequestTensor,
  limits: RequestLimits,
) {
  const { name } = port;
  const where = `input '${name}'`;
  if (dtype !== port.dtype)
    throw new InputError("SL5014", `${where} is ${port.dtype}, got ${dtype}`, { input: name, dtype });
  const refuse = (text: string) => new InputError("SL5015", `${where}: ${text}`, { input: name });
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0)
      throw refuse(`its shape holds ${describeValue(size)}; give sizes such as [3, 480, 640]`);
    count *= size;
  }
  if (shape.length > bounds.tensorRank.limit) throw refuse(exceeded(bounds.tensorRank, shape.length));
  const dims = port.shape;
  const isOther =
    dims === null
      ? at === 0 && shape.length === 0
      : dims.length !== shape.length || dims.some((dim, axis) => typeof dim === "number" && dim !== shape[axis]);
  if (isOther) throw refuse(`the shape [${shape.join(", ")}] does not fit; give ${wanted}`);
  if (count !== data.length) {
    const stated = Number.isSafeInteger(count) ? countElements(count) : "more than 2^53 elements";
    throw refuse(`'shape' [${shape.join(", ")}] is ${stated}, 'data' has ${data.length}`);
  }
  requireInputSize(port, count, limits);
}

/** The tensor with the rows first. */
function rowsOf({ port, at }: PlannedInput, tensor: RequestTensor, rows: number, limits: RequestLimits): TensorData {
  const { dtype, shape } = tensor;
  const data = elementsOf(port, tensor.data, `input '${port.name}'`, {});
  if (at === 0) return { dtype, dims: shape, data };
  if (typeof at === "number") return unstackRows({ dtype, dims: shape, data }, at, rows);
  if (at === "shared" && rows > 1) requireInputSize(port, data.length * rows, limits);
  return repeatRow({ dtype, dims: [1, ...shape], data }, rows);
}
