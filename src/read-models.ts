import { resolve } from "node:path";
import { ModelError } from "../dsl/errors.js";
import { generatedModel, type Model, pipeline, type Tensor } from "../dsl/index.js";
import { recordOf } from "../dsl/model.js";
import type { ModelSignature } from "../codegen/models/signature.js";
import type { Config } from "./config/schema.js";
import { build } from "./build.js";

/** The model files of a folder as pipelines of one model each, and why the others have none. */
export interface ModelPipelines {
  readonly configs: readonly Config[];
  /** The models' files by digest: absolute paths. */
  readonly files: ReadonlyMap<string, string>;
  readonly problems: readonly { readonly file: string; readonly message: string }[];
}

/**
 * Reads the signatures of all model files in a folder, as `shapeline generate` does without settings.
 *
 * @param folder an absolute path
 * @throws ModelError for a folder that cannot be read, and for two files of one name
 */
export async function readModelPipelines(folder: string): Promise<ModelPipelines> {
  const { readModels } = await import("../codegen/models/read-models.js");
  try {
    const { models, problems } = await readModels({ models: ["**/*.onnx"], unusable: "list" }, folder);
    const files = new Map(models.map(({ sha256, file, name }) => [sha256, resolve(folder, file ?? name)]));
    return { configs: await Promise.all(models.map(modelPipeline)), files, problems };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    if (error.code === "SL3015") return { configs: [], files: new Map(), problems: [] };
    throw error;
  }
}

type Ports = Readonly<Record<string, Tensor>>;
type LooseModel = Model<string, Ports, Ports>;

async function modelPipeline(signature: ModelSignature): Promise<Config> {
  const { usablePorts } = await import("../codegen/models/signature.js");
  const { name, version = "1", sha256, inputs, outputs, batchSize, constants, renamed } = signature;
  const model = generatedModel<LooseModel>({
    name,
    version,
    sha256,
    inputs: recordOf(usablePorts(inputs)),
    outputs: recordOf(usablePorts(outputs)),
    ...(batchSize !== undefined && { batchSize }),
    ...(constants !== undefined && { constants }),
    ...(renamed !== undefined && { renamed }),
  });
  return build(pipeline(name).model(model));
}

/**
 * A model file as a pipeline of this one model, as `shapeline generate` reads it without settings.
 *
 * @throws ModelError for a file that is no readable model, PipelineError for one that cannot be run
 */
export async function readModelPipeline(file: string, name: string): Promise<Config> {
  const { readSignature } = await import("../codegen/models/read-signature.js");
  return modelPipeline({ ...(await readSignature(file)), name });
}
