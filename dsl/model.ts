import type { ConstantData } from "./constant.js";
import { ModelError } from "./errors.js";
import { unknownOption } from "./messages/options.js";
import { isRecord, kindOf } from "./value-kind.js";
import { nameInFile, renamedFlaw, withRenamed, type RenamedPorts, type Side } from "./renamed-ports.js";
import { isBatched, rowAxis } from "./rows.js";
import type { ByText } from "./names.js";
import type { ChoicesOfRecord, IsOneRecord } from "./shapes/alternatives.js";
import type { IsOne } from "./shapes/port-names.js";
import { dtypes, type Dim, type DType, type Port, type Tensor } from "./tensor.js";

/**
 * A model handle: name, version, digest, input and output tensors. It carries types, not weights. `Needs` is inlined (2
 * instantiations fewer per step): the names of the inputs; `any`, which all names fit, where they are not known.
 */
export interface Model<
  out N extends string = string,
  out I extends object = object,
  out O extends object = object,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- it must fit other names, and other names it
  out Needs = object extends I ? any : keyof I,
> {
  readonly name: N;
  readonly version: string;
  /** SHA-256 of the model file, 64 hex digits. */
  readonly sha256: string;
  readonly inputs: I;
  readonly outputs: O;
  /** The number of rows of one run, if the file fixes it. Larger requests run in parts. */
  readonly batchSize?: number;
  /** Fixed values of inputs of the file that are no inputs here, by their names in the file. */
  readonly constants?: ModelConstants;
  /** Names in the file of renamed ports. Absent where no port is renamed. */
  readonly renamed?: RenamedPorts;
  /** Only types have it: a model with a further input is no `Model<N, I, O>`. */
  readonly [needs]?: Needs;
}
declare const needs: unique symbol;

export type Ports = Readonly<Record<string, Tensor>>;

/** By input: the same value in every run. */
export type ModelConstants = Readonly<Record<string, ConstantData>>;

/** The argument of `defineModel`. `shape: null` is an unknown rank. */
export interface ModelDefinition<N extends string, I extends PortDefinitions, O extends PortDefinitions> {
  readonly name: N;
  readonly version?: string;
  readonly sha256: string;
  readonly inputs: I;
  readonly outputs: O;
  /** The number of rows of one run, if the file fixes it. */
  readonly batchSize?: number | undefined;
  /** Fixed values of inputs of the file that are no inputs here. `shapeline generate` writes them. */
  readonly constants?: ModelConstants | undefined;
  readonly renamed?: RenamedPorts | undefined;
}

export interface PortDefinition {
  readonly dtype: DType;
  readonly shape: readonly Dim[] | null;
}
export type PortDefinitions = Readonly<Record<string, PortDefinition>>;

/** The tensors of port definitions: an unknown rank becomes `Tensor<dtype>`. */
export type TensorsOf<P> = {
  readonly [K in keyof ByText<P>]: ByText<P>[K] extends {
    readonly dtype: infer D extends DType;
    readonly shape: infer S;
  }
    ? 0 extends 1 & S
      ? TensorOf<D>
      : S extends readonly Dim[]
        ? TensorOf<D, WithNulls<S>>
        : TensorOf<D>
    : never;
};
/**
 * A model with this name and these ports. A union of models where one of several is defined: `name: on ? "a" : "b"`, a
 * port that may be absent, as in `{ …, ...(on ? { y } : {}) }`, or one of two shapes.
 */
export type DefinedModel<N extends string, I, O> = [IsOne<N>, HasOneForm<I>, HasOneForm<O>] extends [true, true, true]
  ? Model<N, TensorsOf<I>, TensorsOf<O>>
  : OneOfModels<N, FormsOf<I>, FormsOf<O>>;
type OneOfModels<N extends string, I, O> = N extends unknown
  ? I extends unknown
    ? O extends unknown
      ? Model<N, TensorsOf<I>, TensorsOf<O>>
      : never
    : never
  : never;

