import type { StepConfigOf } from "../../config/schema.js";
import { compileChecks } from "../../expression/javascript.js";
import { columnsRead } from "../../expression/tree.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import type { Passage } from "../passage.js";
import type { CompileStep, Context } from "../plan-context.js";

/** One column that a validation reads, and where a request has it. */
interface Source {
  readonly column: string;
  readonly port: string;
  /** Of a model beside the answer; null: of the request or of the answer. */
  readonly model: string | null;
  readonly of: (passage: Passage) => ReadonlyMap<string, TensorData> | undefined;
}

/** What must hold for every row. Validations that stand together read the same columns: the first one's loop does them all. */
export const validationStep: CompileStep<"validation"> = (context, index, first) => {
  const { steps } = context.config;
  if (steps[index - 1]?.kind === "validation") return null;
  const together: StepConfigOf<"validation">[] = [first];
  for (let next = index + 1, step = steps[next]; step?.kind === "validation"; step = steps[++next]) together.push(step);
  const run = compileChecks(together.map(({ name, expression }) => ({ name, tree: expression.tree })));
  const sources = sourcesOf(context, new Set(together.flatMap(({ expression }) => columnsRead(expression.tree))));
  return (passage) => {
    const columns = new Map<string, TensorData>();
    let present: Map<string, Uint8Array> | undefined;
    for (const { column, port, model, of } of sources) {
      const tensor = of(passage)?.get(port);
      if (tensor === undefined) continue;
      columns.set(column, tensor);
      const answered = model === null ? undefined : passage.beside.get(model)?.answered;
      if (answered !== undefined) (present ??= new Map<string, Uint8Array>()).set(column, answered);
    }
    const failures = run(columns, passage.rows, present);
    passage.failures = passage.failures.size === 0 ? failures : new Map([...passage.failures, ...failures]);
  };
};

function sourcesOf({ config, read, model }: Context, wanted: ReadonlySet<string>): Source[] {
  const sources: Source[] = [];
  const beside = Array.from(read, (name) => ({ name, prefix: `out_${name}.`, ports: model(name).outputs }));
  for (const column of wanted) {
    const other = beside.find(({ prefix, ports }) => column.startsWith(prefix) && ports.some((port) => port.name === column.slice(prefix.length)));
    if (other !== undefined) {
      sources.push({ column, port: column.slice(other.prefix.length), model: other.name, of: (passage) => passage.beside.get(other.name)?.outputs });
    } else if (column.startsWith("in.") && config.inputs.some(({ name }) => name === column.slice(3))) {
      sources.push({ column, port: column.slice(3), model: null, of: (passage) => passage.inputs });
    } else if (column.startsWith("out.")) sources.push({ column, port: column.slice(4), model: null, of: (passage) => passage.outputs });
  }
  return sources;
}
