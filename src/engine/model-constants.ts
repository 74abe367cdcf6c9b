import { ModelError } from "../../dsl/errors.js";
import type { ModelConfig } from "../config/schema.js";
import type { RunFeeds } from "./rows/feeds.js";
import type { RunBatch } from "./rows/model-runner.js";
import type { ModelSession } from "./session/onnx-runtime.js";
import { constantRow } from "./steps/sources.js";

/** Runs a model's file with the constants of its config. */
export function withModelConstants<L>(model: ModelConfig, runBatch: RunBatch<L>): RunBatch<L> {
  const constants: RunFeeds = Object.fromEntries(
    Object.entries(model.constants ?? {}).map(([input, constant]) => {
      const row = constantRow(constant);
      return [input, { ...row, dims: row.dims.slice(1) }];
    }),
  );
  if (Object.keys(constants).length === 0) return runBatch;
  return (feeds, fetches, limit, use) => runBatch({ ...feeds, ...constants }, fetches, limit, use);
}

/**
 * Checks a model's constants against its file.
 *
 * @throws ModelError SL3024 if the file has no such input, or one of another dtype or shape
 */
export function checkModelConstants(model: ModelConfig, { inputs }: Pick<ModelSession, "inputs">): void {
  for (const [input, { dtype, shape }] of Object.entries(model.constants ?? {})) {
    const there = inputs.find(({ name }) => name === input);
    const fits =
      there !== undefined &&
      (!there.isTensor ||
        (there.type === dtype &&
          there.shape.length === shape.length &&
          there.shape.every((dim, axis) => typeof dim !== "number" || dim === shape[axis])));
    if (fits) continue;
    throw new ModelError(
      "SL3024",
      `model '${model.name}': its constant '${input}' is ${dtype}[${shape.join(", ")}], and the file ${there === undefined ? "has no such input" : "takes another dtype or shape"}; run 'shapeline generate' and build the pipeline again`,
      { model: model.name, input },
    );
  }
}
