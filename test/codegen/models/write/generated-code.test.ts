import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";
import tseslint from "typescript-eslint";
import { beforeAll, describe, expect, test } from "vitest";
import { readSignature } from "../../../../codegen/models/read-signature.js";
import { usablePorts, type ModelSignature, type Port } from "../../../../codegen/models/signature.js";
import { renderModels, renderSplit } from "../../../../codegen/models/write/render-models.js";
import { compilers, slowSuiteCompilers } from "../../../../type-tests/compilers.js";
import { recordings } from "../../../recordings.js";
import { slow } from "../../../slow.js";
import { folder } from "../workspace.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const nasty = [
  "*/",
  "*/ export const evil = 1; /*",
  "\n",
  "\r\n",
  "`",
  "${evil}",
  '"',
  "'",
  "\\",
  "\u2028",
  "\u2029",
  "\0",
  "\u202e",
  "\ud800",
  "__proto__",
  "constructor",
  "",
  "@deprecated",
  "{@link evil}",
  "// @ts-nocheck",
  "/* eslint-disable */",
  "<script>",
  "0",
  "a b",
  "模型",
  "\u200bx",
  "\ufeffx",
];

const signature = (over: Partial<ModelSignature>): ModelSignature => ({
  name: "m",
  sha256: "0".repeat(64),
  opset: { "": 17 },
  irVersion: 8,
  producer: "",
  doc: "",
  metadata: {},
  inputs: [{ name: "x", dtype: "float32", shape: ["batch", 3] }],
  outputs: [{ name: "y", dtype: "float32", shape: ["batch", 1] }],
  ...over,
});

async function realModels(): Promise<ModelSignature[]> {
  const folders = ["examples/fraud/models", "examples/breast-cancer/models", "test/fixtures/models/corpus"].map(
    (path) => join(root, path),
  );
  if (recordings !== null) folders.push(join(recordings, "models"));
  const files = folders.flatMap((path) =>
    readdirSync(path)
      .filter((name) => name.endsWith(".onnx"))
      .map((name) => join(path, name)),
  );
  const read = await Promise.all(files.map(readSignature));
  return read.filter(({ inputs, outputs }) => usablePorts(inputs).length > 0 && usablePorts(outputs).length > 0);
}

function nastyModels(): ModelSignature[] {
  const ports = nasty.map((name): Port => ({ name, dtype: "float32", shape: ["batch", 2, null, "\u2028*/`"] }));
  const metadata = Object.fromEntries(nasty.map((text) => [text, text]));
  return [
    signature({
      name: "nasty",
      file: "*/`@x.onnx",
      doc: nasty.join(" "),
      metadata,
      version: nasty.join(""),
      producer: "*/",
      labels: { y: nasty },
      inputs: ports,
      outputs: [...ports, { name: "any", dtype: "int64", shape: null }],
    }),
    signature({ name: "default", file: "default.onnx" }),
    signature({ name: "scalar", file: "scalar.onnx", outputs: [{ name: "y", dtype: "bool", shape: [] }] }),
    ...nasty.map((text, i) =>
      signature({ name: `nasty-${i}`, file: `${text}.onnx`, doc: text, metadata: { [text]: text } }),
    ),
  ];
}

function thousandModels(): ModelSignature[] {
  return Array.from({ length: 1000 }, (_, i) =>
    signature({
      name: `many-${i}`,
      file: `many_${i}.onnx`,
      inputs: [{ name: `x${i}`, dtype: "float32", shape: ["batch", (i % 50) + 1] }],
    }),
  );
}

/** The options of @tsconfig/strictest, and those for isolated builds. */
const strictest = {
  strict: true,
  allowUnusedLabels: false,
  allowUnreachableCode: false,
  exactOptionalPropertyTypes: true,
  noFallthroughCasesInSwitch: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  isolatedModules: true,
  isolatedDeclarations: true,
  declaration: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  skipLibCheck: false,
};

const work = join(folder, "accepted");

beforeAll(async () => {
  mkdirSync(join(work, "split"), { recursive: true });
  writeFileSync(join(work, "package.json"), '{ "type": "module" }');
  // The built package, as users import it.
  const paths = { shapeline: [join(root, "dist/src/index.d.ts")] };
  writeFileSync(
    join(work, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        ...strictest,
        target: "es2022",
        lib: ["es2023"],
        module: "esnext",
        moduleResolution: "bundler",
        paths,
        noEmit: true,
        types: ["node"],
        typeRoots: [join(root, "node_modules/@types")],
      },
      include: ["."],
    }),
  );
  const few = [...(await realModels()), ...nastyModels()].map((model, i) => ({
    ...model,
    name: `${model.name.slice(0, 50)}-${i}`,
  }));
  writeFileSync(join(work, "models.gen.ts"), renderModels(few));
  const { index, files } = renderSplit(few, "split");
  writeFileSync(join(work, "split.gen.ts"), index);
  for (const { name, text } of files) writeFileSync(join(work, "split", `${name}.ts`), text);
  writeFileSync(join(work, "thousand.gen.ts"), renderModels(thousandModels()));
});

describe("generated code compiles", () => {
  test.each(slowSuiteCompilers.map((version) => compilers[version]))(
    "with the strictest options of %s: real models, hostile text, and a thousand models",
    { tags: ["slow"] },
    (compiler) => {
      const { stdout, status } = spawnSync(
        process.execPath,
        [join(root, "node_modules", compiler, "bin/tsc"), "-p", work, "--pretty", "false"],
        { cwd: work, encoding: "utf8" },
      );
      expect(stdout).toBe("");
      expect(status).toBe(0);
    },
  );

  test.runIf(slow)("with the strictest rules of typescript-eslint", { tags: ["slow"] }, async () => {
    const eslint = new ESLint({
      cwd: work,
      overrideConfigFile: true,
      overrideConfig: tseslint.config(...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked, {
        linterOptions: { reportUnusedDisableDirectives: "error" },
        languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: work } },
        rules: {
          "@typescript-eslint/consistent-type-imports": "error",
          "@typescript-eslint/consistent-type-exports": "error",
          eqeqeq: "error",
          "no-irregular-whitespace": "error",
        },
      }) as ESLint.Options["overrideConfig"] & object,
    });
    const results = await eslint.lintFiles(["models.gen.ts", "split.gen.ts"]);
    expect(results.map(({ filePath }) => filePath)).toHaveLength(2);
    expect(
      results.flatMap(({ messages }) => messages.map(({ line, ruleId, message }) => `${line} ${ruleId}: ${message}`)),
    ).toEqual([]);
  });
});
