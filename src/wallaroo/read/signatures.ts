import { nameInFile, type Side } from "../../../dsl/renamed-ports.js";
import type { Port } from "../../../dsl/tensor.js";
import { isRecord } from "../../util/objects.js";
import { type ModelConfig, modelSchema } from "../../config/schema.js";
import type { DefinitionModel, Dialect } from "../platform.js";
import { modelsOfPart, type Part } from "./group-steps.js";
import { inferPorts, type KnownModel, type ModelPorts } from "./infer-ports.js";
import type { Problems } from "./problems.js";

export interface ModelsWithPorts {
  readonly models: readonly ModelConfig[];
  /** The models without a known signature. */
  readonly inferred: readonly string[];
}

/**
 * The models of a definition, with the ports of known signatures; other ports are inferred from the columns that checks
 * read.
 */
export function modelsWithPorts(
  parts: readonly Part[],
  known: readonly KnownModel[],
  dialect: Dialect,
  problems: Problems,
): ModelsWithPorts {
  const named = modelsByName(parts, problems);
  const signatures = new Map<string, KnownPorts>();
  known.forEach((model, i) => {
    const wanted = named.get(model?.name);
    if (wanted === undefined) return;
    const checked = modelSchema.safeParse({
      name: model.name,
      version: wanted.version,
      sha256: model.sha256,
      inputs: plainPorts(model.inputs),
      outputs: plainPorts(model.outputs),
      ...(model.renamed !== undefined && { renamed: model.renamed }),
      ...(model.batchSize !== undefined && { batchSize: model.batchSize }),
      ...(model.constants !== undefined && { constants: model.constants }),
    });
    if (!checked.success)
      problems.report(
        "SL3040",
        `models[${i}]`,
        `the signature of '${model.name}' is wrong: expected name, sha256, inputs and outputs as lists of { name, dtype, shape }, and where it has them batchSize, a whole number from 1, and constants as { input: { dtype, shape, data } }`,
      );
    else if (checked.data.sha256 !== wanted.sha)
      problems.report(
        "SL4116",
        `models[${i}]`,
        `the signature of '${model.name}' is of the file ${checked.data.sha256.slice(0, 12)}…, and the definition names ${wanted.sha.slice(0, 12)}…`,
      );
    else signatures.set(model.name, withFileNames(checked.data));
  });
  const inferred = inferPorts(parts, signatures, dialect);
  const models = [...named.values()].map(({ name, version, sha }) => {
    const known = signatures.get(name);
    const { inputs, outputs } = known ?? inferred(name);
    return { name, version, sha256: sha, inputs: [...inputs], outputs: [...outputs], ...known?.runs };
  });
  return { models, inferred: models.map(({ name }) => name).filter((name) => !signatures.has(name)) };
}

/** Reports names that stand for two different models; the first one is used. */
function modelsByName(parts: readonly Part[], problems: Problems): Map<string, DefinitionModel> {
  const named = new Map<string, DefinitionModel>();
  for (const part of parts) {
    for (const model of modelsOfPart(part) ?? []) {
      const first = named.get(model.name);
      if (first === undefined) named.set(model.name, model);
      else if (first.sha !== model.sha || first.version !== model.version) {
        problems.report(
          "SL2030",
          part.path,
          `two different models are named '${model.name}': version ${first.version}, file ${first.sha.slice(0, 12)}…, and version ${model.version}, file ${model.sha.slice(0, 12)}…; a config has one model per name`,
        );
      }
    }
  }
  return named;
}

interface KnownPorts extends ModelPorts {
  /** What the engine needs besides the ports to run the file. */
  readonly runs: Pick<ModelConfig, "batchSize" | "constants">;
}

/** The ports with the names of the model file, as in a definition. */
function withFileNames(model: ModelConfig): KnownPorts {
  const { batchSize, constants } = model;
  const ports = (side: Side): Port[] =>
    model[side].map((port) => ({ ...port, name: nameInFile(model, side, port.name) }));
  return {
    inputs: ports("inputs"),
    outputs: ports("outputs"),
    runs: { ...(batchSize !== undefined && { batchSize }), ...(constants !== undefined && { constants }) },
  };
}

/** Ports reduced to name, dtype and shape, without those that are not supported; other values fail the schema. */
function plainPorts(ports: unknown): unknown {
  if (isRecord(ports)) return Object.entries(ports).map(([name, port]) => plainPort({ ...(port as object), name }));
  if (!Array.isArray(ports)) return ports;
  return (ports as readonly unknown[])
    .filter((port) => !isRecord(port) || port["unsupported"] === undefined)
    .map((port) => (isRecord(port) ? plainPort(port) : port));
}

function plainPort({ name, dtype, shape }: Readonly<Record<string, unknown>>): unknown {
  return { name, dtype, shape: Array.isArray(shape) ? [...(shape as readonly unknown[])] : shape };
}
