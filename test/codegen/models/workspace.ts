import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A folder of this test file's own, removed at its end. */
export const folder = mkdtempSync(join(tmpdir(), "shapeline-models-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
