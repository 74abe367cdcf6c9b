import { statSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { AnyPipeline } from "../../dsl/index.js";
import { errorMessage, isSystemError, systemErrorMessage } from "../../src/util/error-message.js";
import { bundlePipelineFile, posixRelativePath, type Bundle, type SourceFileCache } from "./bundle-pipeline-file.js";
import type { BundleInputs } from "./cache/input-recorder.js";
import { ProjectError } from "./errors.js";
import { runGuarded, LoadInterrupted } from "./run-guarded.js";
import { exportedPipelines } from "./exported-pipelines.js";
import { writeTemporaryModule } from "./temporary-module.js";

export interface LoadedPipeline {
  /** The file's absolute path. */
  readonly file: string;
  /** The export's name, with the path inside it: `fraud`, `default`, `pipelines.fraud`, `all[0]`. */
  readonly exportName: string;
  readonly pipeline: AnyPipeline;
}

export interface LoadOptions {
  /** The tsconfig to use; by default the nearest one of each file. */
  readonly project?: string;
  /** Paths in messages and in lambdas' locations are relative to this folder; by default the working directory. */
  readonly root?: string;
  /** Provides bundles; by default each file is bundled when it is loaded. */
  readonly bundles?: (file: string) => Promise<Bundle>;
  /** The time limit for loading a module, in seconds; by default 60. */
  readonly seconds?: number;
  /** Called with the path of each file of the project that is bundled, also if the bundle fails. */
  readonly onFile?: (path: string) => void;
  /** Called with the files of each bundle. */
  readonly onBundle?: (inputs: BundleInputs) => void;
}

/**
 * Runs pipeline files and returns the pipelines they export. Each lambda has its syntax tree and constants attached.
 *
 * @param files paths of modules in TypeScript or JavaScript
 * @throws ProjectError SL2903 to SL2910: a file is missing, does not bundle, throws, does not finish loading, or
 * exports
 * no pipeline
 * @example
 * const [{ pipeline }] = await loadPipelines(["src/fraud.pipeline.ts"], { root: process.cwd() });
 */
export async function loadPipelines(files: readonly string[], options: LoadOptions = {}): Promise<LoadedPipeline[]> {
  const root = resolve(options.root ?? ".");
  const loaded: LoadedPipeline[] = [];
  for (const path of files) {
    const file = resolve(root, path);
    const shown = posixRelativePath(file, root);
    if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
      throw new ProjectError("SL2903", `there is no file '${shown}'`, { file: shown });
    const found = exportedPipelines(await loadModule(file, options));
    if (found.length === 0)
      throw new ProjectError(
        "SL2906",
        `'${shown}' exports no pipeline: write \`export const fraud = pipeline("fraud")…\``,
        { file: shown },
      );
    for (const { exportName, pipeline } of found) loaded.push({ file, exportName, pipeline });
  }
  return loaded;
}

/**
 * Runs a module in TypeScript or JavaScript and returns its exports.
 *
 * @throws ProjectError SL2904, SL2905 and SL2907 to SL2910
 */
export async function loadModule(file: string, options: LoadOptions = {}): Promise<Readonly<Record<string, unknown>>> {
  const root = resolve(options.root ?? ".");
  const bundle = await (options.bundles?.(file) ?? bundleOf(file, options));
  options.onBundle?.(bundle.inputs);
  return await runBundle(bundle, file, root, options.seconds ?? 60);
}

const bundleOf = (
  file: string,
  { root = ".", project, onFile }: LoadOptions,
  fileCache?: SourceFileCache,
): Promise<Bundle> =>
  bundlePipelineFile(file, {
    root: resolve(root),
    ...(onFile !== undefined && { onFile }),
    ...existingProject(project, resolve(root)),
    ...(fileCache !== undefined && { fileCache }),
  });

/** How many files are bundled while another one runs. */
const maxBundlesAhead = 4;

/**
 * Bundles files ahead of their use, because esbuild works in another process.
 *
 * @param files absolute paths, in the order of use
 */
export function bundlesAhead(files: readonly string[], options: LoadOptions): (file: string) => Promise<Bundle> {
  const started = new Map<string, Promise<Bundle>>();
  const fileCache: SourceFileCache = new Map();
  let next = 0;
  return (file) => {
    for (; next < files.length && started.size < maxBundlesAhead; next += 1) {
      const path = files[next] ?? "";
      const bundle = bundleOf(path, options, fileCache);
      // The error is reported when the bundle is used.
      bundle.catch(() => undefined);
      started.set(path, bundle);
    }
    const bundle = started.get(file) ?? bundleOf(file, options, fileCache);
    started.delete(file);
    return bundle;
  };
}

function existingProject(project: string | undefined, root: string): { project?: string } {
  if (project === undefined) return {};
  const path = resolve(root, project);
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? { project: path } : {};
}

/** Runs the bundle from a file, which is there while it loads. */
async function runBundle(
  bundle: Bundle,
  entry: string,
  root: string,
  seconds: number,
): Promise<Readonly<Record<string, unknown>>> {
  const map = Buffer.from(bundle.map).toString("base64");
  const code = `${bundle.code}//# sourceMappingURL=data:application/json;base64,${map}\n`;
  const { path, remove } = await writeTemporaryModule(entry, code).catch((cause: unknown) => {
    if (!isSystemError(cause)) throw cause;
    const file = posixRelativePath(entry, root);
    const reason = systemErrorMessage(cause);
    throw new ProjectError(
      "SL2907",
      `'${file}' is run from a temporary file beside it, or in '${tmpdir()}' where its folder is read-only, which cannot be written: ${reason}; make one of the folders writable, or set TMPDIR`,
      { file },
      { cause },
    );
  });
  // A module may exit the process while it loads.
  process.once("exit", remove);
  try {
    return await importBundle(path, bundle, entry, root, seconds);
  } finally {
    process.off("exit", remove);
    remove();
  }
}

async function importBundle(
  path: string,
  bundle: Bundle,
  entry: string,
  root: string,
  seconds: number,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await runGuarded(
      async () => (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>,
      seconds,
    );
  } catch (cause) {
    const file = posixRelativePath(entry, root);
    if (cause instanceof LoadInterrupted) throw interruptedError(cause, file, seconds);
    const message = errorMessage(cause).replaceAll(path, file);
    const name = cause instanceof Error ? cause.name : "thrown";
    if (isMissingModule(cause))
      throw new ProjectError(
        "SL2908",
        `'${file}' imports a module that is not installed: ${message}`,
        { file },
        { cause },
      );
    const place = sourcePlaceOf(cause, path, bundle, entry, root) ?? file;
    throw new ProjectError(
      "SL2905",
      `'${file}' throws while it is loaded, at ${place}: ${name}: ${message}`,
      { file, place },
      { cause },
    );
  }
}

function interruptedError({ reason, exitCode }: LoadInterrupted, file: string, seconds: number): ProjectError {
  if (reason === "process-exit")
    return new ProjectError(
      "SL2909",
      `'${file}' ends the process while it is loaded, with process.exit(${exitCode}): move code that runs a program out of the files that export pipelines`,
      { file, exitCode },
    );
  if (reason === "blocked")
    return new ProjectError(
      "SL2910",
      `'${file}' never finishes loading: it has run for ${seconds} seconds without a pause and was stopped; look for an endless loop in it and in its imports`,
      { file },
    );
  const why = reason === "pending-await" ? "it awaits a promise that never settles" : `it has taken ${seconds} seconds`;
  return new ProjectError(
    "SL2910",
    `'${file}' never finishes loading: ${why}; check its top-level \`await\`s and those of its imports`,
    { file },
  );
}

const missingCodes = new Set(["ERR_MODULE_NOT_FOUND", "ERR_PACKAGE_PATH_NOT_EXPORTED", "MODULE_NOT_FOUND"]);
const isMissingModule = (error: unknown): boolean =>
  error instanceof Error && "code" in error && missingCodes.has(String(error.code));

/** The place in the author's source that threw, found with the bundle's source map. */
function sourcePlaceOf(error: unknown, path: string, { map }: Bundle, entry: string, root: string): string | null {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const line = stack.split("\n").find((l) => l.includes(basename(path)));
  const [, row, column] = /:(\d+):(\d+)\)?$/.exec(line ?? "") ?? [];
  if (row === undefined || column === undefined || map === "") return null;
  const found = new SourceMap(JSON.parse(map) as SourceMapPayload).findEntry(Number(row) - 1, Number(column) - 1);
  if (!("originalSource" in found)) return null;
  return `${posixRelativePath(resolve(dirname(entry), found.originalSource), root)}:${found.originalLine + 1}:${found.originalColumn + 1}`;
}
