import type { RenamedPorts } from "../../../dsl/renamed-ports.js";
import type { ConstantData } from "../../../dsl/constant.js";
import type { Model } from "../../../dsl/model.js";
import type { Dim, Port } from "../../../dsl/tensor.js";
import { stepModels } from "../../config/step-models.js";
import type { Dialect } from "../platform.js";
import { collectUsage, inferredPort, type UsageByColumn } from "./column-usage.js";
import { modelsOfPart, type Part } from "./group-steps.js";

/** A port of a signature. Those of which a reader says why no runtime can use them are left out. */
export interface SignaturePort {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly Dim[] | null;
  readonly unsupported?: string | undefined;
}

/** A result of `readSignature`, or a model of a config. */
export interface ModelWithPorts {
  readonly name: string;
  readonly sha256: string;
  readonly inputs: readonly SignaturePort[];
  readonly outputs: readonly SignaturePort[];
  readonly renamed?: RenamedPorts | undefined;
  /** Rows of one run, if the file fixes it. */
  readonly batchSize?: number | undefined;
  /** Fixed values of inputs that are not among `inputs`, by their names in the file. */
  readonly constants?: Readonly<Record<string, ConstantData>> | undefined;
}

/** A model of which a caller says the ports: also a handle. */
export type KnownModel = Model | ModelWithPorts;

/** The tensors of a model, with the names that its file has for them. */
export interface ModelPorts {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

interface Ports {
  readonly inputs: Map<string, Port>;
  readonly outputs: Map<string, Port>;
}

/**
 * Infers ports for models without a signature, from two sources: the columns that checks read, and the ports that
 * neighbouring steps need to fit together.
 *
 * @returns the ports of a model by its name
 */
export function inferPorts(
  parts: readonly Part[],
  known: ReadonlyMap<string, ModelPorts>,
  dialect: Dialect,
): (name: string) => { inputs: Port[]; outputs: Port[] } {
  const ports = new Map<string, Ports>();
  const portsOf = (name: string): Ports => {
    const found = ports.get(name) ?? { inputs: new Map<string, Port>(), outputs: new Map<string, Port>() };
    ports.set(name, found);
    return found;
  };
  let first: readonly string[] = [];
  let current: readonly string[] = [];
  const links: (readonly [from: readonly string[], to: readonly string[]])[] = [];
  for (const part of parts) {
    const models = modelsOfPart(part)?.map(({ name }) => name);
    if (models !== undefined) {
      if (current.length > 0) links.push([current, models]);
      if (first.length === 0) first = models;
      current = models;
    } else if (part.kind === "checks") {
      const usage: UsageByColumn = new Map();
      for (const check of part.checks) collectUsage(check, usage);
      if (dialect === "polars") addPolarsPorts(usage, first, current, portsOf);
      else addChecksPorts(usage, portsOf);
    }
  }
  for (const part of parts) sharePorts(part, known, portsOf);
  for (const [from, to] of links) connect(from, to, known, portsOf);
  return (name) => {
    const { inputs, outputs } = portsOf(name);
    const list = (found: Map<string, Port>, defaultName: string): Port[] =>
      found.size > 0 ? [...found.values()] : [unknownPort(defaultName)];
    return { inputs: list(inputs, "input"), outputs: list(outputs, "output") };
  };
}

const unknownPort = (name: string): Port => ({ name, dtype: "float64", shape: ["batch", null] });

/**
 * Models of one step have the same inputs. If only one of them serves each request, they also have the same outputs.
 */
function sharePorts(part: Part, known: ReadonlyMap<string, ModelPorts>, portsOf: (name: string) => Ports): void {
  const names = modelsOfPart(part)?.map(({ name }) => name) ?? [];
  if (part.kind !== "step" || names.length === 0) return;
  const isSplit = part.step.kind !== "models" && stepModels(part.step).challengers.length === 0;
  for (const side of isSplit ? (["inputs", "outputs"] as const) : (["inputs"] as const)) {
    const lists = names.map((name) => known.get(name)?.[side] ?? [...portsOf(name)[side].values()]);
    // A lone input is fed by position, whatever its name: models without ports get one of the names, not all.
    const isLone = lists.every((ports) => ports.length <= 1);
    const shared = new Map((isLone ? lists.flat().slice(0, 1) : lists.flat()).map((port) => [port.name, port]));
    for (const name of names) {
      const own = portsOf(name)[side];
      if (!isLone || own.size === 0) for (const [port, value] of shared) if (!own.has(port)) own.set(port, value);
    }
  }
}

/** The inputs of a step are outputs of the step before it. */
function connect(
  from: readonly string[],
  to: readonly string[],
  known: ReadonlyMap<string, ModelPorts>,
  portsOf: (name: string) => Ports,
): void {
  for (const name of to)
    for (const port of known.get(name)?.inputs ?? portsOf(name).inputs.values())
      for (const source of from)
        if (!portsOf(source).outputs.has(port.name)) portsOf(source).outputs.set(port.name, port);
  for (const source of from) {
    const outputs = known.get(source)?.outputs ?? [...portsOf(source).outputs.values()];
    for (const name of to) {
      const { inputs } = portsOf(name);
      if (inputs.size === 0) for (const port of outputs) inputs.set(port.name, port);
    }
    if (outputs.length === 0) portsOf(source).outputs.set("input", unknownPort("input"));
  }
}

/** The `polars` dialect reads columns by name: `in.x`, `out.y`, `out_m.z`. */
function addPolarsPorts(
  usage: UsageByColumn,
  first: readonly string[],
  current: readonly string[],
  portsOf: (name: string) => Ports,
): void {
  for (const [column, found] of usage) {
    const add = (side: keyof Ports, models: readonly string[], port: string): void => {
      if (port !== "") for (const name of models) portsOf(name)[side].set(port, inferredPort(port, found));
    };
    const model = current.find((name) => column.startsWith(`out_${name}.`));
    if (column.startsWith("in.")) add("inputs", first, column.slice("in.".length));
    else if (column.startsWith("out.")) add("outputs", current.slice(0, 1), column.slice("out.".length));
    else if (model !== undefined) add("outputs", [model], column.slice(`out_${model}.`.length));
  }
}

/** The `checks` dialect reads tensors by number: `m/output/0`. */
function addChecksPorts(usage: UsageByColumn, portsOf: (name: string) => Ports): void {
  for (const [column, found] of usage) {
    const [, name = "", position, tensor] = /^(.*)\/(input|output)\/(\d+)$/s.exec(column) ?? [];
    if (position === undefined) continue;
    const side = portsOf(name)[position === "input" ? "inputs" : "outputs"];
    for (let i = 0; i <= Number(tensor); i++) {
      const port = `${position}_${i}`;
      if (i === Number(tensor)) side.set(port, inferredPort(port, found));
      else if (!side.has(port)) side.set(port, unknownPort(port));
    }
  }
}
