import { readFile } from "node:fs/promises";
import { extname, relative, resolve, sep } from "node:path";
import type { BuildFailure, Loader, Message, Metafile, Plugin } from "esbuild";
import { attachLambdas } from "../lambda/attach/attach.js";
import type { BundleInputs } from "./cache/input-recorder.js";
import { inlineImportMeta } from "./inline-import-meta.js";
import { ProjectError } from "./errors.js";

export interface Bundle {
  readonly code: string;
  /** A source map (version 3) as JSON. Its sources are relative to the entry's folder. */
  readonly map: string;
  readonly inputs: BundleInputs;
}

export interface BundleOptions {
  /** The tsconfig to use; by default the nearest one of each file. */
  readonly project?: string;
  /** Shown paths are relative to this folder. */
  readonly root: string;
  /** Bundles that share a cache read common files once. */
  readonly fileCache?: SourceFileCache;
  /** Called with the path of each file of the project that is bundled, also if the bundle fails. */
  readonly onFile?: (path: string) => void;
}

/** Files prepared for a bundle. The key is the kind of attached helpers and the path. */
export type SourceFileCache = Map<string, Promise<PreparedFile>>;

interface PreparedFile {
  readonly contents: string;
  /** Whether static analysis found every lambda of the file. */
  readonly complete: boolean;
}

/**
 * Bundles a pipeline file and the project files it imports into one module, with syntax trees attached to its lambdas.
 * Packages stay external.
 */
export async function bundlePipelineFile(entry: string, options: BundleOptions): Promise<Bundle> {
  const state: BundleState = { complete: true };
  const { root, onFile, fileCache = new Map<string, Promise<PreparedFile>>() } = options;
  const bundle = await runEsbuild(
    entry,
    options,
    attachPlugin({ root, fileCache, onFile, helpers: "exported" }, state),
  );
  if (state.complete) return bundle;
  // A lambda or a helper comes from a record, a factory or another file, which is known only at run time.
  return await runEsbuild(entry, options, attachPlugin({ root, fileCache, onFile, helpers: "all" }, state));
}

async function runEsbuild(entry: string, { project, root }: BundleOptions, plugin: Plugin): Promise<Bundle> {
  const { build } = await import("esbuild");
  try {
    const { outputFiles, metafile } = await build({
      entryPoints: [entry],
      outfile: `${entry}.mjs`,
      bundle: true,
      packages: "external",
      format: "esm",
      platform: "node",
      target: `node${process.versions.node}`,
      write: false,
      sourcemap: "external",
      metafile: true,
      logLevel: "silent",
      absWorkingDir: root,
      plugins: [plugin],
      ...(project !== undefined && { tsconfig: project }),
    });
    const text = (ending: string) => outputFiles.find((f) => f.path.endsWith(ending))?.text ?? "";
    return { code: text(".mjs"), map: text(".map"), inputs: inputsOf(metafile, root) };
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    const pluginError: unknown = error.errors.find((e) => e.pluginName === pluginName)?.detail;
    // A file that cannot be read gives an error with a code. Any other error of the plugin is a bug in Shapeline.
    if (pluginError instanceof Error && !("code" in pluginError)) throw pluginError;
    const file = posixRelativePath(entry, root);
    const reasons = error.errors.map(formatMessage).join("\n  ");
    throw new ProjectError("SL2904", `'${file}' cannot be bundled:\n  ${reasons}`, { file }, { cause: error });
  }
}

function inputsOf({ inputs }: Metafile, root: string): BundleInputs {
  const files = Object.entries(inputs).map(([path, { imports }]) => ({ path: resolve(root, path), imports }));
  const externals = files.flatMap(({ path, imports }) =>
    imports.filter(({ external }) => external === true).map((i) => ({ from: path, specifier: i.path })),
  );
  return { files: files.map(({ path }) => path), externals };
}

/** A path for messages: relative to `root`, with `/`. */
export function posixRelativePath(path: string, root: string): string {
  return relative(root, path).split(sep).join("/");
}

const loaders: Readonly<Record<string, Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".js": "jsx",
  ".mjs": "js",
  ".cjs": "js",
  ".jsx": "jsx",
};

const pluginName = "shapeline";

/** Whether static analysis found every lambda of the bundle. */
interface BundleState {
  complete: boolean;
}

interface AttachPluginOptions {
  readonly root: string;
  readonly helpers: "exported" | "all";
  readonly fileCache: SourceFileCache;
  readonly onFile: ((path: string) => void) | undefined;
}

function attachPlugin({ root, helpers, fileCache, onFile }: AttachPluginOptions, state: BundleState): Plugin {
  const prepareFile = async (path: string): Promise<PreparedFile> => {
    const code = await readFile(path, "utf8");
    const attached = attachLambdas(code, { file: posixRelativePath(path, root), helpers });
    return { contents: inlineImportMeta(attached?.code ?? code, path), complete: attached?.complete !== false };
  };
  return {
    name: pluginName,
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: "file" }, async ({ path }) => {
        if (path.split(sep).includes("node_modules")) return undefined;
        onFile?.(path);
        const key = `${helpers} ${path}`;
        const prepared = fileCache.get(key) ?? prepareFile(path);
        fileCache.set(key, prepared);
        const { contents, complete } = await prepared;
        if (!complete) state.complete = false;
        return { contents, loader: loaders[extname(path)] ?? "ts" };
      });
    },
  };
}

const isBuildFailure = (error: unknown): error is BuildFailure =>
  error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors);

function formatMessage({ text, location }: Message): string {
  return location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`;
}
