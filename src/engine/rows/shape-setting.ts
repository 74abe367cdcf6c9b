import type { Dim } from "../../../dsl/tensor.js";
import type { ModelConfig } from "../../config/schema.js";
import type { PlannedPort } from "./row-plan.js";

/**
 * The setting that corrects an output whose real dimensions contradict its declared shape, as a sentence.
 *
 * @param rows the rows of the run
 * @param symbols open dimensions of the run's inputs, by their size; null if the sizes are a request's, which any other
 *   request may change
 * @param others the output's dimensions where the run's inputs have other open sizes, if they are known
 */
export function shapeSetting(
  model: ModelConfig,
  planned: PlannedPort,
  dims: readonly number[],
  rows: number,
  symbols: ReadonlyMap<number, string> | null = null,
  others: readonly number[] | null = null,
): string {
  const shape = realShape(planned, dims, rows, symbols, others);
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
  others: readonly number[] | null,
): readonly Dim[] | null {
  const declared = (axis: number): Dim => port.shape?.[axis] ?? null;
  const varies = (axis: number): boolean => others?.length === dims.length && others[axis] !== dims[axis];
  const isRows = (axis: number): boolean => dims[axis] === rows && !varies(axis);
  let batch = -1;
  if (typeof at === "number") {
    batch = isRows(at) ? at : dims.findIndex((_, axis) => isRows(axis));
    if (batch < 0) return null;
  }
  return dims.map((dim, axis) => {
    if (axis === batch) return "batch";
    if (varies(axis)) return symbols?.get(dim) ?? null;
    if (declared(axis) === dim) return dim;
    return symbols === null ? null : (symbols.get(dim) ?? dim);
  });
}
