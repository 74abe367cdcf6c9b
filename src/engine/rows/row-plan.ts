import { ModelError } from "../../../dsl/errors.js";
import { showTensor } from "../../../dsl/shapes/fits.js";
import { isBatched, isShared, rowAxis } from "../../../dsl/rows.js";
import type { Port } from "../../../dsl/tensor.js";
import type { ModelConfig } from "../../config/schema.js";

/** How a port holds rows: the axis that stacks them, one value shared by all rows, or the whole tensor of one row. */
export type RowsAt = number | "shared" | "whole";

export interface PlannedPort {
  readonly port: Port;
  readonly at: RowsAt;
}

/** How the ports of a model hold rows, decided once from its config. */
export interface RowPlan {
  readonly inputs: readonly PlannedPort[];
  readonly outputs: readonly PlannedPort[];
  /** Runs once for each row, because the ports have no row axis. */
  readonly whole: boolean;
  /** The number of rows of every run, if the file fixes it. */
  readonly batchSize: number | null;
  /** Axis 0 of every port stacks any number of rows: a request's columns are a run's tensors. */
  readonly plain: boolean;
}

/**
 * Plans how a model's ports hold rows. A port of unknown rank in a batched model stacks them along axis 0.
 *
 * @throws ModelError SL3026 if an output of a batched model has no row axis
 */
export function rowPlan(model: ModelConfig): RowPlan {
  const whole = model.rows === undefined ? !isBatched(model) : model.rows === "whole";
  const planned = (port: Port, ports: readonly Port[]): PlannedPort => {
    if (whole) return { port, at: "whole" };
    if (isShared(port, ports)) return { port, at: "shared" };
    return { port, at: port.shape === null ? 0 : rowAxis(port.shape) };
  };
  const inputs = model.inputs.map((port) => planned(port, model.inputs));
  const outputs = model.outputs.map((port) => planned(port, []));
  const loose = outputs.find(({ at }) => at === -1);
  if (loose !== undefined) throw noRowAxis(model, loose.port);
  const batchSize = whole ? null : (model.batchSize ?? null);
  const plain = batchSize === null && [...inputs, ...outputs].every(({ at }) => at === 0);
  return { inputs, outputs, whole, batchSize, plain };
}

function noRowAxis(model: ModelConfig, { name, dtype, shape }: Port): ModelError {
  return new ModelError(
    "SL3026",
    `model '${model.name}' output '${name}' is ${showTensor({ dtype, shape })}, which has no row axis, although the model's rows are batched; set overrides: { ${JSON.stringify(model.name)}: { rows: false } } in shapeline.config, generate and build again`,
    { model: model.name, output: name },
  );
}

/** The dimensions of a port in a run: its shape with the run's rows in place of the row axis. Null: unknown rank. */
export function runShape({ port, at }: PlannedPort, rows: number): readonly (number | string | null)[] | null {
  return port.shape?.map((dim, axis) => (axis === at ? rows : dim)) ?? null;
}
