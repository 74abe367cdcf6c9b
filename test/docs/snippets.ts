// The TypeScript snippets of the README and of docs/, with the imports that they leave out.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export interface Snippet {
  /** The page and the snippet's line in it. */
  readonly place: string;
  readonly text: string;
  /** Whether the page marks it as `ts run`. */
  readonly runs: boolean;
}

/** The README and the pages of docs/. */
export const pages: readonly string[] = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

export function snippetsOf(page: string): readonly Snippet[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```ts( run)?\n([\s\S]*?)^```/gm)].map((match) => ({
    place: `${page.replace("docs/", "")}:${text.slice(0, match.index).split("\n").length}`,
    text: completed(match[2] ?? ""),
    runs: match[1] !== undefined,
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
