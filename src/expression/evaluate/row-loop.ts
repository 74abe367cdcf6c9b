import { InputError, LambdaError } from "../../../dsl/errors.js";
import { float16ToNumber } from "../../tensors/float16.js";
import { rowSize, type TensorData } from "../../tensors/tensor-data.js";
import { bounds, exceeded } from "../../util/bounds.js";
import { type NodePrinters, printConstant, printJavaScript } from "../tree/print.js";
import {
  type Aggregate,
  children,
  columnName,
  type ExpressionTree,
  type NodeOf,
  type Index,
  type Read,
} from "../tree/tree.js";
import { rowStepsText } from "../tree/work.js";

/** A column of the generated loop, as one of the trees declares it. */
type Column = Pick<Read, "dtype" | "shape"> & { readonly name: string };

/** A column of a batch as the loop reads it. */
type ColumnData = Pick<TensorData, "data" | "dims">;

/** The columns of a batch by name. */
export type Columns = Pick<ReadonlyMap<string, TensorData>, "get">;

/** By column name: 0 for each row without a value. */
export type Present = Pick<ReadonlyMap<string, Uint8Array>, "get">;

export interface Batch {
  readonly columns: Columns;
  readonly rows: number;
  /** Undefined: every row has a value in every column. */
  readonly present?: Present | undefined;
  readonly work: Work;
}

/** The steps that the expressions of one request may still take. */
export interface Work {
  left: number;
}

export const newWork = (): Work => ({ left: bounds.evaluationSteps.limit });

/** Ends a request before its expressions are evaluated: they cannot be interrupted once they run. */
function refuseWork(steps: number): never {
  throw new InputError("SL5050", `these rows are too much work: ${exceeded(bounds.evaluationSteps, steps)}`, { steps });
}

/** Loads a column of a batch by its number. Null if it is absent or not as declared. */
type LoadColumn = (index: number, batch: Batch) => ColumnData | null;

/** The rows of a column that have a value; null: all. */
type LoadPresent = (index: number, batch: Batch) => Uint8Array | null;

function loadColumn({ name, dtype, shape }: Column, { columns, rows }: Batch): ColumnData | null {
  const tensor = columns.get(name);
  if (tensor === undefined || tensor.dtype !== dtype) return null;
  const { dims, data } = tensor;
  if (dims.length !== shape.length + 1 || dims[0] !== rows || data.length !== rows * rowSize(dims)) return null;
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis];
    if (size !== null && size !== dims[axis + 1]) return null;
  }
  return dtype === "float16" ? { data: Float32Array.from(data as Uint16Array, float16ToNumber), dims } : tensor;
}

/** Compiles a function. The source is generated only from trees that match their schema. */
export function compileFunction<F>(params: string, source: string): F {
  return new Function(params, source) as F;
}

/** Source texts of one expression in the loop. */
export interface RowExpression {
  /** Whether the batch has the columns as declared. */
  readonly ready: string;
  /** Whether row `r` has a value in every column. */
  readonly present: string;
  /** The expression's value for row `r`. */
  readonly value: string;
}

/**
 * Generates a function that evaluates expressions on each row of a batch. It refers to columns by number, so that no
 * name from a config gets into the source.
 */
export class RowLoop {
  readonly #columns: Column[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #functions: string[] = [];
  readonly #steps: string[] = [];

