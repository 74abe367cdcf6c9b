import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { ShapelineError } from "../../dsl/errors.js";
import { expandSources, resolveSource, readModel, type ModelProblem, type ReadModelsOptions } from "./read-models.js";
import type { ModelSignature } from "./signature.js";
import { isUrl } from "../../src/util/file-name.js";

/** A model that could be read. */
export interface ListedModel {
  readonly signature: ModelSignature;
  /** Size of the model's main source in bytes; null for a URL. */
  readonly size: number | null;
}

/**
 * Lists all readable models, sorted by name, and the error of each model that cannot be read.
 *
 * @throws ModelError SL3015 if a pattern matches nothing
 */
export async function listModels(
  options: ReadModelsOptions & { readonly cwd?: string },
): Promise<{ readonly models: readonly ListedModel[]; readonly problems: readonly ModelProblem[] }> {
  const cwd = resolve(options.cwd ?? ".");
  const models: ListedModel[] = [];
  const problems: ModelProblem[] = [];
  for (const file of await expandSources(options.models, cwd)) {
    try {
      const { signature } = await readModel(file, cwd, options.overrides);
      models.push({ signature, size: isUrl(file) ? null : (await stat(resolveSource(file, cwd))).size });
    } catch (error) {
      if (!(error instanceof ShapelineError)) throw error;
      problems.push({ file, code: error.code, message: error.message });
    }
  }
  return { models: models.sort((a, b) => (a.signature.name < b.signature.name ? -1 : 1)), problems };
}
