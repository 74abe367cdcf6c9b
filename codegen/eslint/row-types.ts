import { dtypes, type Dim, type DType, type Port } from "../../dsl/tensor.js";
import type { TS } from "../typescript.js";
import { builtInName, type TypeInformation } from "./type-information.js";

/** The ports of one side of a row, as far as a type shows them. */
export interface KnownPorts {
  /** `port` is null where the type shows the name only, as of a port with one of several shapes. */
  readonly ports: readonly { readonly name: string; readonly port: Port | null }[];
  /** Whether there may be further ports, which the type does not show. */
  readonly open: boolean;
}

/** The row of a lambda, as far as the type of its pipeline shows it. */
export interface KnownRow {
  readonly inputs: KnownPorts;
  readonly outputs: KnownPorts;
  /** The outputs by model; null if they are not known. */
  readonly models: Readonly<Record<string, KnownPorts>> | null;
}

const openPorts: KnownPorts = { ports: [], open: true };
const noPorts: KnownPorts = { ports: [], open: false };

/** The row of a pipeline about which the types say nothing. */
export const unknownRow: KnownRow = { inputs: openPorts, outputs: openPorts, models: null };

/** The interfaces with the methods of a pipeline, and whether the request may have further columns. */
const pipelineInterfaces: ReadonlyMap<string, { readonly open: boolean }> = new Map([
  ["Pipeline", { open: false }],
  ["At", { open: false }],
  ["Extendable", { open: true }],
  ["EmptyPipeline", { open: true }],
  ["PipelineBeforeInference", { open: true }],
  ["UncheckedPipeline", { open: true }],
]);

/** More alternatives than these are not followed. */
const maxRows = 16;

/**
 * The rows that lambdas of a pipeline of this type may see: one, or several where the type is a union or has one.
 *
 * @returns null if the type is not that of a pipeline
 */
export function rowsOfPipeline(type: TS.Type, types: TypeInformation): readonly KnownRow[] | null {
  const { checker } = types;
  const shown = checker.getBaseConstraintOfType(type) ?? type;
  const rows: KnownRow[] = [];
  for (const member of alternatives(shown)) {
    // `pipeline?.validate(…)`
    if (["undefined", "null"].includes(builtInName(member) ?? "")) continue;
    const found = rowsOfOne(member, types);
    if (found === null) return null;
    rows.push(...found);
  }
  if (rows.length === 0) return null;
  return rows.length > maxRows ? [unknownRow] : rows;
}

function rowsOfOne(type: TS.Type, types: TypeInformation): readonly KnownRow[] | null {
  const { checker } = types;
  const found = pipelineInterfaces.get((type.symbol as TS.Symbol | undefined)?.name ?? "");
  if (found === undefined || ["validate", "alert", "model"].some((name) => !checker.getPropertyOfType(type, name)))
    return null;
  const args = typeArguments(type, types);
  const [input, output, byModel] = ["In", "Out", "ByModel"].map((name) => args.get(name));
  if (input === undefined || output === undefined || byModel === undefined) return [unknownRow];
  // All object types have the same flags, and that of the pipeline is one.
  const isObject = (part: TS.Type): boolean =>
    part.isIntersection() ? part.types.every(isObject) : part.flags === type.flags;
  const portsOf = (side: TS.Type) => portsOfRecord(side, isObject, types);
  const rows: KnownRow[] = [];
  for (const inSide of alternatives(input))
    for (const outSide of alternatives(output))
      for (const models of alternatives(byModel)) {
        if (rows.length === maxRows) return [unknownRow];
        const inputs = portsOf(inSide);
        rows.push({
          inputs: found.open ? { ...inputs, open: true } : inputs,
          // After a models step, until one output is selected.
          outputs: checker.isTupleType(outSide) ? noPorts : portsOf(outSide),
          models: modelsOf(models, found.open, isObject, types),
        });
      }
  return rows;
}

/** The type arguments by the names of their parameters. */
function typeArguments(type: TS.Type, { checker }: TypeInformation): ReadonlyMap<string, TS.Type> {
  const { target } = type as Partial<TS.TypeReference>;
  const parameters = target?.typeParameters ?? [];
  const args = target === undefined ? [] : checker.getTypeArguments(type as TS.TypeReference);
  return new Map(parameters.flatMap(({ symbol }, i) => (args[i] === undefined ? [] : [[symbol.name, args[i]]])));
}

const alternatives = (type: TS.Type): readonly TS.Type[] => (type.isUnion() ? type.types : [type]);

function modelsOf(
  type: TS.Type,
  open: boolean,
  isObject: (type: TS.Type) => boolean,
  types: TypeInformation,
): KnownRow["models"] {
  if (open || types.checker.getIndexInfosOfType(type).length > 0) return null;
  // `object` of a pipeline whose last inference step runs one model.
  if (builtInName(type) === "object") return {};
  if (!isObject(type)) return null;
  const models = types.checker.getPropertiesOfType(type);
  if (models.length === 0) return null;
  return Object.fromEntries(
    models.map((model) => [model.name, portsOfRecord(types.checker.getTypeOfSymbol(model), isObject, types)]),
  );
}

/** The ports of `{ score: Tensor<"float32", readonly ["batch", 1]> }`. */
function portsOfRecord(type: TS.Type, isObject: (type: TS.Type) => boolean, types: TypeInformation): KnownPorts {
  const { checker } = types;
  if (!isObject(type)) return openPorts;
  const properties = checker.getPropertiesOfType(type);
  const tensors = properties.map((property) => checker.getTypeOfSymbol(property));
  // Where nothing is known, the type is `object`, `Unstated`, a record by string, or one with ports that may be absent.
  const isRecord = tensors.every((tensor) => alternatives(tensor).every((one) => isTensor(one, types)));
  if (properties.length === 0 || !isRecord || checker.getIndexInfosOfType(type).length > 0) return openPorts;
  return {
    ports: properties.map(({ name }, i) => ({ name, port: portOf(name, tensors[i] as TS.Type, types) })),
    open: false,
  };
}

const isTensor = (type: TS.Type, types: TypeInformation): boolean =>
  types.propertyOf(type, "dtype") !== null && types.propertyOf(type, "shape") !== null;

/** A port whose dtype and every dimension are known; null for others. */
function portOf(name: string, tensor: TS.Type, types: TypeInformation): Port | null {
  const dtype = types.propertyOf(tensor, "dtype");
  const shape = types.propertyOf(tensor, "shape");
  const dims = shape && types.elementsOf(shape)?.map(dimOf);
  if (dtype?.isStringLiteral() !== true || !dims || dims.includes(undefined)) return null;
  return isDType(dtype.value) ? { name, dtype: dtype.value, shape: dims as Dim[] } : null;
}

/** Undefined for a dimension that is not one literal. */
function dimOf(type: TS.Type): Dim | undefined {
  if (type.isStringLiteral() || type.isNumberLiteral()) return type.value;
  return builtInName(type) === "null" ? null : undefined;
}

const isDType = (name: string): name is DType => (dtypes as readonly string[]).includes(name);
