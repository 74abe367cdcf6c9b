import { showTensor } from "../../../dsl/shapes/fits.js";
import { TargetError } from "../../../dsl/errors.js";
import { nameInFile } from "../../../dsl/renamed-ports.js";
import type { ModelConfig } from "../../config/schema.js";
import { isRagged, type RowsTensor, type TensorData } from "../../tensors/tensor-data.js";
import type { RequestDeadline } from "../request-deadline.js";
import type { Feeds, RunFeeds } from "./feeds.js";
import { groupRows } from "./group-rows.js";
import { type PlannedPort, type RowPlan, rowPlan, runShape } from "./row-plan.js";
import { shapeSetting } from "./shape-setting.js";
import { mergeRows, oneRow, type RowsPart, stackRows, unstackRows } from "./stack-rows.js";

/** Uses a model's outputs, rows first. A callback, because a second promise would cost time in every run. */
export type UseOutputs<T, O extends RowsTensor = RowsTensor> = (outputs: O[]) => T | Promise<T>;

/**
 * Runs a model: one column for each output of its config. `limit` bounds the time; its type depends on where the model
 * runs.
 */
export type Run<L> = <T>(feeds: Feeds, rows: number, limit: L, use: UseOutputs<T>) => Promise<T>;

export type RunModel = Run<RequestDeadline>;

/** Runs a challenger; the limit is the latest start, by `machineNow()`. */
export type RunChallenger = Run<number>;

/** Runs the model's file once. */
export type RunBatch<L> = <T>(
  feeds: RunFeeds,
  fetches: readonly string[],
  limit: L,
  use: UseOutputs<T, TensorData>,
) => Promise<T>;

/**
 * Creates a model's runner. It groups the rows that can share a run, stacks them along the model's row axes, and
 * returns the outputs rows first, in the order of the request. Every output is checked against the model's ports.
 *
 * @param together false: each row runs by itself
 * @param inFlight how many runs of one request may be waited for at a time; the answer is the same
 */
export function modelRunner<L>(model: ModelConfig, runBatch: RunBatch<L>, together = true, inFlight = 1): Run<L> {
  const plan = rowPlan(model);
  const fetches = model.outputs.map((port) => nameInFile(model, "outputs", port.name));
  const runFile = withFileNames(model, runBatch);
  const runOnce: RunOnce<L> = (feeds, rows, limit, use) =>
    runFile(feeds, fetches, limit, (outputs) => {
      checkOutputs(model, plan, outputs, rows);
      return use(outputs);
    });
  const stacks = together && plan.plain;
  return (feeds, rows, limit, use) => {
    if ((stacks || (plan.plain && rows === 1)) && isUniform(feeds)) return runOnce(feeds, rows, limit, use);
    return runGroups(plan, runOnce, { together, inFlight }, feeds, rows, limit).then(use);
  };
}

type RunOnce<L> = <T>(feeds: RunFeeds, rows: number, limit: L, use: UseOutputs<T, TensorData>) => Promise<T>;

function isUniform(feeds: Feeds): feeds is RunFeeds {
  for (const name in feeds) {
    const feed = feeds[name];
    if (feed !== undefined && isRagged(feed)) return false;
  }
  return true;
}

/** Runs the groups, each in parts of the batch size if the file fixes one. */
async function runGroups<L>(
  plan: RowPlan,
  runOnce: RunOnce<L>,
  { together, inFlight }: { readonly together: boolean; readonly inFlight: number },
  feeds: Feeds,
  rows: number,
  limit: L,
): Promise<RowsTensor[]> {
  const all = Array.from({ length: rows }, (_, row) => row);
  const stackable = together && !plan.whole;
  const groups = stackable ? (groupRows(plan, feeds, rows) ?? [all]) : [all];
  const most = stackable ? (plan.batchSize ?? rows) : 1;
  const runs: (readonly number[])[] = [];
  for (const group of groups)
    for (let from = 0; from < group.length; from += most)
      runs.push(from === 0 && most >= group.length ? group : group.slice(from, from + most));
  // By run, whichever ends first: the answer and its errors do not depend on the order.
  const parts = plan.outputs.map(() => new Array<RowsPart>(runs.length));
  await forEachOf(runs, inFlight, async (part, run) => {
    const count = plan.batchSize ?? part.length;
    await runOnce(stacked(plan, feeds, part, count), count, limit, (outputs) => {
      for (const [i, { at }] of plan.outputs.entries()) {
        const [output, own] = [outputs[i], parts[i]];
        if (output !== undefined && own !== undefined)
          own[run] = { rows: part, tensor: rowsFirst(output, at, part.length) };
      }
    });
  });
  return parts.map((own) => mergeRows(own, rows));
}