/** The request's columns of these definitions: a union where one of several is stated. */
export type ColumnsDefined<P> = HasOneForm<P> extends true ? TensorsOf<P> : TensorsOfEach<FormsOf<P>>;
type TensorsOfEach<P> = P extends unknown ? TensorsOf<P> : never;

/** True for port definitions that the compiler does not know, too. */
type HasOneForm<P> = string extends keyof P
  ? true
  : IsOneRecord<P> extends true
    ? { readonly [K in keyof P]: HasOneShape<P[K]> }[keyof P] extends true
      ? true
      : false
    : false;
type HasOneShape<V> = V extends { readonly shape: infer S }
  ? [S] extends [never]
    ? true
    : null extends S
      ? true
      : IsOne<S>
  : true;
type FormsOf<P> = P extends unknown
  ? ChoicesOfRecord<{ readonly [K in keyof ByText<P>]: WithEachShape<ByText<P>[K]> }>
  : never;
type WithEachShape<V> = V extends { readonly dtype: infer D; readonly shape: infer S }
  ? S extends unknown
    ? { readonly dtype: D; readonly shape: S }
    : never
  : V;

/** Of a union of dtypes, such as `on ? "float32" : "int64"`, every member must fit: none fits in the cheap check. */
type TensorOf<D extends DType, S extends readonly Dim[] = readonly Dim[]> =
  IsOne<D> extends true
    ? Tensor<D, S>
    : DType extends D
      ? Tensor<D, S>
      : D extends unknown
        ? OneOfSeveral<D, S>
        : never;
interface OneOfSeveral<out D extends DType, out S extends readonly Dim[]> extends Tensor<D, S> {
  readonly [several]: true;
}
declare const several: unique symbol;
/** Restores `null` dimensions: without `strictNullChecks`, a literal `null` is inferred as `any`. */
type WithNulls<S extends readonly Dim[]> = null extends number
  ? { readonly [A in keyof S]: 0 extends 1 & S[A] ? null : S[A] }
  : S;

/**
 * A model handle, deeply frozen. `shapeline generate` writes these calls from the model files.
 * @param definition name, version (default "1"), SHA-256 of the file, and the ports by name, each with dtype and shape;
 * `"batch"` in a shape is the dimension that stacks rows; `batchSize` if the file fixes the number of rows; `renamed`
 * for ports that have another name in the file
 * @throws ModelError SL3040 when a part of the definition is wrong
 * @example
 * const scorer = defineModel({
 *   name: "scorer",
 *   sha256: "bc85ce596945f876256f41515c7501c399fd97ebcb9ab3dd41bf03f8937b4507",
 *   inputs: { x: { dtype: "float32", shape: ["batch", 29] } },
 *   outputs: { y: { dtype: "float32", shape: ["batch", 1] } },
 * });
 */
export function defineModel<const N extends string, const I extends PortDefinitions, const O extends PortDefinitions>(
  definition: ModelDefinition<N, I, O>,
): DefinedModel<N, I, O> {
  const flaw = modelFlaw(definition) ?? unknownOption("defineModel()", definition, definitionParts);
  if (flaw !== null) throw new ModelError("SL3040", `the model's definition is wrong: ${flaw}`);
  return Object.freeze({
    name: definition.name,
    version: definition.version ?? "1",
    sha256: definition.sha256,
    inputs: recordOf(portsOf(definition.inputs)),
    outputs: recordOf(portsOf(definition.outputs)),
    ...(definition.batchSize !== undefined && { batchSize: definition.batchSize }),
    ...(definition.constants !== undefined && { constants: frozenConstants(definition.constants) }),
    ...withRenamed(definition.renamed),
  }) as unknown as DefinedModel<N, I, O>;
}

const definitionParts = ["name", "version", "sha256", "inputs", "outputs", "batchSize", "constants", "renamed"];

