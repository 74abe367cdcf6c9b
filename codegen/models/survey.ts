import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { ShapelineError, type ErrorCode } from "../../dsl/errors.js";
import { expandSources, placeOf, readModel, type ReadModelsOptions } from "./read-models.js";
import type { ModelSignature } from "./signature.js";
import { isUrl } from "../../src/util/file-name.js";

export interface SurveyedModel {
  readonly signature: ModelSignature;
  /** Bytes of its leading file; null for a URL. */
  readonly size: number | null;
}

export interface SurveyProblem {
  readonly file: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * Every model that can be read, in the order of their names, and why the others cannot.
 *
 * @throws ModelError SL3015 where a pattern matches nothing
 */
export async function surveyModels(
  options: ReadModelsOptions & { readonly cwd?: string },
): Promise<{ readonly models: readonly SurveyedModel[]; readonly problems: readonly SurveyProblem[] }> {
  const cwd = resolve(options.cwd ?? ".");
  const models: SurveyedModel[] = [];
  const problems: SurveyProblem[] = [];
  for (const file of await expandSources(options.models, cwd)) {
    try {
      const { signature } = await readModel(file, cwd, options.overrides);
      models.push({ signature, size: isUrl(file) ? null : (await stat(placeOf(file, cwd))).size });
    } catch (error) {
      if (!(error instanceof ShapelineError)) throw error;
      problems.push({ file, code: error.code, message: error.message });
    }
  }
  return { models: models.sort((a, b) => (a.signature.name < b.signature.name ? -1 : 1)), problems };
}
