// Every snippet in TypeScript of the README and of docs/ is compiled. What a snippet uses without declaring it is in
// context.ts: a pipeline, its deployment, rows.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript-7/package.json")), "bin", "tsc");

/**
 * Pages that are checked elsewhere or not at all: type-errors.md shows errors that are tests themselves, types.md shows
 * parts of functions, and models.md a generated file with its middle left out.
 */
const notCompiled = new Set(["type-errors.md", "types.md", "models.md"]);

interface Snippet {
  /** The page and the snippet's line in it. */
  readonly place: string;
  readonly text: string;
}

function snippetsOf(page: string): readonly Snippet[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => ({
    place: `${page.replace("docs/", "")}:${text.slice(0, match.index).split("\n").length}`,
    text: completed(match[1] ?? ""),
  }));
}

/** Where the names come from that snippets use without importing them: the page has them in its text or above. */
const sources: Readonly<Record<string, readonly string[]>> = {
  shapeline: ["pipeline", "tensor", "constant", "defineModel", "build"],
  "shapeline/local": ["local"],
  "shapeline/wallaroo": ["runnableDefinition"],
  "node:fs/promises": ["writeFile"],
  "./fraud.pipeline.js": ["fraud"],
  "./models.gen.js": ["c1", "c2"],
  "./context.js": [
    ...["sha256", "ccfraud", "ccfraudXgb", "ccfraudRf", "control", "challenger", "scorer", "other", "bert", "pool"],
    ...["live", "pixels", "rows", "arrowTable", "text", "token", "signal", "signatures", "definition", "uploaded"],
  ],
};

/** The imports that a snippet leaves out, in one line before it. */
function missingImports(code: string): string {
  const withoutComments = code.replaceAll(/(^|\s)\/\/.*$/gm, "");
  const isDeclared = (name: string): boolean =>
    new RegExp(`(const|let|import) [^=;(]*\\b${name}\\b[^=;]*(=|from)`).test(withoutComments);
  const isUsed = (name: string): boolean => new RegExp(`(?<![.\\w"-])${name}\\b(?! ?[:?])`).test(withoutComments);
  return Object.entries(sources)
    .map(([from, names]) => [from, names.filter((name) => isUsed(name) && !isDeclared(name))] as const)
    .filter(([, names]) => names.length > 0)
    .map(([from, names]) => `import { ${names.join(", ")} } from "${from}"; `)
    .join("");
}

/** With what a snippet leaves out. */
function completed(text: string): string {
  const code = text
    .replace(/\[0, 3, 16, …\]/g, "new Float32Array(64)")
    .replace(/\) …$/gm, ") {}");
  return `${missingImports(code)}${code}\nexport {};\n`;
}

it("all compile", () => {
  const pages = ["README.md", ...readdirSync(join(root, "docs")).filter((name) => !notCompiled.has(name)).map((name) => `docs/${name}`)];
  const snippets = pages.filter((page) => page.endsWith(".md")).flatMap(snippetsOf);
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