/** The argument of `generatedModel`. A plain interface: an intersection takes the compiler 25 % longer per model. */
interface GeneratedDefinition {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly inputs: object;
  readonly outputs: object;
  readonly batchSize?: number;
  readonly constants?: ModelConstants;
  readonly renamed?: RenamedPorts;
}

/**
 * Like `defineModel`, for files written by `shapeline generate`: the type is the generated interface `M`, so that the
 * compiler does not infer it.
 * @throws ModelError SL3040 when a part of the definition is wrong
 */
export function generatedModel<M extends Model>(definition: GeneratedDefinition): M {
  return defineModel(definition as ModelDefinition<string, PortDefinitions, PortDefinitions>) as unknown as M;
}

/** Whether a value has the parts of a model that a pipeline needs for its ports. `modelFlaw` checks all of them. */
export function hasPorts(value: unknown): value is Model {
  return (
    isRecord(value) && typeof value["name"] === "string" && arePorts(value["inputs"]) && arePorts(value["outputs"])
  );
}

/** Whether a value is a record of ports with shapes. `portsFlaw` checks all of it. */
export function arePorts(value: unknown): value is object {
  const isPort = (port: unknown) => isRecord(port) && (port["shape"] === null || Array.isArray(port["shape"]));
  return isRecord(value) && Object.values(value).every(isPort);
}

/** The ports of a record of tensors, in the order of its keys. */
export function portsOf(record: object): Port[] {
  return Object.entries(record as PortDefinitions).map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
}

/** The frozen record of ports: the inverse of `portsOf`. */
export function recordOf(ports: readonly Port[]): object {
  const entries = ports.map(({ name, dtype, shape }) => [
    name,
    Object.freeze({ dtype, shape: shape === null ? null : Object.freeze([...shape]) }),
  ]);
  return Object.freeze(Object.fromEntries(entries) as object);
}

/** True for handles of the same model file, even if they are different objects. */
export function isSameModel(a: Model, b: Model): boolean {
  const named = (model: Model, side: Side) =>
    portsOf(model[side]).map((port) => [port, nameInFile(model, side, port.name)]);
  const identity = (model: Model) =>
    JSON.stringify([
      model.name,
      model.version,
      model.sha256,
      named(model, "inputs"),
      named(model, "outputs"),
      model.batchSize,
      model.constants,
    ]);
  return a === b || (a.name === b.name && identity(a) === identity(b));
}

/** Why `definition` is not a model, or null. */
export function modelFlaw(definition: unknown): string | null {
  if (!isRecord(definition))
    return `expected an object with name, sha256, inputs and outputs, not ${kindOf(definition)}`;
  const { name, version, sha256 } = definition;
  if (typeof name !== "string" || name === "") return "'name' must be a string that is not empty";
  if (!isModelName(name))
    return `the model name '${name.slice(0, 80)}' is not allowed: use at most 63 letters, digits, '-' and '_', with a letter or digit at both ends`;
  if (version !== undefined && (typeof version !== "string" || version === "")) {
    return `'version' of model '${name}' must be a string that is not empty`;
  }
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) {
    return `'sha256' of model '${name}' must be 64 lower-case hex digits`;
  }
  const owner = `model '${name}'`;
  return (
    portsFlaw(definition["inputs"], "input", owner) ??
    portsFlaw(definition["outputs"], "output", owner) ??
    rowsFlaw(definition as unknown as Model, owner) ??
    constantsFlaw(definition["constants"], definition["inputs"], owner) ??
    renamedFlaw(definition, owner)
  );
}

/** Why `constants` are not values of further inputs, or null. */
function constantsFlaw(constants: unknown, inputs: unknown, owner: string): string | null {
  if (constants === undefined) return null;
  if (!isRecord(constants)) return `'constants' of ${owner} must be { input: { dtype, shape, data } }`;
  for (const [input, value] of Object.entries(constants)) {
    const isValue =
      isRecord(value) &&
      (dtypes as readonly unknown[]).includes(value["dtype"]) &&
      Array.isArray(value["shape"]) &&
      value["shape"].every((size) => Number.isSafeInteger(size) && size >= 0) &&
      Array.isArray(value["data"]) &&
      value["data"].length === value["shape"].reduce((product: number, size: number) => product * size, 1);
    if (!isValue)
      return `constant '${input}' of ${owner} must be { dtype, shape, data } with as many elements as its shape has`;
    if (Object.hasOwn(inputs as object, input))
      return `'${input}' of ${owner} is an input and a constant: keep it in one of both`;
  }
  return null;
}

