import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { ConfigError } from "../../dsl/errors.js";
import { systemErrorMessage } from "../../src/util/error-message.js";
import { parseSettings, type Settings } from "./schema.js";

/** Settings and where they came from. */
export interface LoadedSettings {
  /** Absolute path of the file, or undefined where there is none. */
  readonly file?: string;
  /** The folder that its paths are relative to. */
  readonly folder: string;
  readonly settings: Settings;
}

const names = ["ts", "mts", "js", "mjs", "json"].map((extension) => `shapeline.config.${extension}`);

/**
 * The settings of a project: `shapeline.config.ts` (`.mts`, `.js`, `.mjs`, `.json`) of the working folder or of one above it,
 * up to the folder of package.json. Without such a file they are empty.
 *
 * @param cwd the working folder
 * @param given the file to take instead, relative to `cwd`
 * @throws ConfigError SL4050 two files in one folder, SL4051 a file that cannot be read or exports no settings, SL4052 what it says is not of the schema
 * @throws ProjectError SL2904 to SL2908 where a module does not bundle or stops
 */
export async function loadSettings(cwd: string, given?: string): Promise<LoadedSettings> {
  const file = given === undefined ? findSettings(resolve(cwd)) : resolve(cwd, given);
  if (file === undefined) return { folder: resolve(cwd), settings: {} };
  const shown = given ?? file.slice(dirname(file).length + 1);
  const read = parseSettings(extname(file) === ".json" ? await readJson(file, shown) : await readModule(file, shown));
  if ("issues" in read) {
    throw new ConfigError(
      "SL4052",
      `'${shown}' is not right:\n${read.issues.map((issue) => `  ${issue}`).join("\n")}`,
      { file, issues: read.issues },
    );
  }
  const folder = dirname(file);
  return { file, folder, settings: resolvePaths(read.settings, folder) };
}

/** Loads the settings again and again, and runs their file only when it, or which file it is, has changed. */
export function createSettingsLoader(
  cwd: string,
  given?: string,
): { readonly files: readonly string[]; readonly load: () => Promise<LoadedSettings> } {
  const files = given === undefined ? names.map((name) => resolve(cwd, name)) : [resolve(cwd, given)];
  let last: { readonly state: string; readonly loaded: Promise<LoadedSettings> } | undefined;
  const load = async (): Promise<LoadedSettings> => {
    const state = JSON.stringify(
      files
        .map((file) => statSync(file, { throwIfNoEntry: false }))
        .map((found) => found && [found.size, found.mtimeMs, found.ino]),
    );
    if (last?.state !== state) last = { state, loaded: loadSettings(cwd, given) };
    return await last.loaded;
  };
  return { files, load };
}

function findSettings(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = names.filter((name) => existsSync(join(folder, name)));
    const [first, second] = found;
    if (second !== undefined) {
      throw new ConfigError(
        "SL4050",
        `'${folder}' holds both '${first}' and '${second}': keep one, or choose one with --config`,
        { folder, found },
      );
    }
    if (first !== undefined) return join(folder, first);
    if (existsSync(join(folder, "package.json")) || dirname(folder) === folder) return undefined;
  }
}

async function readJson(file: string, shown: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as unknown;
  } catch (cause) {
    const why = cause instanceof SyntaxError ? `it is not JSON: ${cause.message}` : systemErrorMessage(cause);
    throw new ConfigError("SL4051", `the settings '${shown}' cannot be read: ${why}`, { file }, { cause });
  }
}

async function readModule(file: string, shown: string): Promise<unknown> {
  if (!existsSync(file))
    throw new ConfigError("SL4051", `the settings '${shown}' cannot be read: there is no such file`, { file });
  // The bundler is loaded only where there is a module to run.
  const { loadModule } = await import("../project/load-pipelines.js");
  const exported = await loadModule(file, { root: dirname(file) });
  if (!("default" in exported)) {
    throw new ConfigError(
      "SL4051",
      `the settings '${shown}' export no default: write \`export default defineConfig({ … })\``,
      { file },
    );
  }
  return exported.default;
}

/** Only the globs stay relative, because model files are shown as they are named. */
function resolvePaths(settings: Settings, folder: string): Settings {
  const at = (path: string): string => (/^[a-z][a-z\d+.-]+:\/\//i.test(path) ? path : resolve(folder, path));
  const { out, overrides, targets } = settings;
  return {
    ...settings,
    ...(out !== undefined && { out: at(out) }),
    ...(overrides !== undefined && {
      overrides: Object.fromEntries(
        Object.entries(overrides).map(([name, override]) => [
          name,
          override.sources === undefined ? override : { ...override, sources: override.sources.map(at) },
        ]),
      ),
    }),
    ...(targets?.local !== undefined && {
      targets: { local: Object.fromEntries(Object.entries(targets.local).map(([name, path]) => [name, at(path)])) },
    }),
  };
}
