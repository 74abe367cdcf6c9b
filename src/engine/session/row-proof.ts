import { ModelError, ShapelineError } from "../../../dsl/errors.js";
import { showTensor } from "../../../dsl/shapes/fits.js";
import type { ModelConfig } from "../../config/schema.js";
import type { RowsTensor, TensorData } from "../../tensors/tensor-data.js";
import { errorSummary } from "../../util/error-message.js";
import {
  type FixedInputs,
  leastElements,
  madeUpElements,
  type MadeUpRows,
  madeUpRows,
  type RowStyle,
  rowStyles,
} from "./made-up-rows.js";
import { modelRunner, type RunBatch } from "../rows/model-runner.js";
import { type PlannedPort, type RowPlan, rowPlan, runShape } from "../rows/row-plan.js";
import { isTooLong } from "./trial.js";
import { isSameRow } from "./same-rows.js";
import { shapeSetting } from "../rows/shape-setting.js";
import { elementsOf } from "../../tensors/row-ranges.js";

/** How a deployed model runs its rows. */
export interface RowProof {
  /** True: rows share runs. False: each row runs by itself. */
  readonly together: boolean;
  /** Why the rows of a batched model run one at a time, or run together without a proof; null if proved. */
  readonly notice: string | null;
}

interface ProofOptions<L> {
  /** The model's file in messages. */
  readonly path: string;
  readonly fixed: FixedInputs;
  /** The limit of all runs. */
  readonly limit: L;
}

/** Rows with more elements than this are images: only one of them also runs alone, so that deploying stays fast. */
const largeRowElements = 1_000_000;
/** Rows with more elements than this, and rows that together have more than twice as many, are not made up. */
const maxRowElements = 2 ** 24;
const maxElementsTogether = 2 ** 25;

/**
 * Runs a model on made-up rows at deploy, all together and some alone, and compares the answers. Where they differ,
 * rows run one at a time; so they do where the model does not run on made-up values, unless axis 0 of all its ports
 * stacks the rows.
 *
 * @throws ModelError SL3025 if a model whose sizes are all fixed does not run, or if an output contradicts its declared
 *   shape; SL3027 if the runs take too long
 */
export async function proveRows<L>(
  model: ModelConfig,
  runBatch: RunBatch<L>,
  { path, fixed, limit }: ProofOptions<L>,
): Promise<RowProof> {
  const plan = rowPlan(model);
  const count = rowsTogether(plan);
  const tried = await runAlone(model, plan, runBatch, count, { path, fixed, limit });
  if (plan.whole || plan.batchSize === 1) return shared;
  if (tried.outputs === null) return unproved(model, plan, `it cannot be tried: ${errorSummary(tried.failure)}`);
  const { outputs, feeds } = tried;
  let found: readonly RowsTensor[];
  try {
    found = await modelRunner(model, runBatch, true)(feeds, count, limit, (columns) => columns);
  } catch (error) {
    if (isTooLong(error)) throw error;
    return oneAtATime(model, `a run of ${count} rows fails (${errorSummary(error)})`);
  }
  const changed = firstChanged(plan, outputs, found, tried.rows);
  if (changed === null) return tried.distinct ? shared : unproved(model, plan, "it runs on no made-up rows but zeros");
  const again = await modelRunner(model, runBatch, false)(firstRows(feeds, 1), 1, limit, (columns) => columns);
  if (firstChanged(plan, outputs, again, 1) !== null)
    return unproved(model, plan, "its answers to the same row differ, so that they cannot be compared");
  return oneAtATime(
    model,
    `its output '${changed}' of a row changes with the other rows of a run, as dynamic quantization makes it`,
  );
}

const shared: RowProof = { together: true, notice: null };

function oneAtATime({ name }: ModelConfig, why: string): RowProof {
  return { together: false, notice: `model '${name}' runs one row at a time: ${why}` };
}

/** Without a proof, only the plain case is trusted, and the notice says so. */
function unproved(model: ModelConfig, plan: RowPlan, why: string): RowProof {
  if (!plan.plain) return oneAtATime(model, why);
  const notice = `model '${model.name}' runs rows together without a proof that they do not change each other: ${why}`;
  return { together: true, notice };
}

/** The number of rows that run together: no other dimension has this size, so that no other one can be taken for it. */
function rowsTogether({ batchSize, inputs, outputs }: RowPlan): number {
  if (batchSize !== null && batchSize > 1) return batchSize;
  const sizes = new Set([...inputs, ...outputs].flatMap(({ port }) => port.shape ?? []));
  let count = 2;
  while (sizes.has(count)) count++;
  return count;
}

type Tried =
  | {
      readonly feeds: MadeUpRows["feeds"];
      readonly outputs: readonly RowsTensor[];
      /** The rows that ran alone. */
      readonly rows: number;
      /** Whether the rows differ. */
      readonly distinct: boolean;
    }
  | { readonly outputs: null; readonly failure: unknown };

