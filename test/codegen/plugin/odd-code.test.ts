// A program is the same with the plugin and without it, but for its lambdas: one process runs both and compares. Needs
// `npm run build`.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { beforeAll, expect, test } from "vitest";
import { resolveOptions } from "../../../codegen/plugin/options.js";
import { createTransform } from "../../../codegen/plugin/transform.js";
import { head, samples, typedSamples } from "./odd-code.js";

const transform = createTransform(resolveOptions({}, "shapeline/vite"));
const table = Array.from({ length: 25_000 }, (_, i) => `const v${i} = { a: ${i}, f: (x) => x + ${i} };`).join("\n");
const lambda = `pipeline("a").model(m).validate("v", (x) => x.out.v[0] < 1)`;
const all: Readonly<Record<string, { readonly code: string; readonly typed: boolean }>> = {
  ...Object.fromEntries(Object.entries(samples).map(([name, body]) => [name, { code: head + body, typed: false }])),
  ...Object.fromEntries(Object.entries(typedSamples).map(([name, body]) => [name, { code: head + body, typed: true }])),
  "1 MB of generated code": {
    code: `${head}${table}\nconst p = ${lambda}; export const result = [names(p), v24999.f(1)];`,
    typed: false,
  },
  "a byte order mark and a shebang": {
    code: `#!/usr/bin/env node\n${head}export const result = names(${lambda});`,
    typed: false,
  },
};
const variants: Readonly<Record<string, (code: string) => string>> = {
  "as written": (code) => code,
  CRLF: (code) => code.replaceAll("\n", "\r\n"),
  "byte order mark": (code) => `\uFEFF${code}`,
};
/** Each sample runs as it is written, and in one of the other forms. */
const variantsOf = (index: number) =>
  Object.entries(variants).filter(
    ([variant]) => variant === "as written" || (index % 2 === 0) === (variant === "CRLF"),
  );

/** What each module exports as `result`, in JSON, or how it fails. */
let results: Readonly<Record<string, string>> = {};
const grown = new Map<string, number>();

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "odd-code-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(fileURLToPath(new URL("../../..", import.meta.url)), join(folder, "node_modules", "shapeline"));
  const names: string[] = [];
  for (const [index, [name, { code, typed }]] of Object.entries(all).entries())
    for (const [variant, change] of variantsOf(index)) {
      if (code.length > 1e6 && variant !== "as written") continue;
      const text = change(code);
      const path = typed ? "/p/odd.tsx" : "/p/odd.js";
      const transformed = transform(text, path)?.code ?? text;
      grown.set(`${name}, ${variant}`, transformed.length - text.length);
      if (transformed.split("\n").length !== text.split("\n").length) throw new TypeError(`${name}: lines move`);
      for (const [kind, source] of [
        ["without", text],
        ["with", transformed],
      ] as const) {
        const js = typed ? transformSync(source, { loader: "tsx", target: "es2022", jsx: "transform" }).code : source;
        writeFileSync(join(folder, `${names.length}-${kind}.mjs`), js);
      }
      names.push(`${name}, ${variant}`);
    }
  writeFileSync(
    join(folder, "run.mjs"),
    `const out = [];
for (let i = 0; i < ${names.length}; i++)
  for (const kind of ["without", "with"])
    out.push(await import(\`./\${i}-\${kind}.mjs\`).then((m) => JSON.stringify(m.result), (e) => "fails: " + e.message));
console.log(JSON.stringify(out));
`,
  );
  const out = execFileSync(process.execPath, ["run.mjs"], { cwd: folder, encoding: "utf8", maxBuffer: 1e8 });
  const found = JSON.parse(out) as string[];
  results = Object.fromEntries(
    names.flatMap((name, i) => [
      [`${name}, without`, found[2 * i] ?? ""],
      [`${name}, with`, found[2 * i + 1] ?? ""],
    ]),
  );
}, 60_000);

test.each(Object.keys(all))("%s", (name) => {
  for (const variant of Object.keys(variants)) {
    const without = results[`${name}, ${variant}, without`];
    if (without === undefined) continue;
    expect(without, variant).not.toMatch(/^fails|^$/);
    expect(results[`${name}, ${variant}, with`], variant).toBe(without);
  }
});

test("there are 80 samples, and only lambdas of pipelines make a file longer", () => {
  expect(Object.keys(all).length).toBeGreaterThanOrEqual(80);
  expect(grown.get("1 MB of generated code, as written")).toBeLessThan(1_000);
  for (const name of ["other alert", "shadowed in a block"]) expect(grown.get(`${name}, as written`)).toBe(0);
});
