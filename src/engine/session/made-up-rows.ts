import type { DType, Port } from "../../../dsl/tensor.js";
import type { ModelConfig } from "../../config/schema.js";
import { allocate } from "../../tensors/dtypes.js";
import { numberToFloat16 } from "../../tensors/float16.js";
import type { TensorData, TensorElements } from "../../tensors/tensor-data.js";
import type { PlannedPort, RowPlan, RowsAt } from "../rows/row-plan.js";

/** How rows are made up: the open sizes and the values. */
export interface RowStyle {
  /** Sizes of open dimensions, in the order in which they are met. The last one is used for all further ones. */
  readonly sizes: readonly number[];
  /** `small`: integers from 1 to 4, as token ids and lengths. `binary`: 0 and 1. `zero`: zeros. */
  readonly values: "small" | "binary" | "zero";
}

/** Rows that no user sent, to try a model at deploy. */
export interface MadeUpRows {
  readonly feeds: Readonly<Record<string, TensorData>>;
  /** The names of the open dimensions, by the size that they have here. */
  readonly symbols: ReadonlyMap<number, string>;
}

/** Values that the pipeline fixes: the constants of a step, by model input, without a row axis. */
export type FixedInputs = ReadonlyMap<string, TensorData>;

/** Sizes for tokens and signals, then for images, then the smallest. */
const openSizes: readonly (readonly number[])[] = [[8, 12, 16, 20], [64, 96, 32, 128], [1]];

/** Open sizes never make a row of more elements than this. */
const maxOpenElements = 2 ** 18;

/** Of a large fixed batch the first rows have values of their own, and the others repeat them. */
const maxOwnElements = 2 ** 20;

/** Typed arrays and lists of texts. */
interface Repeatable {
  copyWithin(to: number, from: number, end: number): unknown;
}

/** The ways to make up a model's rows, the most telling first. */
export function rowStyles(model: ModelConfig, plan: RowPlan): readonly RowStyle[] {
  const isOpen = plan.inputs.some(({ port }) => port.shape === null || port.shape.some(isOpenDim));
  const hasIntegers = model.inputs.some(({ dtype }) => isInteger(dtype));
  const sizes = isOpen ? openSizes.filter((own) => fitsInMemory(plan, own)) : openSizes.slice(0, 1);
  return [
    ...sizes.flatMap((own): RowStyle[] => [
      { sizes: own, values: "small" },
      ...(hasIntegers ? [{ sizes: own, values: "binary" as const }] : []),
    ]),
    ...(isOpen ? [] : [{ sizes: [1], values: "zero" as const }]),
  ];
}

/**
 * Makes up rows. The rows have values of their own, the second one a hundred times larger than the others: where a
 * model chooses a scale for all rows of a run, the other rows then change. Shared inputs have one value.
 */
export function madeUpRows(plan: RowPlan, fixed: FixedInputs, style: RowStyle, rows: number): MadeUpRows {
  const sizes = new SizeBook(style.sizes);
  const feeds: Record<string, TensorData> = {};
  for (const [index, { port, at }] of plan.inputs.entries()) {
    const constant = fixed.get(port.name);
    const rowDims = constant?.dims ?? rowDimsOf(port, at, sizes);
    const size = sizeOf(rowDims);
    const data = allocate(port.dtype, rows * size);
    const own = Math.min(rows, Math.max(2, Math.ceil(maxOwnElements / Math.max(1, size))));
    for (let row = 0; row < own; row++) {
      const seed = at === "shared" ? 0 : row;
      for (let i = 0; i < size; i++)
        put(port, data, row * size + i, constant?.data[i] ?? valueAt(port.dtype, style.values, seed, i + index));
    }
    for (let row = own; row < rows; row += own) (data as Repeatable).copyWithin(row * size, 0, own * size);
    feeds[port.name] = { dtype: port.dtype, dims: [rows, ...rowDims], data };
  }
  return { feeds, symbols: sizes.symbols };
}

