import { nameInFile, type RenamedPorts, type Side } from "../../../dsl/renamed-ports.js";
import type { Port } from "../../../dsl/tensor.js";
import { type ModelConfig, modelSchema } from "../../config/schema.js";
import type { Dialect, DefinitionModel } from "../definition.js";
import { modelsOfPart, type Part } from "./group-steps.js";
import { guessColumns, guessedPort, type Guesses } from "./infer-ports.js";
import type { Problems } from "./read-steps.js";

/** What is known of a model's ports: what `readSignature` gives, and the models of a config. */
export interface KnownModel {
  readonly name: string;
  readonly sha256: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly renamed?: RenamedPorts | undefined;
}

/** The models of a definition with their ports; `inferred` names those whose ports are no more than what the checks read. */
export interface Signed {
  readonly models: readonly ModelConfig[];
  readonly inferred: readonly string[];
}

interface Ports {
  readonly inputs: Map<string, Port>;
  readonly outputs: Map<string, Port>;
}

/** Joins the definition's models with the signatures that are known, and makes up the others from the columns that are read. */
export function signed(
  parts: readonly Part[],
  known: readonly KnownModel[],
  dialect: Dialect,
  problems: Problems,
): Signed {
  const named = new Map<string, DefinitionModel>();
  for (const part of parts) {
    for (const model of modelsOfPart(part) ?? []) {
      const before = named.get(model.name);
      if (before === undefined) named.set(model.name, model);
      else if (before.sha !== model.sha || before.version !== model.version) {
        problems.say(
          "SL2030",
          part.path,
          `two different models are named '${model.name}': version ${before.version}, file ${before.sha.slice(0, 12)}…, and version ${model.version}, file ${model.sha.slice(0, 12)}…; a pipeline here names each once`,
        );
      }
    }
  }
  const signatures = new Map<string, KnownModel>();
  known.forEach((model, i) => {
    const wanted = named.get(model?.name);
    if (wanted === undefined) return;
    const ports = { inputs: plainPorts(model.inputs), outputs: plainPorts(model.outputs) };
    const checked = modelSchema.safeParse({
      name: model.name,
      version: wanted.version,
      sha256: model.sha256,
      ...ports,
      ...(model.renamed !== undefined && { renamed: model.renamed }),
    });
    if (!checked.success)
      problems.say(
        "SL3040",
        `models[${i}]`,
        `the signature of '${model.name}' is wrong: name, sha256, and inputs and outputs as lists of { name, dtype, shape } are needed`,
      );
    else if (checked.data.sha256 !== wanted.sha)
      problems.say(
        "SL4116",
        `models[${i}]`,
        `the signature of '${model.name}' is of the file ${checked.data.sha256.slice(0, 12)}…, and the definition names ${wanted.sha.slice(0, 12)}…`,
      );
    else signatures.set(model.name, inFile(checked.data));
  });
  const guessed = guessPorts(parts, signatures, dialect);
  const models = [...named.values()].map(({ name, version, sha }) => {
    const ports = signatures.get(name) ?? guessed(name);
    return { name, version, sha256: sha, inputs: [...ports.inputs], outputs: [...ports.outputs] };
  });
  return { models, inferred: models.map(({ name }) => name).filter((name) => !signatures.has(name)) };
}

/** A definition speaks of the file's names. */
function inFile(model: ModelConfig): KnownModel {
  const own = (side: Side): Port[] =>
    model[side].map((port) => ({ ...port, name: nameInFile(model, side, port.name) }));
  return { name: model.name, sha256: model.sha256, inputs: own("inputs"), outputs: own("outputs") };
}

function plainPorts(ports: unknown): unknown {
  if (!Array.isArray(ports)) return ports;
  return (ports as readonly (Port | null)[]).map((port) =>
    typeof port === "object" && port !== null
      ? { name: port.name, dtype: port.dtype, shape: port.shape === null ? null : [...port.shape] }
      : port,
  );
}

