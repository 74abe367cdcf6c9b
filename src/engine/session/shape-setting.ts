import type { Dim } from "../../../dsl/tensor.js";
import type { ModelConfig } from "../../config/schema.js";
import type { PlannedPort } from "./row-plan.js";

/**
 * The setting that corrects an output whose real dimensions contradict its declared shape, as a sentence.
 *
 * @param rows the rows of the run
 * @param symbols open dimensions of the run's inputs, by their size; null if the sizes are a request's, which any other
 *   request may change
 */
export function shapeSetting(
  model: ModelConfig,
  planned: PlannedPort,
  dims: readonly number[],
  rows: number,
  symbols: ReadonlyMap<number, string> | null = null,
): string {
  const shape = realShape(planned, dims, rows, symbols);
  const setting =
    shape === null ? "rows: false" : `shapes: { ${JSON.stringify(planned.port.name)}: ${JSON.stringify(shape)} }`;
  return `set overrides: { ${JSON.stringify(model.name)}: { ${setting} } } in shapeline.config, generate and build again`;
}

/** The shape to declare; null if no dimension is the number of rows, so that the model is whole. */
function realShape(
  { port, at }: PlannedPort,
  dims: readonly number[],
  rows: number,
  symbols: ReadonlyMap<number, string> | null,
): readonly Dim[] | null {
  const declared = (axis: number): Dim => port.shape?.[axis] ?? null;
  let batch = -1;
  if (typeof at === "number") {
    batch = dims[at] === rows ? at : dims.indexOf(rows);
    if (batch < 0) return null;
  }
  return dims.map((dim, axis) => {
    if (axis === batch) return "batch";
    if (declared(axis) === dim) return dim;
    return symbols === null ? null : (symbols.get(dim) ?? dim);
  });
}
