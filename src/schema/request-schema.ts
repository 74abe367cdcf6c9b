import { ShapelineError } from "../../dsl/errors.js";
import type { AnyPipeline, InferInput } from "../../dsl/index.js";
import { inputReader } from "../engine/input/read-input.js";
import { describeValue } from "../util/format-value.js";
import { pipelinePorts } from "./pipeline-ports.js";
import { type SchemaIssue, type StandardSchema, standardSchema } from "./standard-schema.js";

/** The schema of a pipeline's requests: a list of records. `row` is the schema of one record, such as a form. */
export interface RequestSchema<P> extends StandardSchema<InferInput<P>[]> {
  readonly row: StandardSchema<InferInput<P>>;
}

/**
 * The Standard Schema of a pipeline's requests as records. It accepts what `infer` accepts, with the same messages, and
 * returns the value unchanged.
 *
 * @throws PipelineError for a pipeline with problems
 * @example
 * const score = t.procedure.input(requestSchema(fraud)).mutation(({ input }) => live.infer(input));
 */
export function requestSchema<P extends AnyPipeline>(pipeline: P): RequestSchema<P> {
  const { name, inputs, missing } = pipelinePorts(pipeline);
  const read = inputReader(name, inputs, missing);
  const flawOf = (rows: readonly unknown[]): ShapelineError | null => {
    try {
      read(rows);
      return null;
    } catch (error) {
      if (error instanceof ShapelineError) return error;
      throw error;
    }
  };
  const rows = standardSchema<InferInput<P>[]>((value) => {
    if (!Array.isArray(value))
      return { message: `expected a list of rows [{ ${names} }], got ${describeValue(value)}`, path: [] };
    const flaw = flawOf(value);
    return flaw === null ? null : { message: flaw.message, path: pathOf(flaw) };
  });
  const names = inputs.map((port) => port.name).join(", ");
  const row = standardSchema<InferInput<P>>((value) => {
    const flaw = flawOf([value]);
    // The path of a row begins with its index.
    return flaw === null ? null : { message: flaw.message.replace(/^row 0(?:, |: )/, ""), path: pathOf(flaw).slice(1) };
  });
  return Object.freeze({ ...rows, row });
}

function pathOf({ details }: ShapelineError): SchemaIssue["path"] {
  const { row, input, path } = details as { row?: number; input?: string; path?: readonly number[] };
  if (row === undefined) return [];
  return input === undefined ? [row] : [row, input, ...(path ?? [])];
}