/** Ports for models of which nothing is known: what the checks read of them, and what the steps around them need to fit together. */
function guessPorts(
  parts: readonly Part[],
  known: ReadonlyMap<string, KnownModel>,
  dialect: Dialect,
): (name: string) => { inputs: Port[]; outputs: Port[] } {
  const ports = new Map<string, Ports>();
  const of = (name: string): Ports => {
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
      const guesses: Guesses = new Map();
      for (const check of part.checks) guessColumns(check, guesses);
      if (dialect === "polars") readColumns(guesses, first, current, of);
      else readTensors(guesses, of);
    }
  }
  // Models beside each other take the same inputs, and splits give the same outputs.
  for (const part of parts) {
    const models = modelsOfPart(part)?.map(({ name }) => name) ?? [];
    const isSplit = part.kind === "keySplit" || part.kind === "randomSplit";
    for (const [side, isShared] of [
      ["inputs", true],
      ["outputs", isSplit],
    ] as const) {
      const shared = new Map(
        isShared
          ? models.flatMap(
              (name) => known.get(name)?.[side].map((port) => [port.name, port] as const) ?? [...of(name)[side]],
            )
          : [],
      );
      for (const name of models)
        for (const [port, value] of shared) if (!of(name)[side].has(port)) of(name)[side].set(port, value);
    }
  }
  for (const [from, to] of links) connect(from, to, known, of);
  return (name) => {
    const { inputs, outputs } = of(name);
    const listed = (ports: Map<string, Port>, alone: string): Port[] =>
      ports.size > 0 ? [...ports.values()] : [{ name: alone, dtype: "float64", shape: [null, null] }];
    return { inputs: listed(inputs, "input"), outputs: listed(outputs, "output") };
  };
}

/** What the next step takes, the step before gives. */
function connect(
  from: readonly string[],
  to: readonly string[],
  known: ReadonlyMap<string, KnownModel>,
  of: (name: string) => Ports,
): void {
  for (const name of to)
    for (const port of known.get(name)?.inputs ?? of(name).inputs.values())
      for (const giver of from) if (!of(giver).outputs.has(port.name)) of(giver).outputs.set(port.name, port);
  for (const giver of from) {
    const given = known.get(giver)?.outputs ?? [...of(giver).outputs.values()];
    for (const name of to) {
      const { inputs } = of(name);
      if (inputs.size === 0) for (const port of given) inputs.set(port.name, port);
    }
    if (given.length === 0) of(giver).outputs.set("input", { name: "input", dtype: "float64", shape: [null, null] });
  }
}

function readColumns(
  guesses: Guesses,
  first: readonly string[],
  current: readonly string[],
  of: (name: string) => Ports,
): void {
  for (const [column, guess] of guesses) {
    const put = (side: keyof Ports, models: readonly string[], port: string): void => {
      if (port !== "") for (const name of models) of(name)[side].set(port, guessedPort(port, guess));
    };
    const beside = current.find((name) => column.startsWith(`out_${name}.`));
    if (column.startsWith("in.")) put("inputs", first, column.slice(3));
    else if (column.startsWith("out.")) put("outputs", current.slice(0, 1), column.slice(4));
    else if (beside !== undefined) put("outputs", [beside], column.slice(5 + beside.length));
  }
}

/** The older dialect names tensors by their numbers. */
function readTensors(guesses: Guesses, of: (name: string) => Ports): void {
  for (const [column, guess] of guesses) {
    const [, name = "", position, tensor] = /^(.*)\/(input|output)\/(\d+)$/s.exec(column) ?? [];
    if (position === undefined) continue;
    const side = of(name)[position === "input" ? "inputs" : "outputs"];
    for (let i = 0; i <= Number(tensor); i++) {
      const port = `${position}_${i}`;
      if (i === Number(tensor)) side.set(port, guessedPort(port, guess));
      else if (!side.has(port)) side.set(port, { name: port, dtype: "float64", shape: [null, null] });
    }
  }
}