/** The number of elements that `madeUpRows` would make up. */
export function madeUpElements(plan: RowPlan, fixed: FixedInputs, style: RowStyle, rows: number): number {
  const sizes = new SizeBook(style.sizes);
  const ofPort = ({ port, at }: PlannedPort): number =>
    sizeOf(fixed.get(port.name)?.dims ?? rowDimsOf(port, at, sizes));
  return plan.inputs.reduce((sum, port) => sum + ofPort(port) * rows, 0);
}

/** The number of elements of a row whose open dimensions have size 1. */
export function leastElements({ inputs }: RowPlan): number {
  return inputs.reduce((sum, { port }) => sum + sizeOf(fixedDims(port)), 0);
}

/** False if open sizes alone make an input too large to try. */
function fitsInMemory(plan: RowPlan, sizes: readonly number[]): boolean {
  if (sizes.every((size) => size === 1)) return true;
  const book = new SizeBook(sizes);
  return plan.inputs.every(
    ({ port, at }) => sizeOf(rowDimsOf(port, at, book)) <= Math.max(maxOpenElements, sizeOf(fixedDims(port))),
  );
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

function fixedDims({ shape }: Port): number[] {
  return (shape ?? []).filter((dim) => typeof dim === "number");
}

/**
 * The dimensions of a made-up row. A port of unknown rank gets one dimension. A whole model may still have a dimension
 * for items, such as `batch_size`; a row is one of them.
 */
function rowDimsOf({ shape }: Port, at: RowsAt, sizes: SizeBook): number[] {
  if (shape === null) return [sizes.of(null)];
  return shape.filter((_, axis) => axis !== at).map((dim) => (isItems(dim) ? 1 : sizes.of(dim)));
}

function isItems(dim: number | string | null): boolean {
  return typeof dim === "string" && /batch/i.test(dim);
}

function isOpenDim(dim: number | string | null): boolean {
  return typeof dim !== "number" && dim !== "batch";
}

/** Gives each symbol one size, and each unknown dimension its own. */
class SizeBook {
  readonly #sizes: readonly number[];
  readonly #bySymbol = new Map<string, number>();
  readonly symbols = new Map<number, string>();
  #met = 0;

  constructor(sizes: readonly number[]) {
    this.#sizes = sizes;
  }

  of(dim: number | string | null): number {
    if (typeof dim === "number") return dim;
    const known = dim === null ? undefined : this.#bySymbol.get(dim);
    if (known !== undefined) return known;
    const size = this.#sizes[Math.min(this.#met++, this.#sizes.length - 1)] ?? 1;
    if (dim !== null) {
      this.#bySymbol.set(dim, size);
      if (!this.symbols.has(size)) this.symbols.set(size, dim);
    }
    return size;
  }
}

function isInteger(dtype: DType): boolean {
  return dtype.includes("int");
}

function valueAt(dtype: DType, values: RowStyle["values"], row: number, i: number): number | string {
  if (dtype === "string") return values === "zero" ? "" : String.fromCharCode(97 + ((i + row) % 26));
  if (values === "zero") return 0;
  if (dtype === "bool") return (i + row) % 2;
  if (isInteger(dtype)) return values === "binary" ? (i + row) % 2 : 1 + ((i + 3 * row) % 4);
  // Numbers of both signs, without a pattern that a model could ignore.
  return Math.sin((i + 1) * 12.9898 + row * 78.233) * (row === 1 ? 100 : 1);
}

function put({ dtype }: Port, into: TensorElements, at: number, value: number | string | bigint): void {
  if (dtype === "string") (into as string[])[at] = String(value);
  else if (dtype === "int64" || dtype === "uint64") (into as BigInt64Array)[at] = BigInt(value);
  else if (dtype === "float16" && typeof value === "number") (into as Uint16Array)[at] = numberToFloat16(value);
  else (into as Float64Array)[at] = Number(value);
}
