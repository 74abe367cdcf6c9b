import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { ConfigError } from "../../dsl/errors.js";
import { systemErrorMessage } from "../../src/util/error-message.js";
import { isPathKey } from "./path-key.js";
import { parseSettings, type Settings } from "./schema.js";

/** The settings of a project, with their file and folder. */
export interface LoadedSettings {
  /** Absolute path of the settings file, or undefined without one. */
  readonly file?: string;
  /** The folder that its paths are relative to. */
  readonly folder: string;
  readonly settings: Settings;
}

const fileNames = ["ts", "mts", "js", "mjs", "json"].map((extension) => `shapeline.config.${extension}`);

/**
 * Loads the settings of a project from `shapeline.config.ts` (`.mts`, `.js`, `.mjs`, `.json`). The search starts in the
 * working folder and ends at the first folder with a package.json. Without a settings file the settings are empty.
 *
 * @param cwd the working folder
 * @param configPath a settings file to load instead, relative to `cwd`
 * @throws ConfigError SL4050 (two files in one folder), SL4051 (unreadable, or no default export), SL4052 (invalid
 *   settings)
 * @throws ProjectError SL2904 to SL2908 if the module cannot be bundled or throws
 */
export async function loadSettings(cwd: string, configPath?: string): Promise<LoadedSettings> {
  const file = configPath === undefined ? findSettings(resolve(cwd)) : resolve(cwd, configPath);
  if (file === undefined) return { folder: resolve(cwd), settings: {} };
  const displayName = configPath ?? file.slice(dirname(file).length + 1);
  const read = parseSettings(
    extname(file) === ".json" ? await readJson(file, displayName) : await readModule(file, displayName),
  );
  if ("issues" in read) {
    throw new ConfigError(
      "SL4052",
      `'${displayName}' has invalid settings:\n${read.issues.map((issue) => `  ${issue}`).join("\n")}`,
      { file, issues: read.issues },
    );
  }
  const folder = dirname(file);
  return { file, folder, settings: resolvePaths(read.settings, folder) };
}

/**
 * Creates a loader for repeated use. It runs the settings file again only after a change of the file, or to another
 * file.
 */
export function createSettingsLoader(
  cwd: string,
  configPath?: string,
): { readonly files: readonly string[]; readonly load: () => Promise<LoadedSettings> } {
  const files = configPath === undefined ? fileNames.map((name) => resolve(cwd, name)) : [resolve(cwd, configPath)];
  let last: { readonly state: string; readonly loaded: Promise<LoadedSettings> } | undefined;
  const load = async (): Promise<LoadedSettings> => {
    const state = JSON.stringify(
      files
        .map((file) => statSync(file, { throwIfNoEntry: false }))
        .map((found) => found && [found.size, found.mtimeMs, found.ino]),
    );
    if (last?.state !== state) last = { state, loaded: loadSettings(cwd, configPath) };
    return await last.loaded;
  };
  return { files, load };
}

function findSettings(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = fileNames.filter((name) => existsSync(join(folder, name)));
    const [first, second] = found;
    if (second !== undefined) {
      throw new ConfigError(
        "SL4050",
        `'${folder}' contains both '${first}' and '${second}': keep one, or choose one with --config`,
        { folder, found },
      );
    }
    if (first !== undefined) return join(folder, first);
    if (existsSync(join(folder, "package.json")) || dirname(folder) === folder) return undefined;
  }
}

async function readJson(file: string, displayName: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as unknown;
  } catch (cause) {
    const why = cause instanceof SyntaxError ? `it is not JSON: ${cause.message}` : systemErrorMessage(cause);
    throw new ConfigError("SL4051", `the settings '${displayName}' cannot be read: ${why}`, { file }, { cause });
  }
}

async function readModule(file: string, displayName: string): Promise<unknown> {
  if (!existsSync(file))
    throw new ConfigError("SL4051", `the settings '${displayName}' cannot be read: there is no such file`, { file });
  // Loaded on demand: JSON settings do not need the bundler.
  const { loadModule } = await import("../project/load-pipelines.js");
  const exported = await loadModule(file, { root: dirname(file) });
  if (!("default" in exported)) {
    throw new ConfigError(
      "SL4051",
      `the settings '${displayName}' have no default export: write \`export default defineConfig({ … })\``,
      { file },
    );
  }
  return exported.default;
}

/**
 * Resolves paths against the settings' folder. Model globs stay relative, because output shows model files as written
 * here.
 */
function resolvePaths(settings: Settings, folder: string): Settings {
  const at = (path: string): string => (/^[a-z][a-z\d+.-]+:\/\//i.test(path) ? path : resolve(folder, path));
  const { out, overrides, targets } = settings;
  return {
    ...settings,
    ...(out !== undefined && { out: at(out) }),
    ...(overrides !== undefined && {
      overrides: Object.fromEntries(
        Object.entries(overrides).map(([name, override]) => [
          isPathKey(name) ? at(name) : name,
          override.sources === undefined ? override : { ...override, sources: override.sources.map(at) },
        ]),
      ),
    }),
    ...(targets?.local !== undefined && {
      targets: {
        local: {
          ...targets.local,
          ...(targets.local.models !== undefined && { models: at(targets.local.models) }),
          ...(targets.local.data !== undefined && { data: at(targets.local.data) }),
        },
      },
    }),
  };
}
