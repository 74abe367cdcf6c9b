import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

/** A module's code in a file of its own, until it is removed. */
export interface TemporaryModule {
  readonly path: string;
  /** Works while the process ends. */
  readonly remove: () => void;
}

let written = 0;

/**
 * Writes a module's code to the folder of its source, because Node resolves packages from there. Where that folder is
 * read-only, as in many containers, the file is in a temporary folder with links to the packages.
 *
 * @throws the error of the file system
 */
export async function writeTemporaryModule(source: string, code: string): Promise<TemporaryModule> {
  written += 1;
  const name = `.${basename(source).replace(/\.[^.]+$/, "")}.shapeline-${process.pid}-${written}.mjs`;
  const beside = join(dirname(source), name);
  try {
    await writeFile(beside, code);
    return { path: beside, remove: () => rmSync(beside, { force: true }) };
  } catch (error) {
    const { code: reason = "" } = error as NodeJS.ErrnoException;
    if (!["EACCES", "EPERM", "EROFS"].includes(reason)) throw error;
  }
  const folder = mkdtempSync(join(tmpdir(), "shapeline-run-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const path = join(linkPackages(dirname(source), folder), name);
    await writeFile(path, code);
    return { path, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Makes nested folders with links to the `node_modules` of a folder and of those above it; returns the innermost. */
function linkPackages(source: string, into: string): string {
  const parent = dirname(source);
  const outer = parent === source ? into : linkPackages(parent, into);
  const packages = join(source, "node_modules");
  if (!existsSync(packages)) return outer;
  const inner = join(outer, "in");
  mkdirSync(inner);
  symlinkSync(packages, join(inner, "node_modules"), "junction");
  return inner;
}
