import type { ModelConfig } from "../../config/schema.js";
import type { RowsTensor } from "../../tensors/tensor-data.js";
import { rowRange } from "../../tensors/row-ranges.js";
import { ProtobufFile } from "../../util/onnx/protobuf-wire.js";
import { hasOperator } from "../../util/onnx/walk-model.js";
import { modelRunner, type RunBatch } from "../rows/model-runner.js";
import { type RowPlan, rowPlan } from "../rows/row-plan.js";
import { stackRows } from "../rows/stack-rows.js";
import type { WorkerModel } from "../scheduling/worker-pool.js";
import { type FixedInputs, leastElements, madeUpRows, rowStyles } from "./made-up-rows.js";
import { isTooLong } from "./trial.js";

/** Rows of more elements are slow to try, and their runs gain nothing from company. */
const mostRowElements = 2 ** 14;

/**
 * Operators that compute each element, or each row, by itself with exact operations, and those whose order of additions
 * depends on the sizes alone, so that a trial shows it for all values. Not here: `Sigmoid`, `Tanh`, `Exp`, `Erf`,
 * `LinearClassifier` and their like. They approximate the elements of a run in blocks and the rest in another way, so
 * that an element's last bits change with its place, for some values only.
 */
const exactOperators: ReadonlySet<string> = new Set([
  ...["Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Concat", "Slice", "Split", "Transpose"],
  ...["Gather", "GatherElements", "Shape", "Constant", "ConstantOfShape", "Expand", "Where", "Dropout"],
  ...["Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "And", "Or", "Not", "Xor"],
  ...["Add", "Sub", "Mul", "Div", "Neg", "Abs", "Sign", "Floor", "Ceil", "Round", "Min", "Max", "Relu", "Clip"],
  ...["ReduceMax", "ReduceMin", "ArgMax", "ArgMin", "TopK", "Gemm", "MatMul", "Softmax"],
  ...["ArrayFeatureExtractor", "Binarizer", "FeatureVectorizer", "Imputer", "LabelEncoder", "Normalizer"],
  ...["OneHotEncoder", "Scaler", "TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor", "ZipMap"],
]);

interface ExactOptions<L> {
  readonly file: Pick<WorkerModel, "bytes" | "path" | "options">;
  readonly fixed: FixedInputs;
  /** The limit of all runs. */
  readonly limit: L;
  /** The most rows that are of use. */
  readonly most: number;
}

/** How many rows a run may have so that each keeps the answer that it has alone. */
export interface ExactRows {
  readonly rows: number;
  /** Why `rows` is 1, as the end of a sentence about the model; null if it is more. */
  readonly reason: string | null;
}

/**
 * Finds how many rows a run may have so that each keeps, bit for bit, the answer that it has alone. Kernels may add up
 * in another order for another number of rows. Only models whose rows have one shape, and whose operators show this in
 * a trial, are tried.
 *
 * @returns one row where rows in company answer otherwise, or where it cannot be known
 * @throws ModelError SL3027 if the runs take too long
 */
export async function exactRows<L>(
  model: ModelConfig,
  runBatch: RunBatch<L>,
  { file, fixed, limit, most }: ExactOptions<L>,
): Promise<ExactRows> {
  const plan = rowPlan(model);
  const untried = whyUntried(plan, file);
  if (untried !== null) return { rows: 1, reason: untried };
  const run = modelRunner(model, runBatch, true);
  const runRows = (feeds: Parameters<typeof run>[0], rows: number): Promise<RowsTensor[]> =>
    run(feeds, rows, limit, (columns) => columns);
  for (const style of rowStyles(model, plan)) {
    if (style.values === "zero") break;
    const { feeds } = madeUpRows(plan, fixed, style, most);
    const part = (from: number, to: number) =>
      Object.fromEntries(
        Object.entries(feeds).map(([name, column]) => [
          name,
          stackRows(
            column,
            Array.from({ length: to - from }, (_, i) => from + i),
            0,
            to - from,
          ),
        ]),
      );
    try {
      const alone: RowsTensor[][] = [];
      for (let row = 0; row < most; row++) alone.push(await runRows(part(row, row + 1), 1));
      for (let rows = 2; rows <= most; rows++) {
        const together = await runRows(part(0, rows), rows);
        if (!alone.slice(0, rows).every((own, row) => own.every((column, i) => hasRow(together[i], row, column))))
          return { rows: rows - 1, reason: rows > 2 ? null : "two rows of one run answer otherwise than each alone" };
      }
      return { rows: most, reason: null };
    } catch (error) {
      if (isTooLong(error)) throw error;
    }
  }
  return { rows: 1, reason: "made-up rows, which would show it, do not run" };
}

/** What is known before a trial: why rows in company may answer otherwise, or why a trial cannot tell. */
function whyUntried(plan: RowPlan, { bytes, path, options }: ExactOptions<unknown>["file"]): string | null {
  if (!plan.plain) return "it does not stack single rows along dimension 0 of each port";
  if (!hasOneRowShape(plan)) return "its rows have no fixed shape";
  if (leastElements(plan) > mostRowElements) return `a row has more than ${mostRowElements} elements`;
  // Threads and other processors divide the work of a run by its size.
  if (options.intraOpNumThreads !== 1) return "it runs on several threads";
  if (options.executionProviders?.some((provider) => provider !== "cpu") !== false)
    return "it runs not only on the CPU";
  let inexact = "";
  const found = hasOperator(new ProtobufFile(bytes, bytes.length, path), (operator) => {
    inexact = operator;
    return !exactOperators.has(operator);
  });
  // Long names are not read.
  const operator = inexact === "" ? "an operator of it" : `its operator ${inexact}`;
  return found ? `${operator} may change the last bits of a row with its place in a run` : null;
}

function hasOneRowShape({ inputs }: RowPlan): boolean {
  return inputs.every(({ port }) => port.shape?.every((dim, axis) => axis === 0 || typeof dim === "number") ?? false);
}

/** Whether a row of a column has exactly the elements of a column of one row. */
function hasRow(column: RowsTensor | undefined, row: number, alone: RowsTensor): boolean {
  if (column === undefined) return false;
  const [from, to] = rowRange(column, row);
  if (to - from !== alone.data.length) return false;
  for (let i = from; i < to; i++) if (!Object.is(column.data[i], alone.data[i - from])) return false;
  return true;
}
