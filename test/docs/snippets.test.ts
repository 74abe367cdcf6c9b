// Every snippet in TypeScript of the README and of docs/ is compiled. What a snippet uses without declaring it is in
// context.ts: a pipeline, its deployment, rows.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { pages, root, snippetsOf } from "./snippets.js";

const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript-7/package.json")), "bin", "tsc");

/**
 * Pages that are checked elsewhere or not at all: type-errors.md shows errors that are tests themselves, types.md shows
 * parts of functions, and models.md a generated file with its middle left out.
 */
const notCompiled = new Set(["docs/type-errors.md", "docs/types.md", "docs/models.md"]);

it("all compile", () => {
  const snippets = pages.filter((page) => !notCompiled.has(page)).flatMap(snippetsOf);
  // Below the package, whose entries it imports by name.
  const folder = mkdtempSync(join(root, "node_modules", ".docs-snippets-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["models.gen.ts", "fraud.pipeline.ts", "fraud.pipeline.json"])
    cpSync(join(root, "examples", "fraud", name), join(folder, name));
  cpSync(fileURLToPath(new URL("context.ts", import.meta.url)), join(folder, "context.ts"));
  mkdirSync(join(folder, "node_modules"));
  const models = readFileSync(join(folder, "models.gen.ts"), "utf8");
  writeFileSync(join(folder, "models.gen.ts"), `${models}export { decoder, encoder } from "./context.js";\n`);
  const places = snippets.map(({ place, text }) => {
    const file = `${place.replaceAll(/\W/g, "-")}.ts`;
    writeFileSync(join(folder, file), text);
    return [file, place] as const;
  });
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    resolveJsonModule: true,
    types: ["node"],
    lib: ["es2023", "dom"],
    allowUnusedLabels: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  let output = "";
  try {
    execFileSync(process.execPath, [tsc, "-p", "."], { cwd: folder, encoding: "utf8" });
  } catch (error) {
    output = (error as { readonly stdout: string }).stdout;
  }
  for (const [file, place] of places) output = output.replaceAll(file, place);
  expect(output).toBe("");
  expect(snippets.length).toBeGreaterThan(30);
});
