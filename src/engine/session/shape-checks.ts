import { showTensor } from "../../../dsl/shapes/fits.js";
import { InputError, TargetError } from "../../../dsl/errors.js";
import { clash, misfit } from "../../../dsl/messages/shapes.js";
import type { Config, ModelConfig } from "../../config/schema.js";
import { isRagged, type RowsTensor } from "../../tensors/tensor-data.js";
import type { Feeds } from "../rows/feeds.js";
import { type PlannedPort, rowPlan } from "../rows/row-plan.js";
import { rowDimsOf } from "../../tensors/row-ranges.js";

/** Throws for tensors that the model does not accept. */
export type FeedCheck = (feeds: Feeds) => void;

/** The origin of an input's tensor. */
export interface FeedSource {
  /** The origin with the verb: `step 2 (model 'embed') produces`. */
  readonly text: string;
  readonly isRequest: boolean;
}

/**
 * Creates the run-time checks of one model of one step: those that the types could not decide. Null if there are none.
 * The messages are the compiler's.
 *
 * @param sourceOf the origin of an input's tensor
 * @returns a function that throws InputError SL5016 where the request's tensors are at fault or may be, else
 * TargetError
 *   SL6003
 */
export function feedCheck(
  config: Config,
  step: number,
  model: ModelConfig,
  sourceOf: (input: string) => FeedSource,
): FeedCheck | null {
  const checks = config.checks.filter((check) => check.step === step && check.model === model.name);
  if (checks.length === 0) return null;
  const refuse = (message: string, input: string, other = input): InputError | TargetError => {
    const details = { step, model: model.name, input };
    return sourceOf(input).isRequest || sourceOf(other).isRequest
      ? new InputError("SL5016", message, details)
      : new TargetError("SL6003", message, details);
  };
  const checkShapes = (shapes: ReadonlyMap<string, FeedShape>): void => {
    const bound = new Map<string, { readonly size: number; readonly input: string }>();
    for (const { input, axis, expects } of checks) {
      const shape = shapes.get(input);
      if (shape === undefined) continue;
      const size = axis === null ? shape.row.length : shape.row[axis];
      if (typeof expects === "string" && size !== undefined) {
        const earlier = bound.get(expects);
        if (earlier === undefined) bound.set(expects, { size, input });
        else if (earlier.size !== size)
          throw refuse(
            clash(model.name, symbolOf(model, expects), input, size, earlier.input, earlier.size),
            input,
            earlier.input,
          );
      } else if (size !== expects) {
        const port = model.inputs.find(({ name }) => name === input) ?? { dtype: shape.dtype, shape: shape.dims };
        const got = showTensor({ dtype: shape.dtype, shape: shape.dims });
        throw refuse(misfit(model.name, input, showTensor(port), sourceOf(input).text, got), input);
      }
    }
  };
  const checked = new Set(checks.map(({ input }) => input));
  const ports = rowPlan(model).inputs.filter(({ port }) => checked.has(port.name));
  return (feeds) => {
    for (const shapes of feedShapes(ports, feeds)) checkShapes(shapes);
  };
}

interface FeedShape {
  readonly dtype: RowsTensor["dtype"];
  /** The dimensions as the model's port has them. */
  readonly dims: readonly number[];
  /** The dimensions of a row. */
  readonly row: readonly number[];
}

/** The shapes of inputs: once for all rows, or row by row if the rows of one differ in shape. */
function* feedShapes(ports: readonly PlannedPort[], feeds: Feeds): Generator<ReadonlyMap<string, FeedShape>> {
  const columns = ports.flatMap(({ port, at }) => {
    const column = feeds[port.name];
    return column === undefined ? [] : [{ name: port.name, at, column }];
  });
  const ragged = columns.map(({ column }) => column).find(isRagged);
  const rows = ragged?.shapes.length ?? 1;
  for (let row = 0; row < rows; row++) {
    yield new Map(
      columns.map(({ name, at, column }): [string, FeedShape] => {
        const dims = rowDimsOf(column, row);
        const count = ragged === undefined && !isRagged(column) ? (column.dims[0] ?? 0) : 1;
        return [
          name,
          {
            dtype: column.dtype,
            dims: typeof at === "number" ? [...dims.slice(0, at), count, ...dims.slice(at)] : dims,
            row: dims,
          },
        ];
      }),
    );
  }
}

/** A check prefixes a model's own symbol with the model: `scorer.k`. Messages use the author's name `k`. */
function symbolOf(model: ModelConfig, expects: string): string {
  return expects.startsWith(`${model.name}.`) ? expects.slice(model.name.length + 1) : expects;
}
