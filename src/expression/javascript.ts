import { ConfigError } from "../../dsl/errors.js";
import { rowSize, type TensorData, type TensorElements } from "../tensors/tensor-data.js";
import type { BackEndEmitter } from "./back-end.js";
import { float16ToNumber } from "../tensors/float16.js";
import { type Leaves, printConstant, printJavaScript, readableTree } from "./print.js";
import { children, columnName, type ExpressionTree, expressionTree, type NodeOf, type Place, type Read } from "./tree.js";

/** The predicate itself as JavaScript source, to be read by people: `(x) => x.out.score[0] < 0.9`. */
export const javascript: BackEndEmitter = (tree) => `(x) => ${readableTree(tree)}`;

/**
 * Checks a batch. `columns` by name (`in.x`, `out.y`, `out_c1.z`); `present`, by column, is 0 where a row has no value.
 * The answer holds, by validation name, 1 for each row that fails it.
 */
export type Checks = (
  columns: ReadonlyMap<string, TensorData>,
  rows: number,
  present?: ReadonlyMap<string, Uint8Array>,
) => Map<string, Uint8Array>;

export interface Validation {
  readonly name: string;
  readonly tree: ExpressionTree;
}

/** One column of the generated loop, as one of the trees declares it. */
type Column = Pick<Read, "dtype" | "shape"> & { readonly name: string };

/** A column of a batch as the loop reads it, or null where it is absent or not as declared. */
interface Taken {
  readonly data: TensorElements;
  readonly dims: readonly number[];
  readonly present: Uint8Array | null;
}

/**
 * Compiles validations to one loop over typed arrays. A row fails where its predicate is not true, or where a column it
 * reads is absent, of another dtype or shape, or has no value for it.
 *
 * @param validations names and typed trees, as in a config
 * @throws ConfigError SL4002 where a tree is not of the schema
 * @example compileChecks([{ name: "amt", tree }])(new Map([["out.y", column]]), 1000).get("amt")
 */
export function compileChecks(validations: readonly Validation[]): Checks {
  const trees = validations.map(({ name, tree }) => {
    const checked = expressionTree.safeParse(tree);
    if (checked.success) return checked.data;
    throw new ConfigError("SL4002", `the expression of validation '${name}' is not valid: ${checked.error.issues[0]?.message ?? ""}; compile the pipeline again`);
  });
  const loop = new Loop(trees);
  const build = new Function("take", loop.source) as (take: Take) => (rows: number, batch: Batch) => Uint8Array[];
  const run = build((index, batch) => takeColumn(loop.columns[index] as Column, batch));
  return (columns, rows, present = none) => {
    const failed = run(rows, { columns, rows, present });
    return new Map(validations.map(({ name }, i) => [name, failed[i] ?? new Uint8Array(rows).fill(1)]));
  };
}

const none: ReadonlyMap<string, Uint8Array> = new Map();

interface Batch {
  readonly columns: ReadonlyMap<string, TensorData>;
  readonly rows: number;
  readonly present: ReadonlyMap<string, Uint8Array>;
}
type Take = (index: number, batch: Batch) => Taken | null;

function takeColumn(column: Column, { columns, rows, present }: Batch): Taken | null {
  const tensor = columns.get(column.name);
  if (tensor === undefined || tensor.dtype !== column.dtype || tensor.dims.length !== column.shape.length + 1) return null;
  if (tensor.dims[0] !== rows || tensor.data.length !== rows * rowSize(tensor.dims)) return null;
  if (column.shape.some((size, axis) => size !== null && size !== tensor.dims[axis + 1])) return null;
  const data = column.dtype === "float16" ? Float32Array.from(tensor.data as Uint16Array, float16ToNumber) : tensor.data;
  return { data, dims: tensor.dims, present: present.get(column.name) ?? null };
}

