import type { Port } from "../../../dsl/tensor.js";
import { allocate } from "../../tensors/dtypes.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import type { LogBatch, LogLayout } from "../pipeline-log.js";

/**
 * A batch without rows, with the columns and types of a version. Ports of unknown rank are omitted: their shape depends
 * on the rows.
 */
export function emptyBatch({ version, inputs, outputs, models = [], challengers, validations }: LogLayout): LogBatch {
  const results = [...models, ...challengers].map(
    ({ name, outputs: ports }) => [name, { outputs: tensorsOf(ports), answered: new Uint8Array(0) }] as const,
  );
  return {
    version,
    rows: 0,
    rowIds: [],
    time: new Float64Array(0),
    inputs: tensorsOf(inputs),
    outputs: tensorsOf(outputs),
    challengers: new Map(results),
    failures: new Map(validations.map((name) => [name, new Uint8Array(0)])),
    lastModel: [],
    elapsed: [],
    requests: [],
    notes: new Map(),
  };
}

function tensorsOf(ports: readonly Port[]): Map<string, TensorData> {
  return new Map(
    ports.flatMap(({ name, dtype, shape }) =>
      shape === null
        ? []
        : [[name, { dtype, dims: new Array<number>(Math.max(shape.length, 1)).fill(0), data: allocate(dtype, 0) }]],
    ),
  );
}