/** Runs rows alone, made up in one style after another until the model runs. */
async function runAlone<L>(
  model: ModelConfig,
  plan: RowPlan,
  runBatch: RunBatch<L>,
  count: number,
  { path, fixed, limit }: ProofOptions<L>,
): Promise<Tried> {
  const tooLarge = { outputs: null, failure: "its rows are too large" } as const;
  if (leastElements(plan) > maxRowElements) return tooLarge;
  const run = modelRunner(model, runBatch, false);
  const styles = rowStyles(model, plan);
  if (styles.every((style) => madeUpElements(plan, fixed, style, count) > maxElementsTogether)) return tooLarge;
  let failure: unknown;
  for (const style of styles) {
    if (madeUpElements(plan, fixed, style, count) > maxElementsTogether) continue;
    const { feeds, symbols } = madeUpRows(plan, fixed, style, count);
    const rows = elementsOfRow(feeds, count) > largeRowElements ? 1 : 2;
    try {
      const outputs = await run(firstRows(feeds, rows), rows, limit, (columns) => columns);
      return { feeds, outputs, rows, distinct: style.values !== "zero" };
    } catch (error) {
      if (isTooLong(error)) throw error;
      failure = error;
      const found = contradictionOf(plan, error, symbols);
      if (found === null) continue;
      const others = await dimsAtOtherSizes(async () => {
        const sizes = style.sizes.map((size) => size * 8);
        if (madeUpElements(plan, fixed, { ...style, sizes }, 1) > maxElementsTogether) return;
        await run(madeUpRows(plan, fixed, { ...style, sizes }, 1).feeds, 1, limit, (columns) => columns);
      }, found.planned.port.name);
      throw contradiction(model, path, error, found, symbols, others);
    }
  }
  if (hasOpenSizes(styles)) return { outputs: null, failure };
  throw new ModelError(
    "SL3025",
    `model '${model.name}' does not run on zeros of its own signature: ${errorSummary(failure)}`,
    { model: model.name },
    { cause: failure },
  );
}

/** A model without open sizes must run at least on zeros. */
function hasOpenSizes(styles: readonly RowStyle[]): boolean {
  return styles.every(({ values }) => values !== "zero");
}

function elementsOfRow(feeds: MadeUpRows["feeds"], count: number): number {
  return Object.values(feeds).reduce((sum, { data }) => sum + data.length, 0) / count;
}

function firstRows(feeds: MadeUpRows["feeds"], count: number): MadeUpRows["feeds"] {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, dims, data }]): [string, TensorData] => {
      const size = data.length / (dims[0] ?? 1);
      return [name, { dtype, dims: [count, ...dims.slice(1)], data: elementsOf(data, 0, count * size) }];
    }),
  );
}

/** The name of the first output in which one of the first rows differs between two answers; null if none does. */
function firstChanged(
  { outputs }: RowPlan,
  before: readonly RowsTensor[],
  after: readonly RowsTensor[],
  rows: number,
): string | null {
  for (const [i, { port }] of outputs.entries()) {
    const [a, b] = [before[i], after[i]];
    for (let row = 0; row < rows; row++)
      if (a === undefined || b === undefined || !isSameRow(a, b, row)) return port.name;
  }
  return null;
}

interface Contradiction {
  readonly planned: PlannedPort;
  readonly rows: number;
  /** The output's real dimensions. */
  readonly dims: readonly number[];
}

/**
 * An output of another rank, dtype or row axis than declared. A declared size may still hold for other open sizes than
 * the made-up ones, so that it is refused only where a model has none.
 */
function contradictionOf(plan: RowPlan, error: unknown, symbols: ReadonlyMap<number, string>): Contradiction | null {
  const found = outputOf(error);
  const planned = plan.outputs.find(({ port }) => port.name === found?.output);
  if (planned === undefined || found === null) return null;
  const { rows, dims } = found;
  const { port, at } = planned;
  const isSizeOnly = dims.length === port.shape?.length && (typeof at !== "number" || dims[at] === rows);
  return isSizeOnly && symbols.size > 0 ? null : { planned, rows, dims };
}

/** The output that an error is about, and its real dimensions. */
function outputOf(
  error: unknown,
): { readonly output: string; readonly rows: number; readonly dims: readonly number[] } | null {
  if (!(error instanceof ShapelineError) || error.code !== "SL6003") return null;
  const { output, rows, dims } = error.details as { output: string; rows?: number; dims?: readonly number[] | null };
  return rows === undefined || dims === undefined || dims === null ? null : { output, rows, dims };
}

/** The dimensions of an output in a run on other open sizes; null if that run does not show them. */
async function dimsAtOtherSizes(run: () => Promise<void>, output: string): Promise<readonly number[] | null> {
  try {
    await run();
    return null;
  } catch (error) {
    if (isTooLong(error)) throw error;
    const found = outputOf(error);
    return found?.output === output && found.rows === 1 ? found.dims : null;
  }
}

function contradiction(
  model: ModelConfig,
  path: string,
  cause: unknown,
  { planned, rows, dims }: Contradiction,
  symbols: ReadonlyMap<number, string>,
  others: readonly number[] | null,
): ModelError {
  const { port } = planned;
  const declared = showTensor({ dtype: port.dtype, shape: runShape(planned, rows) });
  const setting = shapeSetting(model, planned, dims, rows, symbols, rows === 1 ? others : null);
  return new ModelError(
    "SL3025",
    `model '${model.name}': '${path}' gives output '${port.name}' as ${showTensor({ dtype: port.dtype, shape: dims })} for ${rows} ${rows === 1 ? "row" : "rows"}, but it is declared as ${declared}; ${setting}`,
    { model: model.name, file: path, output: port.name, declared: port.shape, found: dims },
    { cause },
  );
}
