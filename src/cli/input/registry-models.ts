import { join } from "node:path";
import { ModelError, ShapelineError } from "../../../dsl/errors.js";
import type { ReadModelsOptions } from "../../../codegen/models/read-models.js";
import type { WallarooTarget } from "../../entries/wallaroo.js";
import { isPlatformName } from "../../wallaroo/platform.js";

/** What the typings of a platform's models are generated from. */
export interface RegistryModels {
  /** The files whose digests the platform has, with its names and versions. */
  readonly chosen: Pick<ReadModelsOptions, "models" | "overrides" | "unusedOverrides">;
  /** Names of the platform whose newest version has none of the files' digests. */
  readonly missing: readonly { readonly name: string; readonly sha256: string | null }[];
}

/**
 * Finds the files of the models of a platform's workspace, by digest: the platform has names and versions, the files
 * have the ports. Of each name the newest version is taken.
 *
 * @throws ModelError SL3021 if none of the files is on the platform
 */
export async function registryModels(
  target: WallarooTarget,
  { models: sources, overrides = {} }: ReadModelsOptions,
  cwd: string,
): Promise<RegistryModels> {
  const { expandSources, readModel } = await import("../../../codegen/models/read-models.js");
  const files = new Map<string, { readonly file: string; readonly key: string | undefined }>();
  for (const file of await expandSources(sources, cwd)) {
    // A file that cannot be read is reported where it is asked for by name.
    const read = await readModel(file, cwd, overrides).catch((error: unknown) => {
      if (error instanceof ShapelineError) return null;
      throw error;
    });
    if (read !== null) files.set(read.signature.sha256, { file, key: read.overrideKey });
  }
  const chosen: string[] = [];
  const named = { ...overrides };
  const missing: { readonly name: string; readonly sha256: string | null }[] = [];
  for (const model of await target.models()) {
    const [newest] = await model.versions();
    if (newest === undefined) continue;
    const [name, version, sha256] = await Promise.all([model.name(), newest.version(), newest.sha()]);
    const found = sha256 === null ? undefined : files.get(sha256);
    if (found === undefined || !isPlatformName(name)) missing.push({ name, sha256 });
    else if (!chosen.includes(found.file)) {
      chosen.push(found.file);
      const key = found.key ?? join(cwd, found.file);
      named[key] = { ...named[key], name, version };
    }
  }
  if (chosen.length > 0) return { chosen: { models: chosen, overrides: named, unusedOverrides: "ignore" }, missing };
  throw new ModelError(
    "SL3021",
    `none of the model files has the digest of a model on the platform (${missing.map(({ name }) => `'${name}'`).join(", ") || "it has none in this workspace"}); put the files of its models into a folder and name it`,
    { models: missing.map(({ name }) => name) },
  );
}
