import { rowAxis } from "../../../dsl/rows.js";
import type { Config, ModelConfig } from "../../config/schema.js";
import type { DefinitionProblem } from "../platform.js";

/**
 * What the platform cannot express about rows: it stacks them along dimension 0 of every port, as many as there are.
 */
export function rowProblems({ models, missing }: Config): DefinitionProblem[] {
  const problems = models.flatMap((model, i) =>
    modelProblems(model).map(({ at, message }) => ({ code: "SL4107" as const, path: `models[${i}].${at}`, message })),
  );
  if (missing === undefined) return problems;
  const message = `the platform has no null for NaN, and null stands for NaN in ${missing.map((column) => `'${column}'`).join(", ")}: remove 'missing' from the pipeline's options and send numbers`;
  return [...problems, { code: "SL4107", path: "missing", message }];
}

interface ModelProblem {
  readonly at: string;
  readonly message: string;
}

function modelProblems(model: ModelConfig): ModelProblem[] {
  const { name, batchSize } = model;
  const [fixed] = Object.keys(model.constants ?? {});
  if (fixed !== undefined) {
    const message = `the platform feeds columns of the request only, and '${fixed}' of '${name}' is a constant: make it a constant of the file, or deploy to another target`;
    return [{ at: `constants.${fixed}`, message }];
  }
  if (model.rows === "whole") {
    const message = `the platform stacks rows in dimension 0 of every port, and '${name}' runs once for each row: export the file with a batch dimension, or deploy to another target`;
    return [{ at: "rows", message }];
  }
  const ports = (["inputs", "outputs"] as const).flatMap((side) =>
    model[side].flatMap((port, i): ModelProblem[] => {
      const axis = port.shape === null ? 0 : rowAxis(port.shape);
      if (axis === 0) return [];
      const problem =
        axis > 0
          ? `'${port.name}' of '${name}' stacks them in dimension ${axis}: export the file with the batch first`
          : `'${port.name}' of '${name}' has one value for all rows: make it a constant of the file`;
      return [
        {
          at: `${side}[${i}]`,
          message: `the platform stacks rows in dimension 0 of every port, and ${problem}, or deploy to another target`,
        },
      ];
    }),
  );
  if (batchSize === undefined) return ports;
  const message = `the platform runs as many rows as a request has, and the file of '${name}' takes ${batchSize} at a time: export it with an open batch dimension, or deploy to another target`;
  return [...ports, { at: "batchSize", message }];
}
