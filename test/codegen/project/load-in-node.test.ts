import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from "vitest";

// Vitest replaces `import()` by its own module loader. These tests need Node's, so they run in a child process.
const loader = fileURLToPath(new URL(`.load-${process.pid}.mjs`, import.meta.url));

beforeAll(() => {
  buildSync({
    stdin: {
      contents: `
        import { loadPipelines } from "../../../codegen/project/load-pipelines.js";
        const [root, ...entries] = process.argv.slice(2);
        const seconds = Number(process.env.SECONDS ?? 60);
        for (const entry of entries) {
          const result = await loadPipelines([entry], { root, seconds }).then(
            (all) => all.map((p) => p.exportName + " " + p.pipeline.name).join("\\n"),
            (e) => e.code + " " + e.message,
          );
          console.log(result);
        }`,
      resolveDir: fileURLToPath(new URL(".", import.meta.url)),
      loader: "ts",
    },
    outfile: loader,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
  });
});
afterAll(() => {
  rmSync(loader, { force: true });
});

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "shapeline-node-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function load(files: Readonly<Record<string, string>>, ...entries: string[]): string {
  return loadWithin(60, files, ...entries);
}

function loadWithin(seconds: number, files: Readonly<Record<string, string>>, ...entries: string[]): string {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const out = execFileSync(process.execPath, [loader, folder, ...entries], {
    encoding: "utf8",
    env: { ...process.env, SECONDS: String(seconds) },
    timeout: 20_000,
  });
  expect(readdirSync(folder).sort()).toEqual(Object.keys(files).sort());
  return out;
}

test("runs modules as Node does, and reports what they throw", () => {
  const files = {
    "meta.ts": `import { readFile } from "node:fs/promises";
      import { here } from "./here.js";
      const text: string = await readFile(new URL("./name.txt", import.meta.url), "utf8");
      export default { name: text + here, steps: [], deploy() {} };`,
    "here.ts":
      'import { basename } from "node:path";\nexport const here = basename(import.meta.filename) + (import.meta.dirname === import.meta.filename.slice(0, -8));',
    "name.txt": "text-",
    "stops.ts": '// A comment.\n\nimport { limit } from "./thrower.js";\nexport const c = limit;\n',
    "thrower.ts":
      "interface Unused { readonly a: number }\n\nexport const limit = (() => {\n  throw new RangeError('no limit is set');\n})();\n",
    "missing.ts": 'import { x } from "surely-not-installed";\nexport const c = x;\n',
  };
  expect(load(files, "meta.ts", "stops.ts", "missing.ts")).toMatchInlineSnapshot(`
    "default text-here.tstrue
    SL2905 'stops.ts' throws while it is loaded, at thrower.ts:4:9: RangeError: no limit is set
    SL2908 'missing.ts' imports a module that is not installed: Cannot find package 'surely-not-installed' imported from missing.ts
    "
  `);
});

test("leaves no temporary files if a module exits the process", () => {
  expect(load({ "a.pipeline.ts": "process.exit(0);\nexport const c = 1;\n" }, "a.pipeline.ts")).toMatch(/^SL2909 /);
});

test("terminates an endless loop, even one that catches errors, and loads the next files", () => {
  const files = {
    "loop.ts": "while (true);\n",
    "stubborn.ts": "export const a = (() => { for (;;) { try { for (;;); } catch {} finally { for (;;); } } })();\n",
    "later.ts": "await new Promise((done) => setTimeout(done, 50));\nlet n = 0;\nfor (;;) n += 1;\nexport {};\n",
    "fine.ts": "export default { name: 'fine', steps: [], deploy() {} };",
  };
  expect(loadWithin(0.3, files, "loop.ts", "stubborn.ts", "fine.ts", "later.ts")).toMatchInlineSnapshot(`
    "SL2910 'loop.ts' never finishes loading: it has run for 0.3 seconds without a pause and was stopped; look for an endless loop in it and in its imports
    SL2910 'stubborn.ts' never finishes loading: it has run for 0.3 seconds without a pause and was stopped; look for an endless loop in it and in its imports
    default fine
    SL2910 'later.ts' never finishes loading: it has run for 0.3 seconds without a pause and was stopped; look for an endless loop in it and in its imports
    "
  `);
});
