import type { StepConfigOf } from "../../config/schema.js";
import { compileValidations } from "../../expression/evaluate/validation-program.js";
import { columnsRead } from "../../expression/tree/tree.js";
import type { Columns, Present } from "../../expression/evaluate/row-loop.js";
import type { Execution, Tensors } from "./execution.js";
import type { CompileStep, CompileContext } from "./context.js";

/** Where a request has a column that a validation reads. */
interface Source {
  readonly port: string;
  /** Of a model beside the answer; null: of the request or of the answer. */
  readonly model: string | null;
  readonly of: (execution: Execution) => Tensors | undefined;
}

/** What must hold for every row. Validations that stand together read the same columns: the first one's loop does them all. */
export const validationStep: CompileStep<"validation"> = (context, index, first) => {
  const { steps } = context.config;
  if (steps[index - 1]?.kind === "validation") return null;
  const together: StepConfigOf<"validation">[] = [first];
  for (let next = index + 1, step = steps[next]; step?.kind === "validation"; step = steps[++next]) together.push(step);
  const run = compileValidations(together.map(({ name, expression }) => ({ name, tree: expression.tree })));
  const sources = sourcesOf(context, new Set(together.flatMap(({ expression }) => columnsRead(expression.tree))));
  const beside = [...sources.values()].some(({ model }) => model !== null);
  return (execution, next) => {
    const columns: Columns = {
      get(column) {
        const source = sources.get(column);
        return source?.of(execution)?.get(source.port);
      },
    };
    const present: Present | undefined = beside
      ? { get: (column) => execution.sideOutputs.get(sources.get(column)?.model ?? "")?.answered }
      : undefined;
    const failures = run(columns, execution.rows, present);
    execution.failures = execution.failures.size === 0 ? failures : new Map([...execution.failures, ...failures]);
    return next(execution);
  };
};

function sourcesOf(
  { config, awaited, model }: CompileContext,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, Source> {
  const sources = new Map<string, Source>();
  const beside = Array.from(awaited, (name) => ({ name, prefix: `out_${name}.`, ports: model(name).outputs }));
  for (const column of wanted) {
    const other = beside.find(
      ({ prefix, ports }) =>
        column.startsWith(prefix) && ports.some((port) => port.name === column.slice(prefix.length)),
    );
    if (other !== undefined) {
      sources.set(column, {
        port: column.slice(other.prefix.length),
        model: other.name,
        of: (execution) => execution.sideOutputs.get(other.name)?.outputs,
      });
    } else if (column.startsWith("in.") && config.inputs.some(({ name }) => name === column.slice(3))) {
      sources.set(column, { port: column.slice(3), model: null, of: (execution) => execution.inputs });
    } else if (column.startsWith("out."))
      sources.set(column, { port: column.slice(4), model: null, of: (execution) => execution.outputs });
  }
  return sources;
}
