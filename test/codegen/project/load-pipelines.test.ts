import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findPipelineFiles } from "../../../codegen/project/find-pipeline-files.js";
import { loadPipelines } from "../../../codegen/project/load-pipelines.js";
import { attachedKey, type AttachedLambda } from "../../../src/expression/surface/attachment.js";
import { compileExpression } from "../../../src/expression/compile.js";
import { refusal } from "../../refusal.js";

const root = fileURLToPath(new URL("../../fixtures/projects/limits", import.meta.url));
const project = join(root, "tsconfig.json");

const score = { name: "score", dtype: "float64", shape: ["batch", 1] } as const;
const scope = { inputs: [], outputs: [score], models: {} };

describe("a project of several files", () => {
  test("has its pipeline files found, including those of referenced projects", () => {
    expect(findPipelineFiles(project)).toEqual([join(root, "main.pipeline.ts"), join(root, "sub/plain.pipeline.mjs")]);
  });

  test("has its exported pipelines found by name, in lists and in records, each once", async () => {
    const loaded = await loadPipelines(["main.pipeline.ts", "sub/plain.pipeline.mjs"], { project, root });
    expect(
      loaded.map(({ file, exportName, pipeline }) => [file.slice(root.length + 1), exportName, pipeline.name]),
    ).toEqual([
      ["main.pipeline.ts", "byName.third", "third"],
      ["main.pipeline.ts", "constants", "base"],
      ["main.pipeline.ts", "list[1]", "first"],
      ["main.pipeline.ts", "list[2]", "second"],
      ["sub/plain.pipeline.mjs", "plain", "plain"],
    ]);
  });

  test("has the exact values of constants from other files, which compile", async () => {
    const [loaded] = (await loadPipelines(["main.pipeline.ts"], { project, root })).filter(
      (l) => l.exportName === "constants",
    );
    const lambdas = (loaded?.pipeline.steps ?? []).flatMap((step) =>
      step.kind === "validation" ? [(step.check as { readonly [attachedKey]?: AttachedLambda })[attachedKey]] : [],
    );
    const values = lambdas.map((l) =>
      Object.fromEntries(Object.entries(l?.constants ?? {}).map(([name, read]) => [name, read()])),
    );
    expect(values).toEqual([
      { LIMIT: 2, imported: 0.30000000000000004, CEILING: 0.30000000000000004, BIG: 9007199254740993n },
      {
        Limits: { upper: { warm: 3.6536061763763428 }, list: [1, 2.5], zero: -0 },
        all: expect.objectContaining({
          LIMIT: 0.30000000000000004,
          Limits: expect.objectContaining({ zero: -0 }) as unknown,
        }),
      },
      {
        Level: { 1: "low", 4: "high", low: 1, high: 4 },
        Kind: { plain: "p", fancy: "f" },
        defaults: { max: 1e-323 },
        numbers: { edge: 0.30000000000000004 },
        here: 32,
      },
    ]);
    lambdas.forEach((attached, i) => {
      if (attached === undefined || attached.lambda === null) expect.fail(JSON.stringify(attached?.diagnostics));
      expect(compileExpression(attached.lambda, scope, values[i] ?? {}, {})).toMatchObject({ ok: true });
    });
    expect(lambdas.map((l) => `${l?.location.file}:${l?.location.line}:${l?.location.column}`)).toEqual([
      "main.pipeline.ts:16:24",
      "main.pipeline.ts:17:24",
      "main.pipeline.ts:18:22",
    ]);
  });

  test("has no temporary files left after loading", () => {
    expect(readdirSync(root).filter((f) => f.includes("shapeline"))).toEqual([]);
  });
});