  /** Adds an expression and returns its source texts. */
  add(tree: ExpressionTree): RowExpression {
    const needed = [...this.#collect(tree)];
    this.#steps.push(rowStepsText(tree, (list) => this.#size(list, list.at.length)));
    return {
      ready: needed.map((n) => `t${n} !== null`).join(" && ") || "true",
      present: needed.map((n) => `(p${n} === null || p${n}[r] === 1)`).join(" && ") || "true",
      value: this.#print(tree, []),
    };
  }

  /**
   * Compiles a function that runs the statements `before`, then `each` for every row `r`, and returns `result`. It
   * throws InputError SL5050 before the first row if the batch takes more steps than are left.
   */
  compile<T>(before: readonly string[], each: readonly string[], result: string): (batch: Batch) => T {
    const numbers = this.#columns.map((_, n) => n);
    const source = [
      '"use strict";',
      ...this.#functions,
      "return function (batch) {",
      "const rows = batch.rows;",
      ...numbers.map(
        (n) =>
          `const t${n} = take(${n}, batch), d${n} = t${n} === null ? [] : t${n}.data, p${n} = present(${n}, batch);`,
      ),
      ...this.#columns.flatMap(({ shape }, n) =>
        shape.map((_, axis) => `const n${n}_${axis} = t${n} === null ? 0 : t${n}.dims[${axis + 1}];`),
      ),
      `const steps = rows * (${this.#steps.join(" + ") || "0"});`,
      "if ((batch.work.left -= steps) < 0) refuse(steps);",
      ...before,
      "for (let r = 0; r < rows; r++) {",
      ...each,
      "}",
      `return ${result};`,
      "};",
    ].join("\n");
    const build = compileFunction<
      (take: LoadColumn, present: LoadPresent, refuse: typeof refuseWork) => (batch: Batch) => T
    >("take, present, refuse", source);
    const columns = [...this.#columns];
    return build(
      (index, batch) => loadColumn(columns[index] as Column, batch),
      (index, batch) => batch.present?.get(columns[index]?.name ?? "") ?? null,
      refuseWork,
    );
  }

  /** The numbers of the columns that a tree reads. */
  #collect(node: ExpressionTree, found = new Set<number>()): Set<number> {
    if (node.op === "read") found.add(this.#column(node));
    for (const child of children(node)) this.#collect(child, found);
    return found;
  }

  #column({ from, port, dtype, shape }: Read): number {
    const name = columnName({ from, port });
    const key = JSON.stringify([name, dtype, shape]);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#columns.push({ name, dtype, shape }) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  #print(tree: ExpressionTree, binders: readonly number[]): string {
    const printers: NodePrinters = {
      read: (node) => this.#read(node),
      length: ({ list }) => this.#size(list, list.at.length),
      pick: (node) => `[${node.items.map(printConstant).join(", ")}][i${node.binder}]`,
      position: (binder) => `i${binder}`,
      quantifier: (node) => this.#quantifier(node, binders),
      aggregate: noAggregate,
    };
    return printJavaScript(tree, printers);
  }

  #size(list: Read, axis: number): string {
    const size = list.shape[axis] ?? null;
    return size === null ? `n${this.#column(list)}_${axis}` : String(size);
  }

  #read(node: Read): string {
    const column = this.#column(node);
    const text = (index: Index): string => (typeof index === "number" ? String(index) : `i${index.binder}`);
    const offset = node.at.reduce<string>((outer, index, axis) => {
      const size = this.#size(node, axis);
      const start = size === "1" ? outer : `${outer} * ${size}`;
      return index === 0
        ? start
        : axis === node.at.length - 1
          ? `${start} + ${text(index)}`
          : `(${start} + ${text(index)})`;
    }, "r");
    const element = `d${column}[${offset}]`;
    const bare = node.dtype === "bool" ? `${element} !== 0` : element;
    if (!node.nullable) return node.dtype === "bool" ? `(${bare})` : bare;
    const inside = node.at.map((index, axis) => `${text(index)} < ${this.#size(node, axis)}`).join(" && ");
    return `(${inside} ? ${bare} : undefined)`;
  }

  #quantifier(node: NodeOf<"every" | "some">, binders: readonly number[]): string {
    const inner = [...binders, node.binder];
    const body = this.#print(node.body, inner);
    const name = `q${this.#functions.length}`;
    const i = `i${node.binder}`;
    // Columns are parameters: functions that are created once cost a batch of one row nothing.
    const columns = Array.from(this.#collect(node), (n) => [
      `d${n}`,
      ...(this.#columns[n]?.shape ?? []).map((_, axis) => `n${n}_${axis}`),
    ]);
    const params = ["r", ...binders.map((b) => `i${b}`), ...columns.flat()].join(", ");
    const found = node.op === "some";
    const test = found ? body : `!(${body})`;
    const size = this.#size(node.list, node.list.at.length);
    this.#functions.push(
      `const ${name} = (${params}) => { for (let ${i} = 0; ${i} < ${size}; ${i}++) if (${test}) return ${found}; return ${!found}; };`,
    );
    return `${name}(${params})`;
  }
}

/** The schema allows no aggregate in the tree of a row. */
const noAggregate = ({ fn }: Aggregate): never => {
  throw new LambdaError("SL1123", `'${fn}' aggregates the whole window, and cannot be used on one row`);
};
