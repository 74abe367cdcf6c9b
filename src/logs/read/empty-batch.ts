import type { Port } from "../../../dsl/tensor.js";
import { allocate } from "../../tensors/dtypes.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import type { PartialPort } from "../../tensors/result.js";
import type { LogBatch, LogLayout } from "../pipeline-log.js";
import { exceeds, type Withheld } from "../schema/withheld.js";

/**
 * A batch without rows, with the columns and types of a version. Ports of unknown rank are omitted: their shape depends
 * on the rows.
 */
export function emptyBatch(layout: LogLayout): LogBatch {
  const { version, inputs, outputs, models = [], challengers, validations, withheld } = layout;
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
    ...(withheld === undefined
      ? {}
      : {
          withheld: { excluded: withheld.excluded, redacted: withheld.redacted, ports: partialPorts(layout, withheld) },
        }),
  };
}

/** The ports without all values, and whether they have shapes and digests instead. */
function partialPorts(
  { inputs, outputs, models = [], challengers }: LogLayout,
  { redacted, maxElements }: Withheld,
): Map<string, PartialPort> {
  const groups = [
    { group: "in", ports: inputs },
    { group: "out", ports: outputs },
    ...[...models, ...challengers].map(({ name, outputs: ports }) => ({ group: `out_${name}`, ports })),
  ];
  const found = new Map<string, PartialPort>();
  for (const { group, ports } of groups)
    for (const port of ports) {
      const column = `${group}.${port.name}`;
      const isRedacted = redacted.includes(column);
      if (isRedacted && port.dtype !== "string") found.set(column, { valid: new Uint8Array(0), long: null });
      else if (!isRedacted && exceeds(port, maxElements) !== "never")
        found.set(column, { valid: new Uint8Array(0), long: { shapes: [], digests: [] } });
    }
  return found;
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
