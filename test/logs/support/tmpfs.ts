import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";

/** Mounts a file system of some MiB until the end of the tests; null if none can be mounted here. */
export function newTmpfs(mebibytes: number): string | null {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return null;
  const folder = mkdtempSync(join(tmpdir(), "shapeline-full-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder]).status === 0;
  afterAll(() => {
    if (mounted) spawnSync("umount", ["--lazy", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return mounted ? folder : null;
}

/** Gives a mounted file system another size. */
export function resizeTmpfs(folder: string | null, mebibytes: number): void {
  expect(spawnSync("mount", ["-o", `remount,size=${mebibytes}m`, folder ?? ""]).status).toBe(0);
}