/** Writes the loop. Columns are known by number in it, so that no name of a config gets into the source. */
class Loop {
  readonly columns: Column[] = [];
  readonly source: string;
  readonly #numbers = new Map<string, number>();
  readonly #functions: string[] = [];

  constructor(trees: readonly ExpressionTree[]) {
    const tests = trees.map((tree) => {
      const needed = [...this.#collect(tree)];
      const guards = needed.map((n) => `(p${n} === null || p${n}[r] === 1)`);
      return { ready: needed.map((n) => `t${n} !== null`).join(" && ") || "true", test: [...guards, `(${this.#print(tree, [])})`].join(" && ") };
    });
    const numbers = this.columns.map((_, n) => n);
    this.source = [
      '"use strict";',
      "return function (rows, batch) {",
      ...numbers.map((n) => `const t${n} = take(${n}, batch), d${n} = t${n} === null ? [] : t${n}.data, p${n} = t${n} === null ? null : t${n}.present;`),
      ...this.columns.flatMap(({ shape }, n) => shape.map((_, axis) => `const n${n}_${axis} = t${n} === null ? 0 : t${n}.dims[${axis + 1}];`)),
      ...this.#functions,
      ...tests.map(({ ready }, i) => `const ready${i} = ${ready}, f${i} = new Uint8Array(rows);`),
      "for (let r = 0; r < rows; r++) {",
      ...tests.map(({ test }, i) => `f${i}[r] = ready${i} && ${test} ? 0 : 1;`),
      "}",
      `return [${tests.map((_, i) => `f${i}`).join(", ")}];`,
      "};",
    ].join("\n");
  }

  /** The numbers of the columns a tree reads. */
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
    const number = this.columns.push({ name, dtype, shape }) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  #print(tree: ExpressionTree, binders: readonly number[]): string {
    const leaves: Leaves = {
      read: (node) => this.#read(node),
      length: ({ list }) => this.#size(list, list.at.length),
      pick: (node) => `[${node.items.map(printConstant).join(", ")}][i${node.binder}]`,
      position: (binder) => `i${binder}`,
      quantifier: (node) => this.#quantifier(node, binders),
    };
    return printJavaScript(tree, leaves);
  }

  #size(list: Read, axis: number): string {
    const size = list.shape[axis] ?? null;
    return size === null ? `n${this.#column(list)}_${axis}` : String(size);
  }

  #read(node: Read): string {
    const column = this.#column(node);
    const text = (place: Place): string => (typeof place === "number" ? String(place) : `i${place.binder}`);
    const offset = node.at.reduce<string>((outer, place, axis) => {
      const size = this.#size(node, axis);
      const start = size === "1" ? outer : `${outer} * ${size}`;
      return place === 0 ? start : axis === node.at.length - 1 ? `${start} + ${text(place)}` : `(${start} + ${text(place)})`;
    }, "r");
    const element = `d${column}[${offset}]`;
    const bare = node.dtype === "bool" ? `${element} !== 0` : element;
    if (!node.nullable) return node.dtype === "bool" ? `(${bare})` : bare;
    const inside = node.at.map((place, axis) => `${text(place)} < ${this.#size(node, axis)}`).join(" && ");
    return `(${inside} ? ${bare} : undefined)`;
  }

  #quantifier(node: NodeOf<"every" | "some">, binders: readonly number[]): string {
    const inner = [...binders, node.binder];
    const body = this.#print(node.body, inner);
    const name = `q${this.#functions.length}`;
    const i = `i${node.binder}`;
    const params = ["r", ...binders.map((b) => `i${b}`)].join(", ");
    const found = node.op === "some";
    const test = found ? body : `!(${body})`;
    const size = this.#size(node.list, node.list.at.length);
    this.#functions.push(`const ${name} = (${params}) => { for (let ${i} = 0; ${i} < ${size}; ${i}++) if (${test}) return ${found}; return ${!found}; };`);
    return `${name}(${params})`;
  }
}

