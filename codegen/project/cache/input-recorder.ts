import fs from "node:fs";
import { builtinModules, syncBuiltinESMExports } from "node:module";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Inputs, digestInputs, projectFiles as filesOfProject } from "./inputs.js";
import { mayBeNondeterministic } from "./nondeterminism.js";

/** The files that a bundle was built from. */
export interface BundleInputs {
  /** Absolute paths of the project's files. */
  readonly files: readonly string[];
  /** Imports that are not bundled, with the importing file. */
  readonly externals: readonly { readonly from: string; readonly specifier: string }[];
}

/** Node modules whose functions return the same result for the same arguments. */
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

/** Records what a compilation reads, while it runs. */
export class InputRecorder {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  readonly #trees = new Set<string>();
  readonly #contents = new Set<string>();
  readonly #env = new Set<string>();
  readonly #packages = new Set<string>();
  #uncacheable = false;

  /** Records a file that was read or looked for. */
  file(path: string): void {
    this.#files.add(resolve(path));
  }

  /** Records a folder that was searched by pattern. */
  tree(path: string): void {
    this.#trees.add(resolve(path));
  }

  /** Marks the result as one that may change even if no recorded input changes. */
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

  /** Records a package by its package.json. Workspace packages change without it, so all their files are recorded. */
  #package(name: string, from: string): void {
    for (const folder of folderAndAncestors(from)) {
      const linked = join(folder, "node_modules", name);
      this.file(join(linked, "package.json"));
      if (!fs.existsSync(join(linked, "package.json"))) continue;
      const real = fs.realpathSync(linked);
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

  /** Runs the project's modules and records the environment variables and files that they and their packages read. */
  async record<T>(work: () => Promise<T>): Promise<T> {
    const env = process.env;
    const recordName = (name: string | symbol) => typeof name === "string" && this.#env.add(name);
    process.env = new Proxy(env, {
      get: (target, name) => (recordName(name), Reflect.get(target, name) as unknown),
      set: (target, name, value) => Reflect.set(target, name, value),
      has: (target, name) => (recordName(name), Reflect.has(target, name)),
      getOwnPropertyDescriptor: (target, name) => (recordName(name), Reflect.getOwnPropertyDescriptor(target, name)),
      ownKeys: (target) => ((this.#uncacheable = true), Reflect.ownKeys(target)),
    });
    const { readFileSync, readFile, openSync, open } = fs;
    const { readFile: readFilePromise, open: openPromise } = fs.promises;
    Object.assign(fs, {
      readFileSync: this.#recordingPath(readFileSync),
      readFile: this.#recordingPath(readFile),
      openSync: this.#recordingPath(openSync),
      open: this.#recordingPath(open),
    });
    Object.assign(fs.promises, {
      readFile: this.#recordingPath(readFilePromise),
      open: this.#recordingPath(openPromise),
    });
    syncBuiltinESMExports();
    try {
      return await work();
    } finally {
      process.env = env;
      Object.assign(fs, { readFileSync, readFile, openSync, open });
      Object.assign(fs.promises, { readFile: readFilePromise, open: openPromise });
      syncBuiltinESMExports();
    }
  }

  #recordingPath<F extends (...args: never[]) => unknown>(read: F): F {
    const recording = (...args: Parameters<F>): unknown => {
      const [path] = args as unknown[];
      if (typeof path === "string") this.file(path);
      else if (path instanceof URL && path.protocol === "file:") this.file(fileURLToPath(path));
      return read(...args);
    };
    return Object.assign(recording, read);
  }

  /** The project's files among the inputs. */
  projectFiles(): string[] {
    return filesOfProject({ files: this.#ownFiles(), contents: this.#contents });
  }

  #ownFiles(): string[] {
    return [...this.#files].filter((path) => !/\.shapeline-\d+-\d+\.mjs$/.test(path));
  }

  /** The recorded inputs with their digests; null if the result must not be cached. */
  inputs(): Inputs | null {
    if (this.#uncacheable) return null;
    return digestInputs({
      files: this.#ownFiles(),
      folders: this.#folders,
      trees: this.#trees,
      contents: this.#contents,
      env: this.#env,
    });
  }
}

function folderAndAncestors(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...folderAndAncestors(above)];
}
