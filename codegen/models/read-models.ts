import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ModelError } from "../../dsl/errors.js";
import { expandPatterns } from "./glob.js";
import { mergeSources } from "./merge-sources.js";
import { applyOverride, requireOverridesUsed, type Overrides } from "./overrides.js";
import { nameUnnamedPorts } from "./name-unnamed-ports.js";
import { decideRows } from "./rows/decide-rows.js";
import { readSource } from "./read-signature.js";
import type { ModelSignature } from "./signature.js";
import { displayPath } from "../../src/util/display-path.js";
import { isUrl } from "../../src/util/file-name.js";

export interface ReadModelsOptions {
  /** Model files, folders, globs of `*`, `**` and `?`, or metadata URLs. */
  readonly models: readonly string[];
  /** Changes to models, by the name derived from the model's file. */
  readonly overrides?: Overrides;
  /** What to do with an override that matches no model. Default: `refuse`. */
  readonly unusedOverrides?: "refuse" | "ignore";
}

/** A model and its source. */
export interface ReadModel {
  /** The main source, as passed by the caller. */
  readonly file: string;
  /** The name derived from the source; the key of its override. */
  readonly sourceName: string;
  readonly signature: ModelSignature;
}

/** Expands `patterns` to sources: files relative to `cwd`, and URLs. */
export async function expandSources(patterns: readonly string[], cwd: string): Promise<readonly string[]> {
  if (patterns.length === 0)
    throw new ModelError("SL3015", "no model files were named. Give paths, folders or globs, such as 'models/*.onnx'.");
  patterns.forEach(requirePathOrUrl);
  const lists = await Promise.all(
    patterns.map(async (pattern) => (isUrl(pattern) ? [pattern] : await expandPatterns([pattern], cwd))),
  );
  const byLocation = new Map(
    lists
      .flat()
      .map((source) => [resolveSource(source, cwd), source] as const)
      .reverse(),
  );
  return [...byLocation.values()].reverse();
}

/**
 * Refuses URLs of other schemes, which would otherwise be read as paths.
 *
 * @throws ModelError SL3000
 */
function requirePathOrUrl(source: string): void {
  if (!/^[a-z][a-z\d+.-]+:\/\//i.test(source) || isUrl(source)) return;
  const hint = /^file:\/\//i.test(source)
    ? `give its path${pathOf(source)}.`
    : "only http: and https: URLs are supported, and only for model metadata. Download the file and give its path.";
  throw new ModelError("SL3000", `cannot read model file '${source}': ${hint}`, { file: source });
}

function pathOf(url: string): string {
  try {
    return `: '${fileURLToPath(url)}'`;
  } catch {
    return "";
  }
}

/** The absolute path of a file, or the URL unchanged. */
export function resolveSource(source: string, cwd: string): string {
  return isUrl(source) ? source : resolve(cwd, source);
}

/** Reads one model: its main source, the further sources of its override, then the override itself. */
export async function readModel(file: string, cwd: string, overrides: Overrides = {}): Promise<ReadModel> {
  const first = { ...(await readSource(resolveSource(file, cwd))), file };
  const override = Object.hasOwn(overrides, first.name) ? overrides[first.name] : undefined;
  if (override === undefined) return { file, sourceName: first.name, signature: decideRows(nameUnnamedPorts(first)) };
  const others = [];
  for (const source of override.sources ?? []) {
    requirePathOrUrl(source);
    const path = resolveSource(source, cwd);
    others.push({ ...(await readSource(path)), file: isUrl(path) ? path : displayPath(cwd, path) });
  }
  return {
    file,
    sourceName: first.name,
    signature: applyOverride(nameUnnamedPorts(mergeSources([first, ...others])), override),
  };
}

/**
 * Reads all models, sorted by name.
 *
 * @throws ModelError SL3014 (two models with one name), SL3015 (no match), SL3050 (an override without a model), and
 *   the readers' errors
 */
export async function readModels(options: ReadModelsOptions, cwd: string): Promise<readonly ModelSignature[]> {
  const read: ReadModel[] = [];
  for (const file of await expandSources(options.models, cwd)) read.push(await readModel(file, cwd, options.overrides));
  if (options.unusedOverrides !== "ignore")
    requireOverridesUsed(
      options.overrides ?? {},
      read.map(({ sourceName }) => sourceName),
    );
  return sortDistinct(read.map(({ signature }) => signature));
}

function sortDistinct(models: readonly ModelSignature[]): readonly ModelSignature[] {
  const byName = new Map<string, ModelSignature>();
  for (const model of models) {
    const other = byName.get(model.name);
    if (other !== undefined) {
      throw new ModelError(
        "SL3014",
        `'${other.file ?? ""}' and '${model.file ?? ""}' would both become model '${model.name}'. Rename one of the files, or set another name under 'overrides' in the settings. If both describe the same model, list one under 'sources' there.`,
        { name: model.name, files: [other.file, model.file] },
      );
    }
    byName.set(model.name, model);
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
