import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join } from "node:path";
import { bundlers } from "./bundle.mjs";

// The error that a lambda throws in a bundle leads to the author's line and column.

const withMaps = [
  "esbuild 0.28",
  "esbuild 0.27",
  "rollup 4, not minified",
  "webpack 5, terser",
  "webpack 5, not minified",
  "rspack 2, swc",
  "rspack 1, swc",
  "bun 1, minified",
];

async function checkMap(name, { app, out, options }) {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "package.json"), '{"type":"module"}');
  const entry = join(app, "src/main-thrown.ts");
  writeFileSync(entry, `import { stackOfLambda } from "./thrown.js";\nconsole.log(stackOfLambda());\n`);
  // Bundlers name the file after its entry.
  await bundlers[name]({ entry, root: app, out, options });
  const main = /^(esbuild|rollup|bun)/.test(name) ? "main-thrown.js" : "main.js";
  const stack = execFileSync(process.execPath, [join(out, main)], { encoding: "utf8" });
  const [, file, line, column] = /([\w.-]+\.js):(\d+):(\d+)/.exec(stack) ?? [];
  if (file === undefined) throw new Error(`no place in ${stack}`);
  const map = new SourceMap(JSON.parse(readFileSync(join(out, `${file}.map`), "utf8")));
  const { originalSource, originalLine, originalColumn } = map.findEntry(Number(line) - 1, Number(column) - 1);
  if (!originalSource?.endsWith("src/thrown.ts")) throw new Error(`leads to ${originalSource}: ${stack}`);
  const text = readFileSync(join(app, "src/thrown.ts"), "utf8").split("\n")[originalLine].slice(originalColumn);
  const at = `${file}:${line}:${column} is thrown.ts:${originalLine + 1}`;
  // Bun takes no source map from a plugin. The plugin keeps lines.
  if (name.startsWith("bun") && originalLine === 6) return `${at}, without the column`;
  // Which part of `x.out.parts[1]` throws is the bundler's choice.
  if (!/^(parts\[1\]|\[1\]|1\]) < 2/.test(text)) throw new Error(`leads to '${text}'`);
  return `${at}:${originalColumn + 1}`;
}

export const maps = withMaps.map((name) => ({ name: `source map, ${name}`, run: (job) => checkMap(name, job) }));
