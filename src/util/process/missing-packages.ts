import { requirePackage } from "./require-package.js";

/** The optional peers of the embedded engine. */
export const enginePackages = ["onnxruntime-node", "@duckdb/node-api"];

/**
 * The one command that installs those of several packages that are not there, so that a user does not learn of them
 * one by one. None of them needs its install scripts.
 *
 * @param names what is used together; those that an error was thrown for come first
 */
export function installCommand(
  names: readonly string[],
  isInstalled = (name: string): boolean => canResolve(requirePackage, name),
): string {
  return `npm install --ignore-scripts ${[...new Set(names)].filter((name) => !isInstalled(name)).join(" ")}`;
}

/** Whether a package is installed where `load` looks for packages. Does not load it. */
export function canResolve(load: NodeJS.Require, name: string): boolean {
  try {
    load.resolve(name);
    return true;
  } catch {
    return false;
  }
}
