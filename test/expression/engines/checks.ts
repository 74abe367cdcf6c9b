import type { RowScope } from "../../../dsl/row.js";
import { type RowValue, scopeOf, type TestColumn } from "../rows.js";

/** The tree of a check, as far as the platform documents it. */
type Tree =
  | { readonly node: "binop"; readonly op: string; readonly left: Tree; readonly right: Tree }
  | {
      readonly node: "variable";
      readonly variant_id: { readonly name: string };
      readonly position: "input" | "output";
      readonly key: readonly [number, number];
    }
  | { readonly node: "fn"; readonly fn: string; readonly arguments: readonly [Tree] }
  | { readonly node: "literal"; readonly float?: number; readonly integer?: string; readonly list?: readonly Tree[] };

interface Entry {
  readonly values: Readonly<
    Record<string, { readonly root: Tree; readonly required_data: readonly { readonly name: string }[] }>
  >;
  readonly gauges: readonly string[];
  readonly validations: readonly string[];
}

type Value = number | bigint | boolean | readonly Value[];
type Tensors = (model: string, position: "input" | "output", tensor: number) => RowValue;

const number = (value: Value): number => {
  if (typeof value !== "number") throw new TypeError(`${String(value)} is not a double`);
  return value;
};

const operations: Readonly<Record<string, (a: Value, b: Value) => Value>> = {
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  "+": (a, b) => number(a) + number(b),
  "-": (a, b) => number(a) - number(b),
  in: (a, b) => (b as readonly Value[]).some((item) => item === a),
};

/** The value of a tree on a row. Numbers are doubles, 64-bit integers are exact. Undocumented nodes are errors. */
function evaluate(tree: Tree, tensors: Tensors): Value {
  switch (tree.node) {
    case "binop": {
      const operation = operations[tree.op];
      if (operation === undefined) throw new TypeError(`no operation '${tree.op}'`);
      return operation(evaluate(tree.left, tensors), evaluate(tree.right, tensors));
    }
    case "variable": {
      const value = (tensors(tree.variant_id.name, tree.position, tree.key[0]) as readonly Value[])[tree.key[1]];
      if (value === undefined)
        throw new TypeError(`'${tree.variant_id.name}' has no ${tree.position} ${tree.key.join(", ")}`);
      return value;
    }
    case "fn":
      if (tree.fn !== "abs") throw new TypeError(`no function '${tree.fn}'`);
      return Math.abs(number(evaluate(tree.arguments[0], tensors)));
    case "literal": {
      const value =
        tree.list?.map((item) => evaluate(item, tensors)) ??
        tree.float ??
        (tree.integer === undefined ? undefined : BigInt(tree.integer));
      if (value === undefined) throw new TypeError("a literal without a value");
      return value;
    }
  }
}

/** The ports of rows, with a model `m` whose inputs are `in` and whose outputs are `out`. */
export function scopeWithModels(columns: readonly TestColumn[]): RowScope {
  const scope = scopeOf(columns);
  return { ...scope, first: { name: "m", columns: scope.inputs.map(({ name }) => name) }, last: "m" };
}

function tensorsOf(columns: readonly TestColumn[], row: number): Tensors {
  return (model, position, tensor) => {
    const source = position === "input" ? "in" : model === "m" ? "out" : `out_${model}`;
    return columns.filter(({ name }) => name.startsWith(`${source}.`))[tensor]?.values[row] ?? [];
  };
}

/** Parses an entry's JSON, with integers as text, so that they stay exact. */
export const parseEntry = (text: string): Entry => JSON.parse(text.replace(/("integer": )(-?\d+)/g, '$1"$2"')) as Entry;

/** Whether each row passes all validations of an entry. */
export function holdsInChecks(text: string, columns: readonly TestColumn[]): boolean[] {
  const { values, validations } = parseEntry(text);
  const roots = validations.map((name) => (values[name] as Entry["values"][string]).root);
  return Array.from({ length: columns[0]?.values.length ?? 0 }, (_, r) =>
    roots.every((root) => evaluate(root, tensorsOf(columns, r)) === true),
  );
}
