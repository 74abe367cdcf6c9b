import fs from "node:fs";
import { builtinModules, syncBuiltinESMExports } from "node:module";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Inputs, digestInputs } from "./inputs.js";
import { mayBeNondeterministic } from "./nondeterminism.js";

/** What a bundle was made of. */
export interface BundleInputs {
  /** The project's files, as absolute paths. */
  readonly files: readonly string[];
  /** What stays outside, with the file that imports it. */
  readonly externals: readonly { readonly from: string; readonly specifier: string }[];
}

/** Modules of Node that answer the same on every call. */
const deterministicBuiltins: ReadonlySet<string> = new Set([
  "assert",
  "buffer",
  "events",
  "path",
  "path/posix",
  "path/win32",
  "punycode",
  "querystring",
  "string_decoder",
  "url",
  "util",
]);

const lockFiles = [
  "package-lock.json",
  "npm-shrinkwrap.json",
  "yarn.lock",
  "pnpm-lock.yaml",
  "bun.lock",
  "bun.lockb",
  "deno.lock",
  ".pnp.cjs",
  "pnpm-workspace.yaml",
  "node_modules/.package-lock.json",
  "node_modules/.modules.yaml",
  "node_modules/.yarn-state.yml",
];
const projectFiles = ["package.json", "tsconfig.json", "jsconfig.json", ...lockFiles];

/** Notes what a compilation reads, while it reads it. */
export class InputRecorder {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  readonly #trees = new Set<string>();
  readonly #contents = new Set<string>();
  readonly #env = new Set<string>();
  readonly #packages = new Set<string>();
  #uncacheable = false;

  /** A file that was read, or looked for in vain. */
  file(path: string): void {
    this.#files.add(resolve(path));
  }

  /** A folder in which files were looked for by pattern. */
  tree(path: string): void {
    this.#trees.add(resolve(path));
  }

  markUncacheable(): void {
    this.#uncacheable = true;
  }

  bundle({ files, externals }: BundleInputs): void {
    for (const file of files) {
      this.file(file);
      this.#folders.add(dirname(file));
      for (const folder of folderAndAncestors(dirname(file)))
        for (const name of projectFiles) this.file(join(folder, name));
      if (/\.[cm]?[jt]sx?$/.test(file) && mayBeNondeterministic(file, fs.readFileSync(file, "utf8")))
        this.#uncacheable = true;
    }
    for (const { from, specifier } of externals) this.#import(specifier, dirname(from));
  }

  #import(specifier: string, folder: string): void {
    const bare = specifier.replace(/^node:/, "");
    if (builtinModules.includes(bare)) this.#uncacheable ||= !deterministicBuiltins.has(bare);
    else if (/^[./#]|^[a-z]+:/i.test(specifier)) this.#uncacheable = true;
    else
      this.#package(
        specifier
          .split("/")
          .slice(0, specifier.startsWith("@") ? 2 : 1)
          .join("/"),
        folder,
      );
  }

  /** A package is known by its package.json; one of the workspace, whose files change without it, by all its files. */
  #package(name: string, from: string): void {
    for (const folder of folderAndAncestors(from)) {
      const place = join(folder, "node_modules", name);
      this.file(join(place, "package.json"));
      if (!fs.existsSync(join(place, "package.json"))) continue;
      const real = fs.realpathSync(place);
      if (name === "shapeline" || real.includes(`${sep}node_modules${sep}`) || this.#packages.has(real)) return;
      this.#packages.add(real);
      this.#contents.add(real);
      const { dependencies, peerDependencies } = JSON.parse(
        fs.readFileSync(join(real, "package.json"), "utf8"),
      ) as Partial<Record<string, Readonly<Record<string, string>>>>;
      for (const needed of Object.keys({ ...dependencies, ...peerDependencies })) this.#package(needed, real);
      return;
    }
  }

  /** Runs the project's modules, noting the environment and the files that they, and the packages they import, read. */
  async record<T>(work: () => Promise<T>): Promise<T> {
    const env = process.env;
    const note = (name: string | symbol) => typeof name === "string" && this.#env.add(name);
    process.env = new Proxy(env, {
      get: (target, name) => (note(name), Reflect.get(target, name) as unknown),
      set: (target, name, value) => Reflect.set(target, name, value),
      has: (target, name) => (note(name), Reflect.has(target, name)),
      getOwnPropertyDescriptor: (target, name) => (note(name), Reflect.getOwnPropertyDescriptor(target, name)),
      ownKeys: (target) => ((this.#uncacheable = true), Reflect.ownKeys(target)),
    });
    const { readFileSync, readFile, openSync, open } = fs;
    const { readFile: readLater, open: openLater } = fs.promises;
    Object.assign(fs, {
      readFileSync: this.#recordingPath(readFileSync),
      readFile: this.#recordingPath(readFile),
      openSync: this.#recordingPath(openSync),
      open: this.#recordingPath(open),
    });
    Object.assign(fs.promises, { readFile: this.#recordingPath(readLater), open: this.#recordingPath(openLater) });
    syncBuiltinESMExports();
    try {
      return await work();
    } finally {
      process.env = env;
      Object.assign(fs, { readFileSync, readFile, openSync, open });
      Object.assign(fs.promises, { readFile: readLater, open: openLater });
      syncBuiltinESMExports();
    }
  }

  #recordingPath<F extends (...args: never[]) => unknown>(read: F): F {
    const noted = (...args: Parameters<F>): unknown => {
      const [path] = args as unknown[];
      if (typeof path === "string") this.file(path);
      else if (path instanceof URL && path.protocol === "file:") this.file(fileURLToPath(path));
      return read(...args);
    };
    return Object.assign(noted, read);
  }

  /** The inputs with their digests; null where the result may be another one for the same inputs. */
  inputs(): Inputs | null {
    if (this.#uncacheable) return null;
    const own = [...this.#files].filter((path) => !/\.shapeline-\d+-\d+\.mjs$/.test(path));
    return digestInputs({
      files: own,
      folders: this.#folders,
      trees: this.#trees,
      contents: this.#contents,
      env: this.#env,
    });
  }
}

/** A folder and all above it. */
function folderAndAncestors(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...folderAndAncestors(above)];
}
