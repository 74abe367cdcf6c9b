import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { loadModule } from "../../../codegen/project/load-pipelines.js";
import { canMount, tmpfsForSuite } from "../../logs/support/tmpfs.js";
import { refusal } from "../../refusal.js";

describe.skipIf(!canMount)("a project on a read-only file system, as in containers", () => {
  const root = tmpfsForSuite(1);

  it("is loaded with its packages, those of a workspace too, and leaves no file", async () => {
    const files = {
      "node_modules/outer/index.mjs": "export const outer = 1;",
      "packages/app/node_modules/inner/index.mjs": "export const inner = 2;",
      "packages/app/own.ts": "export const own: number = 4;",
      "packages/app/shapeline.config.ts": `import { outer } from "outer/index.mjs";
        import { inner } from "inner/index.mjs";
        import { own } from "./own.js";
        if (own > 5) throw new RangeError("too many");
        export default { sum: outer + inner + own, file: import.meta.filename };`,
      "packages/app/throws.ts": `const x: number = 1;\nthrow new RangeError("no " + x);`,
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    expect(spawnSync("mount", ["-o", "remount,ro", root]).status).toBe(0);
    const settings = join(root, "packages/app/shapeline.config.ts");
    expect((await loadModule(settings, { root })).default).toEqual({ sum: 7, file: settings });
    expect(await refusal(loadModule(join(root, "packages/app/throws.ts"), { root }))).toBe(
      "SL2905 'packages/app/throws.ts' throws while it is loaded, at packages/app/throws.ts: RangeError: no 1",
    );
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("shapeline-run-"))).toEqual([]);

    vi.stubEnv("TMPDIR", root);
    expect(await refusal(loadModule(settings, { root }))).toBe(
      `SL2907 'packages/app/shapeline.config.ts' is run from a temporary file beside it, or in '${root}' where its folder is read-only, which cannot be written: the file system is read-only; make one of the folders writable, or set TMPDIR`,
    );
    vi.unstubAllEnvs();
  });
});