/** Does the work for each item, up to `inFlight` at a time. After an error, no further item is started. */
async function forEachOf<T>(
  items: readonly T[],
  inFlight: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      try {
        await work(items[index] as T, index);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await (inFlight === 1 ? lane() : Promise.all(Array.from({ length: Math.min(inFlight, items.length) }, lane)));
}

function stacked(plan: RowPlan, feeds: Feeds, rows: readonly number[], count: number): RunFeeds {
  const run: Record<string, TensorData> = {};
  for (const { port, at } of plan.inputs) {
    const feed = feeds[port.name];
    if (feed === undefined) continue;
    run[port.name] = typeof at === "number" ? stackRows(feed, rows, at, count) : oneRow(feed, rows[0] ?? 0);
  }
  return run;
}

function rowsFirst(output: TensorData, at: PlannedPort["at"], count: number): TensorData {
  return typeof at === "number"
    ? unstackRows(output, at, count)
    : { dtype: output.dtype, dims: [1, ...output.dims], data: output.data };
}

/** Renames the inputs to the file's names. */
function withFileNames<L>(model: ModelConfig, runBatch: RunBatch<L>): RunBatch<L> {
  if (model.renamed?.inputs === undefined) return runBatch;
  const names = model.inputs.map(({ name }) => [name, nameInFile(model, "inputs", name)] as const);
  return (feeds, fetches, limit, use) => {
    const renamed: Record<string, TensorData> = {};
    for (const [name, file] of names) {
      const tensor = feeds[name];
      if (tensor !== undefined) renamed[file] = tensor;
    }
    return runBatch(renamed, fetches, limit, use);
  };
}

function checkOutputs(model: ModelConfig, plan: RowPlan, outputs: readonly TensorData[], rows: number): void {
  for (let i = 0; i < plan.outputs.length; i++) {
    const planned = plan.outputs[i];
    const output = outputs[i];
    if (planned !== undefined && (output === undefined || !fits(planned, output, rows)))
      throw mismatch(model, planned, output, rows);
  }
}

function fits({ port, at }: PlannedPort, { dtype, dims, data }: TensorData, rows: number): boolean {
  if (dtype !== port.dtype) return false;
  const { shape } = port;
  if (shape !== null && dims.length !== shape.length) return false;
  let size = 1;
  for (let axis = 0; axis < dims.length; axis++) {
    const dim = axis === at ? rows : shape?.[axis];
    if (typeof dim === "number" && dim !== dims[axis]) return false;
    size *= dims[axis] ?? 1;
  }
  return data.length === size && (typeof at !== "number" || at < dims.length);
}

/** The error for an output that contradicts the model's config. */
function mismatch(model: ModelConfig, planned: PlannedPort, output: TensorData | undefined, rows: number): TargetError {
  const { port, at } = planned;
  const expected = showTensor({ dtype: port.dtype, shape: runShape(planned, rows) });
  const got = output === undefined ? "nothing" : showTensor({ dtype: output.dtype, shape: output.dims });
  const count = at === "whole" ? "one row" : `${rows} ${rows === 1 ? "row" : "rows"}`;
  const isOffAxis = typeof at === "number" && output !== undefined && output.dims[at] !== rows;
  const why = isOffAxis ? `; its ${ordinal(at)} dimension is not the number of rows` : "";
  const setting = output === undefined ? "" : `; ${shapeSetting(model, planned, output.dims, rows)}`;
  return new TargetError(
    "SL6003",
    `model '${model.name}' output '${port.name}' should be ${expected} for ${count} but is ${got}${why}${setting}`,
    { model: model.name, output: port.name, rows, dims: output?.dims ?? null },
  );
}

function ordinal(axis: number): string {
  return ["first", "second", "third"][axis] ?? `${axis + 1}th`;
}