describe("files that do not load are reported with the reason", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "shapeline-load-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const failure = async (files: Readonly<Record<string, string>>, entry = "a.pipeline.ts") => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const text = await refusal(loadPipelines([entry], { root: folder }));
    // No temporary files are left.
    expect(readdirSync(folder).sort()).toEqual(Object.keys(files).sort());
    return text;
  };

  test("a missing file", async () => {
    expect(await failure({})).toMatchInlineSnapshot(`"SL2903 there is no file 'a.pipeline.ts'"`);
  });

  test("a syntax error, with its place", async () => {
    expect(await failure({ "a.pipeline.ts": "export const a = 1;\nexport const = 2;\n" })).toMatchInlineSnapshot(`
      "SL2904 'a.pipeline.ts' cannot be bundled:
        a.pipeline.ts:2:14: Expected identifier but found "=""
    `);
  });

  test("imports of missing files", async () => {
    expect(
      await failure({
        "a.pipeline.ts": 'import { a } from "./nowhere.js";\nimport b from "./b.js";\nexport const c = a + b;\n',
      }),
    ).toMatchInlineSnapshot(`
      "SL2904 'a.pipeline.ts' cannot be bundled:
        a.pipeline.ts:1:19: Could not resolve "./nowhere.js"
        a.pipeline.ts:2:15: Could not resolve "./b.js""
    `);
  });

  test("an import of a name that the other file does not export", async () => {
    expect(
      await failure({
        "a.pipeline.ts": 'import { nope } from "./b.js";\nexport const c = nope;\n',
        "b.ts": "export const a = 1;",
      }),
    ).toMatchInlineSnapshot(`
      "SL2904 'a.pipeline.ts' cannot be bundled:
        a.pipeline.ts:1:10: No matching export in "b.ts" for import "nope""
    `);
  });

  test("a module that throws", async () => {
    const files = {
      "a.pipeline.ts": '// A comment.\n\nimport { limit } from "./b.js";\nexport const c = limit;\n',
      "b.ts":
        "interface Unused { readonly a: number }\n\nexport const limit = (() => {\n  throw new RangeError('no limit is set');\n})();\n",
    };
    expect(await failure(files)).toMatchInlineSnapshot(
      `"SL2905 'a.pipeline.ts' throws while it is loaded, at a.pipeline.ts: RangeError: no limit is set"`,
    );
    expect(
      await failure({ "a.pipeline.ts": "await Promise.reject('just text');\nexport const c = 1;", "b.ts": "" }),
    ).toMatchInlineSnapshot(`"SL2905 'a.pipeline.ts' throws while it is loaded, at a.pipeline.ts: thrown: just text"`);
  });

  test("a module without a pipeline", async () => {
    expect(
      await failure({ "a.pipeline.ts": "export const a = { name: 'a', steps: [] };\nexport default null;\n" }),
    ).toMatchInlineSnapshot(
      `"SL2906 'a.pipeline.ts' exports no pipeline: write \`export const fraud = pipeline("fraud")…\`"`,
    );
  });
});

describe("projects that cannot be read", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "shapeline-find-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const find = () => findPipelineFiles(join(folder, "tsconfig.json"));
  const failure = (tsconfig: string) => {
    writeFileSync(join(folder, "tsconfig.json"), tsconfig);
    return refusal(find, [folder, "<folder>"]);
  };

  test("no tsconfig, a broken one, one without pipelines", async () => {
    const failures = [
      await refusal(find, [folder, "<folder>"]),
      await failure("{ nonsense"),
      await failure('{ "compilerOptions": { "target": "es1" } }'),
      await failure('{ "extends": "./nowhere.json" }'),
      await failure("{}"),
    ];
    expect(failures.join("\n")).toMatchInlineSnapshot(`
      "SL2901 '<folder>' holds neither a tsconfig.json nor a file named *.pipeline.ts or *.pipeline.js; pass the files on the command line, or the tsconfig with --project
      SL2902 the tsconfig '<folder>/tsconfig.json' cannot be read: '}' expected.
      SL2902 the tsconfig '<folder>/tsconfig.json' cannot be read: Argument for '--target' option must be: 'es6', 'es2015', 'es2016', 'es2017', 'es2018', 'es2019', 'es2020', 'es2021', 'es2022', 'es2023', 'es2024', 'es2025', 'esnext'.
      SL2902 the tsconfig '<folder>/tsconfig.json' cannot be read: Cannot read file '<folder>/nowhere.json'.
      SL2901 '<folder>/tsconfig.json' includes no pipeline file: name the files that export pipelines *.pipeline.ts (or .js, with allowJs), or pass the files on the command line"
    `);
  });

  test("a declaration file is not a pipeline file", async () => {
    writeFileSync(join(folder, "a.pipeline.d.ts"), "export {};");
    expect(await failure("{}")).toMatch(/^SL2901/);
    writeFileSync(join(folder, "a.pipeline.mts"), "export {};");
    expect(find()).toEqual([join(folder, "a.pipeline.mts")]);
  });
});
