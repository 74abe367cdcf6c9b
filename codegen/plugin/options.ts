import { resolve } from "node:path";
import { TargetError } from "../../dsl/errors.js";

/** The options of the bundler plugins, the webpack loader and `shapeline/register`. All are plain data. */
export interface PluginOptions {
  /**
   * Modules of the project that export `pipeline` again: files, relative to `root` and starting with `./`, or other
   * specifiers as imports write them: `["./src/ml.ts", "#ml", "@acme/ml"]`. `shapeline` is always known.
   */
  readonly modules?: readonly string[];
  /**
   * Files, or folders with a `/` at the end, whose exported functions lambdas of other files call, relative to `root`:
   * `["src/checks.ts", "src/rules/"]`. Functions of the lambda's own file need no entry.
   */
  readonly helpers?: readonly string[];
  /**
   * Whether a lambda that cannot be compiled fails the build. With `false` it is a warning, and `build()` refuses the
   * pipeline when it runs. Default: true.
   */
  readonly failOnError?: boolean;
  /**
   * Whether the bundle contains the reader for lambdas that have no compiled form, with its 9 MB of parser, for Node.
   * Default: false; `build()` then refuses such a lambda.
   */
  readonly readAtRunTime?: boolean;
  /** The folder that files in options and messages are relative to. Default: the current folder. */
  readonly root?: string;
}

/** The options with their defaults. */
export interface ResolvedOptions {
  /** The specifiers that import `pipeline`. */
  readonly moduleNames: readonly string[];
  /** The files that export `pipeline` again: absolute, with `/`, without their extensions. */
  readonly moduleFiles: readonly string[];
  /** The files and folders of helpers: absolute, with `/`; files without their extensions. */
  readonly helpers: readonly string[];
  readonly failOnError: boolean;
  readonly readAtRunTime: boolean;
  readonly root: string;
}

const kinds: Readonly<Record<keyof PluginOptions, "a list of strings" | "true or false" | "a string">> = {
  modules: "a list of strings",
  helpers: "a list of strings",
  failOnError: "true or false",
  readAtRunTime: "true or false",
  root: "a string",
};

const fits: Readonly<Record<(typeof kinds)[keyof PluginOptions], (value: unknown) => boolean>> = {
  "a list of strings": (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  "true or false": (value) => typeof value === "boolean",
  "a string": (value) => typeof value === "string",
};

/**
 * Checks the options and adds the defaults.
 *
 * @param entry the entry in messages: "shapeline/vite"
 * @throws TargetError SL6011 for an option that is unknown or has the wrong type
 */
export function resolveOptions(options: PluginOptions, entry: string): ResolvedOptions {
  for (const [name, value] of Object.entries(options as Readonly<Record<string, unknown>>)) {
    if (value === undefined) continue;
    const kind = (kinds as Readonly<Record<string, (typeof kinds)[keyof PluginOptions] | undefined>>)[name];
    if (kind === undefined)
      throw new TargetError(
        "SL6011",
        `${entry} has no option '${name}'; leave it out, or give one of its options: ${Object.keys(kinds).join(", ")}`,
        { option: name },
      );
    if (!fits[kind](value))
      throw new TargetError("SL6011", `${entry}: the option '${name}' must be ${kind}`, { option: name });
  }
  const root = resolve(options.root ?? ".");
  const modules = options.modules ?? [];
  return {
    moduleNames: ["shapeline", ...modules.filter((name) => !name.startsWith("."))],
    moduleFiles: modules.filter((name) => name.startsWith(".")).map((file) => moduleStem(resolve(root, file))),
    helpers: (options.helpers ?? []).map((path) =>
      path.endsWith("/") ? `${withSlashes(resolve(root, path))}/` : moduleStem(resolve(root, path)),
    ),
    failOnError: options.failOnError ?? true,
    readAtRunTime: options.readAtRunTime ?? false,
    root,
  };
}

/** Whether a file imports `pipeline` with this specifier. */
export function isPipelineModule(
  specifier: string,
  file: string,
  { moduleNames, moduleFiles }: ResolvedOptions,
): boolean {
  if (!specifier.startsWith(".")) return moduleNames.includes(specifier);
  return moduleFiles.length > 0 && moduleFiles.includes(importedStem(specifier, file));
}

/** Whether the exported functions of a file are helpers. */
export function isHelperFile(file: string, { helpers }: ResolvedOptions): boolean {
  if (helpers.length === 0) return false;
  const stem = moduleStem(file);
  return helpers.some((helper) => (helper.endsWith("/") ? stem.startsWith(helper) : stem === helper));
}

/** Whether a specifier may import a file of helpers. Only relative ones tell their file. */
export function mayImportHelpers(specifier: string, file: string, options: ResolvedOptions): boolean {
  if (!specifier.startsWith(".")) return options.helpers.length > 0;
  return isHelperFile(importedStem(specifier, file), options);
}

const withSlashes = (path: string): string => path.replaceAll("\\", "/");

const importedStem = (specifier: string, file: string): string => moduleStem(resolve(file, "..", specifier));

/** The path without its extension and `/index`, which imports may leave out. */
function moduleStem(path: string): string {
  return withSlashes(path)
    .replace(/\.[cm]?[jt]sx?$/, "")
    .replace(/\/index$/, "");
}
