import type { StepConfigOf } from "../../config/schema.js";
import { compileValidations, type ValidationProgram } from "../../expression/evaluate/validation-program.js";
import type { Columns, Present } from "../../expression/evaluate/row-loop.js";
import { columnsRead } from "../../expression/tree/tree.js";
import { sliceRows, uniformRanges } from "../../tensors/row-ranges.js";
import { isRagged, type RowsTensor } from "../../tensors/tensor-data.js";
import type { Execution } from "./execution.js";
import { type CompileContext, engineStepKind } from "./step-kind.js";

/** Where an execution holds a column that a validation reads. */
interface ColumnSource {
  /** The challenger or tuple model of the column; null for columns of the request and of the current output. */
  readonly model: string | null;
  readonly read: (execution: Execution) => RowsTensor | undefined;
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
    const read = [...sources.values()];
    const readsSideOutputs = read.some(({ model }) => model !== null);
    return (execution, next) => {
      const columns = new ReadColumns(sources, execution);
      const present: Present | undefined = readsSideOutputs
        ? { get: (name) => execution.sideOutputs.get(sources.get(name)?.model ?? "")?.answered }
        : undefined;
      const failures = isUniform(read, execution)
        ? run(columns as Columns, execution.rows, present, execution.work)
        : runInRanges(run, sources.keys(), columns, present, execution);
      execution.failures = execution.failures.size === 0 ? failures : new Map([...execution.failures, ...failures]);
      return next(execution);
    };
  },
});

/** The columns that validations read, of one request. */
class ReadColumns {
  readonly #sources: ReadonlyMap<string, ColumnSource>;
  readonly #execution: Execution;

  constructor(sources: ReadonlyMap<string, ColumnSource>, execution: Execution) {
    this.#sources = sources;
    this.#execution = execution;
  }

  get(name: string): RowsTensor | undefined {
    return this.#sources.get(name)?.read(this.#execution);
  }
}

function isUniform(sources: readonly ColumnSource[], execution: Execution): boolean {
  for (const source of sources) {
    const column = source.read(execution);
    if (column !== undefined && isRagged(column)) return false;
  }
  return true;
}

/** Runs validations on each range of rows that have one shape. */
function runInRanges(
  run: ValidationProgram,
  names: Iterable<string>,
  columns: ReadColumns,
  present: Present | undefined,
  { rows, work }: Execution,
): ReadonlyMap<string, Uint8Array> {
  const failures = new Map<string, Uint8Array>();
  const read = Array.from(names, (name) => columns.get(name)).filter((column) => column !== undefined);
  for (const [from, to] of uniformRanges(read, rows)) {
    const columnsHere: Columns = {
      get(name) {
        const column = columns.get(name);
        return column === undefined ? undefined : sliceRows(column, from, to);
      },
    };
    const presentHere: Present | undefined = present && { get: (name) => present.get(name)?.subarray(from, to) };
    for (const [name, failed] of run(columnsHere, to - from, presentHere, work)) {
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
      const port = column.slice(side.prefix.length);
      sources.set(column, {
        model: side.name,
        read: (execution) => execution.sideOutputs.get(side.name)?.outputs.get(port),
      });
    } else if (column.startsWith("in.") && config.inputs.some(({ name }) => name === column.slice(3))) {
      const port = column.slice(3);
      sources.set(column, { model: null, read: (execution) => execution.inputs.get(port) });
    } else if (column.startsWith("out.")) {
      const port = column.slice(4);
      sources.set(column, { model: null, read: (execution) => execution.outputs.get(port) });
    }
  }
  return sources;
}
