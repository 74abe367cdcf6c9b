import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ModelError, type ErrorCode } from "../../dsl/errors.js";
import { expandPatterns } from "./glob.js";
import { mergeSources } from "./merge-sources.js";
import { applyOverride, requireOverridesUsed, type Overrides } from "./overrides.js";
import { chooseOptional, optionalNames, withoutOptional } from "./inputs/optional-inputs.js";
import { nameUnnamedPorts } from "./name-unnamed-ports.js";
import { decideRows } from "./rows/decide-rows.js";
import { requireSizes, requireUsable } from "./require-usable.js";
import { readSource } from "./read-signature.js";
import type { ModelSignature, Port } from "./signature.js";
import { isPathKey } from "../settings/path-key.js";
import { displayPath } from "../../src/util/display-path.js";
import { isUrl } from "../../src/util/file-name.js";

export interface ReadModelsOptions {
  /** Model files, folders, globs of `*`, `**` and `?`, or metadata URLs. */
  readonly models: readonly string[];
  /** Changes to models, by the name derived from the model's file or by its path relative to the base folder. */
  readonly overrides?: Overrides;
  /** What to do with an override that matches no model. Default: `refuse`. */
  readonly unusedOverrides?: "refuse" | "ignore";
  /** Further models, which were read already. They are used as they are. */
  readonly signatures?: readonly ModelSignature[];
  /** What to do with files that no handle can be made of. `list` leaves them out and lists them. Default: `refuse`. */
  readonly unusable?: "refuse" | "list";
}

/** Why no handle can be made of a file. */
export interface ModelProblem {
  readonly file: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** The models, sorted by name, and the files that no handle can be made of. */
export interface ModelsRead {
  readonly models: readonly ModelSignature[];
  readonly problems: readonly ModelProblem[];
}

/** A model and its source. */
export interface ReadModel {
  /** The main source, as passed by the caller. */
  readonly file: string;
  /** The name derived from the source. */
  readonly sourceName: string;
  /** The key of its override: its name or path. */
  readonly overrideKey: string | undefined;
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
  const path = resolveSource(file, cwd);
  const source = await readSource(path);
  const key = overrideKey(overrides, source.name, path, cwd);
  const signature = await complete({ ...source, file }, key === undefined ? undefined : overrides[key], cwd);
  return { file, sourceName: source.name, overrideKey: key, signature };
}

/** A model that a description elsewhere says, such as a platform's registry, with the override of its name. */
export async function describeModel(
  source: ModelSignature,
  cwd: string,
  overrides: Overrides = {},
): Promise<ModelSignature> {
  return await complete(source, Object.hasOwn(overrides, source.name) ? overrides[source.name] : undefined, cwd);
}

async function complete(
  first: ModelSignature,
  override: Overrides[string] | undefined,
  cwd: string,
): Promise<ModelSignature> {
  if (override === undefined) return decideRows(nameUnnamedPorts(withoutOptional(first)));
  const others = [];
  for (const further of override.sources ?? []) {
    requirePathOrUrl(further);
    const at = resolveSource(further, cwd);
    others.push({ ...(await readSource(at)), file: isUrl(at) ? at : displayPath(cwd, at) });
  }
  const fixed = Object.keys(override.constants ?? {});
  const fixedOptional = optionalNames(first, ({ name }) => fixed.includes(name));
  const main = chooseOptional(first, [...(override.inputs ?? []), ...fixedOptional]);
  // A further source may describe an input as optional that the model needs.
  const isFed = ({ name }: Port): boolean => main.inputs.some((port) => port.name === name);
  const merged = mergeSources([main, ...others.map((other) => chooseOptional(other, optionalNames(other, isFed)))]);
  return applyOverride(nameUnnamedPorts(merged), override);
}

/**
 * As `readModel`, for a model that is run.
 *
 * @throws ModelError also for a model that no handle can be made of
 */
export async function readUsableModel(file: string, cwd: string, overrides: Overrides = {}): Promise<ReadModel> {
  const model = await readModel(file, cwd, overrides);
  requireRunnable(model.signature);
  return model;
}

function requireRunnable(signature: ModelSignature): void {
  requireUsable(signature);
  requireSizes(signature);
}

/**
 * The key of the override of a model: its path if there is one, else its name. Keys with a dot or a slash are paths or
 * URLs, relative to `cwd`.
 */
function overrideKey(overrides: Overrides, name: string, path: string, cwd: string): string | undefined {
  const byPath = Object.keys(overrides).find((key) => isPathKey(key) && resolveSource(key, cwd) === path);
  return byPath ?? (Object.hasOwn(overrides, name) ? name : undefined);
}

/**
 * Reads all models, sorted by name.
 *
 * @throws ModelError SL3014 (two models with one name), SL3015 (no match), SL3050 (an override without a model), SL3051
 *   and SL3052 (settings that do not fit a model), and the readers' errors. With `unusable: "list"` the readers' errors
 *   are listed, unless no model is left
 */
export async function readModels(options: ReadModelsOptions, cwd: string): Promise<ModelsRead> {
  const read: ReadModel[] = [];
  const errors: { readonly file: string; readonly error: ModelError }[] = [];
  const { signatures = [] } = options;
  const files = options.models.length === 0 && signatures.length > 0 ? [] : await expandSources(options.models, cwd);
  const given = signatures.map((signature) => ({ file: `the model '${signature.name}'`, signature }));
  for (const { file, signature } of [...files.map((name) => ({ file: name, signature: undefined })), ...given]) {
    try {
      if (signature === undefined) read.push(await readUsableModel(file, cwd, options.overrides));
      else {
        requireRunnable(signature);
        read.push({ file, sourceName: signature.name, overrideKey: signature.name, signature });
      }
    } catch (error) {
      if (options.unusable !== "list" || !(error instanceof ModelError) || settingsCodes.includes(error.code))
        throw error;
      errors.push({ file, error });
    }
  }
  const problems = errors.map(({ file, error: { code, message } }) => ({ file, code, message }));
  if (read.length === 0) throw allUnusable(errors.map(({ error }) => error));
  if (options.unusedOverrides !== "ignore" && problems.length === 0)
    requireOverridesUsed(options.overrides ?? {}, read);
  return { models: sortDistinct(read), problems };
}

/** The codes of errors that the settings cause, not a file. */
const settingsCodes: readonly ErrorCode[] = ["SL3050", "SL3051", "SL3052"];

function allUnusable(errors: readonly ModelError[]): ModelError {
  const [first, second] = errors;
  if (first === undefined) return new ModelError("SL3015", "no model files match");
  if (second === undefined) return first;
  const lines = errors.map(({ code, message }) => `  ${code} ${message}`);
  return new ModelError(first.code, `none of the ${errors.length} model files can be used:\n${lines.join("\n")}`, {
    problems: errors.map(({ code, message }) => ({ code, message })),
  });
}

function sortDistinct(models: readonly ReadModel[]): readonly ModelSignature[] {
  const byName = new Map<string, ReadModel>();
  for (const model of models) {
    const { name } = model.signature;
    const other = byName.get(name);
    if (other !== undefined) {
      throw new ModelError(
        "SL3014",
        `'${other.file}' and '${model.file}' would both become model '${name}'. Rename one of the files, or set another name in the settings: overrides: { "${model.file}": { name: "…" } }. If both describe the same model, list one under 'sources' there.`,
        { name, files: [other.file, model.file] },
      );
    }
    byName.set(name, model);
  }
  return [...byName.values()].map(({ signature }) => signature).sort((a, b) => (a.name < b.name ? -1 : 1));
}
