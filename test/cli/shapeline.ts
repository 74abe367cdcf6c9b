import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const main = join(root, "dist", "src", "cli", "main.js");

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command in a folder. */
export function shapeline(cwd: string, args: readonly string[], input?: string | Uint8Array): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [main, ...args],
      { cwd, encoding: "utf8", maxBuffer: 64 << 20 },
      (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
      },
    );
    child.stdin?.end(input);
  });
}

/** A user's project in a folder of its own: an example's models and pipeline, the package linked in. */
export function project(example: "fraud" | "breast-cancer"): string {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const from = join(root, "examples", example);
  cpSync(from, folder, {
    recursive: true,
    filter: (path) => !/\.shapeline|__pycache__|\.pipeline\.json$|models\.gen\.ts$/.test(path),
  });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
  cpSync(join(root, "package.json"), join(folder, "node_modules", "shapeline", "package.json"));
  for (const part of ["dist", "node_modules"])
    symlinkSync(join(root, part), join(folder, "node_modules", "shapeline", part), "dir");
  return folder;
}
