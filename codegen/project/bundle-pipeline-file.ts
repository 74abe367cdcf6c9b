import { readFile } from "node:fs/promises";
import { extname, relative, resolve, sep } from "node:path";
import type { BuildFailure, Loader, Message, Metafile, Plugin } from "esbuild";
import { attachLambdas } from "../lambda/attach/attach.js";
import type { BundleInputs } from "./cache/input-recorder.js";
import { inlineImportMeta } from "./inline-import-meta.js";
import { ProjectError } from "./errors.js";

export interface Bundle {
  readonly code: string;
  /** A source map of version 3, as JSON; its sources are relative to the entry's folder. */
  readonly map: string;
  readonly inputs: BundleInputs;
}

export interface BundleOptions {
  /** The tsconfig whose options hold; without it, the nearest one of each file. */
  readonly project?: string;
  /** What paths are shown relative to. */
  readonly root: string;
  /** Files that several bundles take in are read once where they share this. */
  readonly read?: SourceFileCache;
}

/** Files as they go into a bundle, by what is attached in them and their path. */
export type SourceFileCache = Map<string, Promise<PreparedFile>>;

interface PreparedFile {
  readonly contents: string;
  /** Whether every lambda of the file was found by reading it. */
  readonly complete: boolean;
}

/** One module of a pipeline file and the project files it imports, its lambdas carrying their trees. Packages stay outside. */
export async function bundlePipelineFile(entry: string, options: BundleOptions): Promise<Bundle> {
  const seen: BundleState = { complete: true };
  const { root, read = new Map<string, Promise<PreparedFile>>() } = options;
  const bundle = await runEsbuild(entry, options, attachPlugin({ root, read, helpers: "exported" }, seen));
  if (seen.complete) return bundle;
  // A lambda or a helper comes from where only running the files can tell: from a record, a factory, another file.
  return await runEsbuild(entry, options, attachPlugin({ root, read, helpers: "all" }, seen));
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
    const ours: unknown = error.errors.find((e) => e.pluginName === pluginName)?.detail;
    // A file that cannot be read has a code; anything else that the plugin throws is a bug of ours.
    if (ours instanceof Error && !("code" in ours)) throw ours;
    const file = posixRelativePath(entry, root);
    const said = error.errors.map(formatMessage).join("\n  ");
    throw new ProjectError("SL2904", `'${file}' cannot be bundled:\n  ${said}`, { file }, { cause: error });
  }
}

function inputsOf({ inputs }: Metafile, root: string): BundleInputs {
  const files = Object.entries(inputs).map(([path, { imports }]) => ({ path: resolve(root, path), imports }));
  const externals = files.flatMap(({ path, imports }) =>
    imports.filter(({ external }) => external === true).map((i) => ({ from: path, specifier: i.path })),
  );
  return { files: files.map(({ path }) => path), externals };
}

/** A path as people read it: relative to the project, with `/`. */
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

/** Whether every lambda of the files was found by reading them. */
interface BundleState {
  complete: boolean;
}

interface AttachPluginOptions {
  readonly root: string;
  readonly helpers: "exported" | "all";
  readonly read: SourceFileCache;
}

function attachPlugin({ root, helpers, read }: AttachPluginOptions, seen: BundleState): Plugin {
  const readFileAt = async (path: string): Promise<PreparedFile> => {
    const code = await readFile(path, "utf8");
    const attached = attachLambdas(code, { file: posixRelativePath(path, root), helpers });
    return { contents: inlineImportMeta(attached?.code ?? code, path), complete: attached?.complete !== false };
  };
  return {
    name: pluginName,
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: "file" }, async ({ path }) => {
        if (path.split(sep).includes("node_modules")) return undefined;
        const key = `${helpers} ${path}`;
        const known = read.get(key) ?? readFileAt(path);
        read.set(key, known);
        const { contents, complete } = await known;
        if (!complete) seen.complete = false;
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
