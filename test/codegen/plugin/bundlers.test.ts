// One application bundled by esbuild, Rolldown and Vite.
import { SourceMap, type SourceMapPayload, type SourceMapping } from "node:module";
import { join, resolve } from "node:path";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { compileProject } from "shapeline/codegen";
import { app, bundlers, run } from "./bundlers.js";

let expected: Readonly<Record<string, string>> = {};
beforeAll(async () => {
  const { configs, problems } = await compileProject({ cwd: app });
  expect(problems).toEqual([]);
  expected = Object.fromEntries(configs.map(({ config, text }) => [config.name, text]));
  expect(Object.keys(expected)).toHaveLength(20);
});

describe.each(Object.entries(bundlers))("%s", (_, bundle) => {
  test.each([false, true])(
    "build() in the bundle gives the bytes of `shapeline compile`; minified: %s",
    async (minify) => {
      const { code, warnings } = await bundle(join(app, "src/configs.ts"), { minify });
      expect(warnings).toEqual([]);
      const { configs } = run(code) as { configs: () => Promise<Record<string, string>> };
      expect(await configs()).toEqual(expected);
    },
  );

  test.each([false, true])(
    "a stack trace from inside a lambda maps to the author's column; minified: %s",
    async (minify) => {
      const { code, map } = await bundle(join(app, "src/thrown.ts"), { minify });
      const { stackOfLambda } = run(code, "bundle.cjs") as { stackOfLambda: () => string };
      const [, line, column] = /bundle\.cjs:(\d+):(\d+)/.exec(stackOfLambda()) ?? [];
      const payload = JSON.parse(map) as SourceMapPayload;
      const wrapperColumns = line === "1" ? "(function (require, module, exports) {".length : 0;
      const entry = new SourceMap(payload).findEntry(Number(line) - 1, Number(column) - 1 - wrapperColumns);
      const { originalSource, originalLine, originalColumn } = entry as SourceMapping;
      const source = resolve(app, "dist", originalSource);
      expect(source).toBe(join(app, "src/thrown.ts"));
      const text = readFileSync(source, "utf8").split("\n")[originalLine] ?? "";
      expect(text.slice(originalColumn)).toMatch(/^(parts\[1\]|\[1\]|1\]) < 2/);
    },
  );
});
