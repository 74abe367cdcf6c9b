import { readFileSync } from "node:fs";
import { isAbsolute, join, resolve, sep } from "node:path";
import { ownPackage } from "../../util/own-package.js";
import { readPackageJson, type PackageJson } from "./package-json.js";

/** The packages to add to a project, as a package manager names them: `onnxruntime-node@1.30.0`. */
export interface MissingPackages {
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

/** Runs the project's TypeScript files: Node 20, which Shapeline supports, does not. */
const runner = "tsx@4.23.15";

/** What a project needs besides those it has: the package, the parts of the embedded engine, a compiler, a runner. */
export function missingPackages(project: PackageJson | null): MissingPackages {
  const has = (name: string): boolean => project?.dependencies[name] !== undefined;
  const tested = testedVersions();
  const version = (name: string): string => (tested[name] === undefined ? name : `${name}@${tested[name]}`);
  return {
    dependencies: [
      ...(has("shapeline") ? [] : [ownSpecifier()]),
      ...["onnxruntime-node", "@duckdb/node-api"].filter((name) => !has(name)).map(version),
    ],
    devDependencies: [
      ...["typescript", "@types/node"].filter((name) => !has(name)).map(version),
      ...(has("tsx") ? [] : [runner]),
    ],
  };
}

/** The versions that this version of Shapeline is tested with. */
function testedVersions(): Readonly<Record<string, string>> {
  const { root } = ownPackage();
  if (root === null) return {};
  const { devDependencies = {} } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    devDependencies?: Record<string, string>;
  };
  return devDependencies;
}

/**
 * Names the running Shapeline for a package manager: what it was installed from, such as a tarball that `npx` ran; a
 * clone's own folder; else its version in the registry.
 */
function ownSpecifier(): string {
  const { root, version } = ownPackage();
  if (root === null) return "shapeline";
  const modules = `${sep}node_modules${sep}`;
  const at = root.indexOf(modules);
  if (at === -1) return `shapeline@file:${root.replace(/[\\/]$/, "")}`;
  const host = root.slice(0, at);
  const stated = readPackageJson(host)?.dependencies["shapeline"];
  return stated === undefined || !/^[a-z][a-z+]*:/i.test(stated) || stated.startsWith("npm:")
    ? `shapeline@${version}`
    : `shapeline@${absoluteSpecifier(stated, host)}`;
}

/** `file:../shapeline.tgz` in another project's package.json, for use in any folder. */
function absoluteSpecifier(specifier: string, folder: string): string {
  const [, path] = /^(?:file|link):(?!\/\/)(.*)$/.exec(specifier) ?? [];
  return path === undefined || isAbsolute(path) ? specifier : `file:${resolve(folder, path)}`;
}