function frozenConstants(constants: ModelConstants): ModelConstants {
  const entries = Object.entries(constants).map(([input, { dtype, shape, data }]) => [
    input,
    Object.freeze({ dtype, shape: Object.freeze([...shape]), data: Object.freeze([...data]) }),
  ]);
  return Object.freeze(Object.fromEntries(entries) as ModelConstants);
}

/** Why `ports` is not a record of tensors, or null. */
export function portsFlaw(ports: unknown, side: "input" | "output", owner: string): string | null {
  if (!isRecord(ports) || Object.keys(ports).length === 0) {
    return `'${side}s' of ${owner} must name at least one port, as { port: { dtype, shape } }`;
  }
  for (const [port, value] of Object.entries(ports)) {
    const flaw = tensorFlaw(value);
    if (flaw !== null) return `${side} '${port}' of ${owner} ${flaw}`;
  }
  return null;
}

/** Why `value` is not a tensor, as the end of a sentence, or null. */
function tensorFlaw(value: unknown): string | null {
  if (!isRecord(value)) return "must be { dtype, shape }";
  if (!(dtypes as readonly unknown[]).includes(value["dtype"])) return `must have a dtype among ${dtypes.join(", ")}`;
  const shape = value["shape"];
  if (Array.isArray(shape) && shape.every(isDim)) {
    return shape.indexOf("batch") === shape.lastIndexOf("batch")
      ? null
      : "has 'batch' twice: it is the row axis; give the other dimension another name";
  }
  if (shape === null) return null;
  return "must have a shape: a list of sizes, symbols and nulls, or null where the rank is unknown";
}

/** Why the row axes of a model with valid ports are wrong, or null. */
function rowsFlaw(model: Pick<Model, "inputs" | "outputs" | "batchSize">, owner: string): string | null {
  const [inputs, outputs] = [portsOf(model.inputs), portsOf(model.outputs)];
  const batched = isBatched({ inputs, outputs });
  const size: unknown = model.batchSize;
  if (size !== undefined && !(Number.isSafeInteger(size) && (size as number) >= 1))
    return `'batchSize' of ${owner} must be a whole number of 1 or more`;
  if (batched) return null;
  if (size !== undefined) return `'batchSize' of ${owner} needs a row axis: write 'batch' where rows are stacked`;
  const stacks = ({ shape }: Port) => shape !== null && rowAxis(shape) >= 0;
  const [input, output] = [inputs.find(stacks), outputs.find(stacks)];
  if (input === undefined && output === undefined) return null;
  const [has, lacks] =
    input === undefined
      ? [`output '${output?.name}'`, "no input"]
      : [`input '${input.name}'`, `output '${outputs.find((port) => !stacks(port))?.name}'`];
  return `${has} of ${owner} has the row axis 'batch' but ${input === undefined ? `${lacks} has one` : `${lacks} has none`}: write 'batch' in every output and in the inputs that hold rows, or nowhere if the model runs once for each row`;
}

/**
 * The name is part of columns, `out_<model>.<port>`, and of sources, `<model>.<port>`. `generate` makes lower-case
 * ones.
 */
function isModelName(name: string): boolean {
  return /^[A-Za-z0-9]([-_A-Za-z0-9]{0,61}[A-Za-z0-9])?$/.test(name);
}

function isDim(dim: unknown): dim is Dim {
  return dim === null || (typeof dim === "string" && dim !== "") || (Number.isSafeInteger(dim) && (dim as number) >= 0);
}
