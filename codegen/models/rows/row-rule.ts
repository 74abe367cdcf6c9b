import type { ModelSignature, Port, RowDecision } from "../signature.js";

/** The row axis of each port, by side; ports without one are absent. */
export interface RowAxes {
  readonly inputs: ReadonlyMap<string, number>;
  readonly outputs: ReadonlyMap<string, number>;
}

/** The outcome of one rule. `axes` is null for a whole model. */
export interface RowRule {
  readonly axes: RowAxes | null;
  readonly decision: RowDecision;
  readonly batchSize?: number;
}

/**
 * Writes "batch" at the row axes. Another symbol of the file that is called "batch" gets a free name, for example
 * "batch2".
 */
export function withRows(model: ModelSignature, { axes, decision, batchSize }: RowRule): ModelSignature {
  const used = new Set([...model.inputs, ...model.outputs].flatMap(({ shape }) => shape ?? []));
  let otherBatch = "batch";
  for (let n = 2; used.has(otherBatch); n++) otherBatch = `batch${n}`;
  const write = (port: Port, axis: number | undefined): Port => {
    const { rowAxis: _, fileShape: __, ...rest } = port;
    const own = axis ?? unusableAxis(port, decision);
    const shape = port.shape?.map((dim, at) => (at === own ? "batch" : dim === "batch" ? otherBatch : dim)) ?? null;
    return { ...rest, shape };
  };
  const { rows: _, batchSize: stated, ...rest } = model;
  const size = batchSize ?? stated;
  return {
    ...rest,
    inputs: model.inputs.map((port) => write(port, axes?.inputs.get(port.name))),
    outputs: model.outputs.map((port) => write(port, axes?.outputs.get(port.name))),
    ...(size !== undefined && axes !== null && { batchSize: size }),
    rows: decision,
  };
}

/** The axis of the batch symbol in a port that the handle omits. */
function unusableAxis({ shape, unsupported }: Port, { symbol }: RowDecision): number | undefined {
  if (unsupported === undefined || symbol === undefined || shape === null) return undefined;
  return shape.indexOf(symbol) === shape.lastIndexOf(symbol) ? shape.indexOf(symbol) : undefined;
}
