// The loader for bundlers without plugins, called as webpack's loader runner calls it.
import { SourceMap, type SourceMapPayload, type SourceMapping } from "node:module";
import { resolve } from "node:path";
import MagicString from "magic-string";
import { expect, test } from "vitest";
import { plugin } from "../../../codegen/plugin/unplugin.js";
import loader, { type LoaderContext, type PluginOptions } from "shapeline/loader";

const file = resolve("src/a.ts");
const code = `import { pipeline } from "shapeline";
export const p = pipeline("p").model(m).validate("ok", (x) => x.out.y < 1);
`;

interface Loaded {
  readonly error: Error | null;
  readonly code: string;
  readonly map: SourceMapPayload | undefined;
  readonly warnings: readonly string[];
}

function load(text: string, options: PluginOptions = {}, inputMap?: string): Promise<Loaded> {
  const warnings: string[] = [];
  return new Promise((done) => {
    const context: LoaderContext = {
      resourcePath: file,
      getOptions: () => options,
      async: () => (error, result, map) =>
        done({ error, code: result ?? "", map: map as SourceMapPayload | undefined, warnings }),
      emitWarning: ({ message }) => warnings.push(message),
    };
    loader.call(context, text, inputMap);
  });
}

test("attaches trees and gives a source map", async () => {
  const { error, code: out, map } = await load(code);
  expect(error).toBeNull();
  expect(out).toContain('/* @__PURE__ */ Object.assign((x) => x.out.y < 1, { [Symbol.for("shapeline.lambda")]');
  expect(map?.sources).toEqual([file]);
});

test("a file without a pipeline passes unchanged, with the map of the loader before", async () => {
  expect(await load("export const a = 1;\n", {}, '{"version":3}')).toMatchObject({
    code: "export const a = 1;\n",
    map: '{"version":3}',
  });
});

test("the source map leads through that of the loader before", async () => {
  const before = new MagicString(`// removed by a loader\n${code}`).remove(0, 23);
  const { code: out, map } = await load(
    before.toString(),
    {},
    before.generateMap({ source: "src/a.ts", hires: true }).toString(),
  );
  const column = out.split("\n")[1]?.indexOf("y < 1") ?? -1;
  const found = new SourceMap(map as SourceMapPayload).findEntry(1, column) as SourceMapping;
  expect([found.originalSource, found.originalLine, found.originalColumn]).toEqual(["src/a.ts", 2, 68]);
});

test("all problems of a file are one error, or warnings", async () => {
  const broken = code
    .replace("x.out.y < 1", "x.out.y == 1")
    .replace(";\n", `;\nexport const q = pipeline("q").model(m).validate("no", async (x) => true);\n`);
  const codes = (text: string) => text.match(/SL\d+:/g);
  const { error } = await load(broken);
  expect(codes(error?.message ?? "")).toEqual(["SL1002:", "SL1013:"]);
  const { warnings, code: out } = await load(broken, { failOnError: false });
  expect(warnings.map((text) => codes(text)?.[0])).toEqual(["SL1002:", "SL1013:"]);
  expect(out).toContain("Object.assign");
});

test("an unknown option is refused", async () => {
  expect((await load(code, { minify: true } as PluginOptions)).error?.message).toBe(
    "shapeline/loader has no option 'minify'; leave it out, or give one of its options: modules, helpers, failOnError, readAtRunTime, root",
  );
});

// webpack and Rspack pass a map on as it is, and the loader of Next.js takes a text for an object (`next dev` failed).
test.each(["webpack", "rspack"] as const)("the plugin for %s gives its source map as an object", async (framework) => {
  const { transform } = plugin.raw({}, { framework }) as {
    readonly transform: { handler(code: string, id: string): Promise<{ readonly map: unknown }> };
  };
  expect(await transform.handler(code, file)).toMatchObject({ map: { version: 3, sources: [file] } });
});
