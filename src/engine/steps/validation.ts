import type { StepConfigOf } from "../../config/schema.js";
import { compileValidations, type ValidationProgram } from "../../expression/evaluate/validation-program.js";
import type { Columns, Present } from "../../expression/evaluate/row-loop.js";
import { columnsRead } from "../../expression/tree/tree.js";
import { type RowRange, sliceRows, uniformRanges } from "../../tensors/row-ranges.js";
import type { RowsTensor } from "../../tensors/tensor-data.js";
import type { Execution, Tensors } from "./execution.js";
import { type CompileContext, engineStepKind } from "./step-kind.js";

/** Where an execution holds a column that a validation reads. */
interface ColumnSource {
  readonly port: string;
  /** The challenger or tuple model of the column; null for columns of the request and of the current output. */
  readonly model: string | null;
  readonly tensors: (execution: Execution) => Tensors | undefined;
}

/**
 * Must hold for every row. Consecutive validations read the same columns, so the first one's loop evaluates them all.
 */
export const validationKind = engineStepKind<"validation">({
  columnsRead: ({ expression }) => columnsRead(expression.tree),
  compile(context, index, first) {
    const { steps } = context.config;
    if (steps[index - 1]?.kind === "validation") return null;
    const group: StepConfigOf<"validation">[] = [first];
    for (let next = index + 1, step = steps[next]; step?.kind === "validation"; step = steps[++next]) group.push(step);
    const run = compileValidations(group.map(({ name, expression }) => ({ name, tree: expression.tree })));
    const sources = columnSources(context, new Set(group.flatMap(({ expression }) => columnsRead(expression.tree))));
    const readsSideOutputs = [...sources.values()].some(({ model }) => model !== null);
    return (execution, next) => {
      const columnOf = (name: string): RowsTensor | undefined => {
        const source = sources.get(name);
        return source?.tensors(execution)?.get(source.port);
      };
      const present = (name: string) => execution.sideOutputs.get(sources.get(name)?.model ?? "")?.answered;
      const ranges = uniformRanges(
        [...sources.keys()].flatMap((name) => columnOf(name) ?? []),
        execution.rows,
      );
      const failures =
        ranges === null
          ? run({ get: columnOf as Columns["get"] }, execution.rows, readsSideOutputs ? { get: present } : undefined)
          : runInRanges(run, ranges, columnOf, readsSideOutputs ? present : null, execution.rows);
      execution.failures = execution.failures.size === 0 ? failures : new Map([...execution.failures, ...failures]);
      return next(execution);
    };
  },
});

/** Runs validations on each range of rows that have one shape. */
function runInRanges(
  run: ValidationProgram,
  ranges: readonly RowRange[],
  columnOf: (name: string) => RowsTensor | undefined,
  present: ((name: string) => Uint8Array | undefined) | null,
  rows: number,
): ReadonlyMap<string, Uint8Array> {
  const failures = new Map<string, Uint8Array>();
  for (const [from, to] of ranges) {
    const columns: Columns = {
      get(name) {
        const column = columnOf(name);
        return column === undefined ? undefined : sliceRows(column, from, to);
      },
    };
    const presentHere: Present | undefined =
      present === null ? undefined : { get: (name) => present(name)?.subarray(from, to) };
    for (const [name, failed] of run(columns, to - from, presentHere)) {
      const all = failures.get(name) ?? new Uint8Array(rows);
      all.set(failed, from);
      failures.set(name, all);
    }
  }
  return failures;
}

function columnSources(
  { config, awaited, model }: CompileContext,
  columns: ReadonlySet<string>,
): ReadonlyMap<string, ColumnSource> {
  const sources = new Map<string, ColumnSource>();
  const sideModels = Array.from(awaited, (name) => ({ name, prefix: `out_${name}.`, ports: model(name).outputs }));
  for (const column of columns) {
    const side = sideModels.find(
      ({ prefix, ports }) =>
        column.startsWith(prefix) && ports.some((port) => port.name === column.slice(prefix.length)),
    );
    if (side !== undefined) {
      sources.set(column, {
        port: column.slice(side.prefix.length),
        model: side.name,
        tensors: (execution) => execution.sideOutputs.get(side.name)?.outputs,
      });
    } else if (column.startsWith("in.") && config.inputs.some(({ name }) => name === column.slice(3))) {
      sources.set(column, { port: column.slice(3), model: null, tensors: (execution) => execution.inputs });
    } else if (column.startsWith("out."))
      sources.set(column, { port: column.slice(4), model: null, tensors: (execution) => execution.outputs });
  }
  return sources;
}
