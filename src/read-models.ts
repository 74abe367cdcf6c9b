import { basename, resolve } from "node:path";
import { ModelError, ShapelineError } from "../dsl/errors.js";
import { generatedModel, type Model, pipeline, type Tensor } from "../dsl/index.js";
import { recordOf } from "../dsl/model.js";
import type { ModelSignature } from "../codegen/models/signature.js";
import type { Config } from "./config/schema.js";
import { build } from "./build.js";

/**
 * The model files of a folder as pipelines of one model each, under their files' names, and why the others have none.
 */
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
 * @throws ModelError for a folder that cannot be read
 */
export async function readModelPipelines(folder: string): Promise<ModelPipelines> {
  const { expandSources, readUsableModel } = await import("../codegen/models/read-models.js");
  const configs: Config[] = [];
  const files = new Map<string, string>();
  const problems: { readonly file: string; readonly message: string }[] = [];
  const found = await expandSources(["**/*.onnx"], folder).catch((error: unknown) => {
    if (error instanceof ModelError && error.code === "SL3015") return [];
    throw error;
  });
  const first = new Map<string, string>();
  const second = new Map<string, string>();
  for (const file of [...found].sort()) {
    const name = basename(file, ".onnx");
    (first.has(name) ? second : first).set(name, file);
  }
  for (const file of [...found].sort()) {
    const name = basename(file, ".onnx");
    const twin = first.get(name) === file ? second.get(name) : first.get(name);
    try {
      if (twin !== undefined)
        throw new ModelError("SL3014", `'${twin}' has the same name, '${name}'. Rename one of the files.`, { file });
      const { signature } = await readUsableModel(file, folder);
      configs.push({ ...(await modelPipeline(signature)), name });
      files.set(signature.sha256, resolve(folder, file));
    } catch (error) {
      if (!(error instanceof ShapelineError)) throw error;
      problems.push({ file, message: error.message });
    }
  }
  return { configs, files, problems };
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
