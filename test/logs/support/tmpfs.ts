import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";

const mount = (folder: string, mebibytes: number): boolean =>
  spawnSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder]).status === 0;

/** Whether a file system can be mounted here. Tries it once, and leaves nothing mounted: tests may only be listed. */
export const canMount: boolean = ((): boolean => {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return false;
  const folder = mkdtempSync(join(tmpdir(), "shapeline-mount-"));
  try {
    return mount(folder, 1) && spawnSync("umount", [folder]).status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})();

if (!canMount)
  process.stderr.write("skipped: no tmpfs can be mounted here, so no disk is filled and none is read-only\n");

/** Mounts a file system of some MiB while the tests of the enclosing suite run. Returns its folder. */
export function tmpfsForSuite(mebibytes: number): string {
  const folder = join(tmpdir(), `shapeline-full-${randomUUID()}`);
  beforeAll(() => {
    mkdirSync(folder);
    expect(mount(folder, mebibytes)).toBe(true);
  });
  afterAll(() => {
    spawnSync("umount", ["--lazy", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Gives a mounted file system another size. */
export function resizeTmpfs(folder: string, mebibytes: number): void {
  expect(spawnSync("mount", ["-o", `remount,size=${mebibytes}m`, folder]).status).toBe(0);
}
