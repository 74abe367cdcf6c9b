// Packages are built by their authors: the plugin leaves their files alone. esbuild applies the filter in Go, whose
// regular expressions have no lookahead, so that names like `node_module` are worth a test. Needs `npm run build`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { rolldown } from "rolldown";
import { afterAll, expect, test } from "vitest";
import esbuildPlugin from "shapeline/esbuild";
import rolldownPlugin from "shapeline/rolldown";

const root = mkdtempSync(join(tmpdir(), "packages-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const own = [
  "src/a.ts",
  "node_module/b.ts",
  "node_modules2/c.ts",
  "xnode_modules/d.ts",
  "n/e.ts",
  "node/modules/f.ts",
  "node_modules.ts",
];
const packages = ["node_modules/p/g.ts", "src/node_modules/p/h.ts", "node_modules/@scope/p/node_modules/q/i.mjs"];

for (const [i, file] of [...own, ...packages].entries()) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(
    join(root, file),
    `import { pipeline } from "shapeline";\nexport const p${i} = pipeline("p").model(m).validate("v", (x) => x.out.marker${i} < 1);\n`,
  );
}
const entry = join(root, "main.ts");
writeFileSync(entry, [...own, ...packages].map((file, i) => `export { p${i} } from "./${file}";`).join("\n"));

/** The files whose lambdas have a tree: it names the port once more. */
const compiled = (code: string): string[] =>
  [...own, ...packages].filter((_, i) => code.split(new RegExp(`\\bmarker${i}\\b`)).length > 2);

test("esbuild: every file but those below a folder node_modules", async () => {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    external: ["shapeline"],
    write: false,
    logLevel: "silent",
    plugins: [esbuildPlugin({ root })],
  });
  expect(compiled(outputFiles[0]?.text ?? "")).toEqual(own);
});

test("Rolldown: the same files", async () => {
  const bundle = await rolldown({
    input: entry,
    external: ["shapeline"],
    logLevel: "silent",
    plugins: [rolldownPlugin({ root })],
  });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  expect(compiled(output[0].code)).toEqual(own);
});
