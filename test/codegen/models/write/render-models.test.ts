import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { ts } from "ts-morph";
import { describe, expect, test } from "vitest";
import { modelName } from "../../../../codegen/models/model-name.js";
import { readSignature } from "../../../../codegen/models/read-signature.js";
import type { ModelSignature, Port } from "../../../../codegen/models/signature.js";
import { renderModels } from "../../../../codegen/models/write/render-models.js";
import { generatedModel, type Model } from "../../../../dsl/model.js";

const signature = (over: Partial<ModelSignature>): ModelSignature => ({
  name: "m",
  sha256: "0".repeat(64),
  inputs: [{ name: "x", dtype: "float32", shape: ["batch", 3] }],
  outputs: [{ name: "y", dtype: "float32", shape: ["batch", 1] }],
  opset: { "": 17 },
  irVersion: 8,
  producer: "",
  doc: "",
  metadata: {},
  ...over,
});

/** Runs a generated file and returns its exports. */
function run(text: string): Record<string, unknown> {
  const { outputText, diagnostics } = ts.transpileModule(text, {
    reportDiagnostics: true,
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([]);
  const exports: Record<string, unknown> = {};
  runInNewContext(outputText, { exports, require: () => ({ generatedModel }) });
  return exports;
}

describe("the generated file", () => {
  test("for a real model", async () => {
    const file = fileURLToPath(
      new URL("../../../../examples/breast-cancer/models/random-forest.onnx", import.meta.url),
    );
    const model = { ...(await readSignature(file)), sha256: "3c".repeat(32) };
    expect(renderModels([model])).toMatchInlineSnapshot(`
      "// Written by \`shapeline generate\` from the model files. Do not edit; run the command again.
      import { generatedModel, type Model, type Tensor } from "shapeline";

      export interface RandomForest extends Model<"random-forest", object, object, "features"> {
        readonly inputs: { features: Tensor<"float32", readonly ["batch", 30]> };
        readonly outputs: { probabilities: Tensor<"float32", readonly ["batch", 2]> };
      }

      /**
       * random-forest.onnx, by shapeline-examples, opset 17, ai.onnx.ml 3
       * - input features: float32[batch, 30]
       * - output probabilities: float32[batch, 2]
       * - labels of probabilities: 0, 1
       * sha256 3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c
       */
      export const randomForest: RandomForest = generatedModel({
        name: "random-forest",
        version: "1",
        sha256: "3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c",
        inputs: { features: { dtype: "float32", shape: ["batch", 30] } },
        outputs: { probabilities: { dtype: "float32", shape: ["batch", 2] } },
      });
      "
    `);
  });

  test("sorts models by name", () => {
    const models = ["b", "a", "c"].map((name) => signature({ name, file: `${name}.onnx` }));
    const text = renderModels(models);
    expect([...text.matchAll(/^export const (\w+)/gm)].map(([, handle]) => handle)).toEqual(["a", "b", "c"]);
    expect(renderModels([...models].reverse())).toBe(text);
  });

  test("for several ports, an unknown rank, an unknown dimension and an unsupported port", () => {
    const outputs: Port[] = [
      { name: "label", dtype: "int64", shape: ["batch"] },
      { name: "any", dtype: "float64", shape: null },
      { name: "0 odd", dtype: "string", shape: ["batch", null, "N"] },
      { name: "z", dtype: "seq(tensor(float))", shape: null, unsupported: "a sequence: export a tensor" },
    ];
    expect(renderModels([signature({ outputs, doc: "First line.\nSecond line." })], "../src/index.js"))
      .toMatchInlineSnapshot(`
        "// Written by \`shapeline generate\` from the model files. Do not edit; run the command again.
        import { generatedModel, type Model, type Tensor } from "../src/index.js";

        export interface M extends Model<"m", object, object, "x"> {
          readonly inputs: { x: Tensor<"float32", readonly ["batch", 3]> };
          readonly outputs: {
            label: Tensor<"int64", readonly ["batch"]>;
            any: Tensor<"float64">;
            "0 odd": Tensor<"string", readonly ["batch", null, "N"]>;
          };
        }

        /**
         * m, opset 17
         * First line. Second line.
         * - input x: float32[batch, 3]
         * - output label: int64[batch]
         * - output any: float64[...]
         * - output 0 odd: string[batch, ?, N]
         * - output z, left out: a sequence: export a tensor
         * sha256 0000000000000000000000000000000000000000000000000000000000000000
         */
        export const m: M = generatedModel({
          name: "m",
          version: "1",
          sha256: "0000000000000000000000000000000000000000000000000000000000000000",
          inputs: { x: { dtype: "float32", shape: ["batch", 3] } },
          outputs: {
            label: { dtype: "int64", shape: ["batch"] },
            any: { dtype: "float64", shape: null },
            "0 odd": { dtype: "string", shape: ["batch", null, "N"] },
          },
        });
        "
      `);
  });

  test("refuses a model without a usable input or output, with the reason for each port", () => {
    const odd: Port = {
      name: "z",
      dtype: "seq(tensor(float))",
      shape: null,
      unsupported: "a sequence: export a tensor",
    };
    expect(() => renderModels([signature({ outputs: [odd], file: "m.onnx" })])).toThrowErrorMatchingInlineSnapshot(
      `[ModelError: model 'm' (m.onnx) has no output that a pipeline can use: 'z' is a sequence: export a tensor]`,
    );
    expect(() => renderModels([signature({ inputs: [], file: "m.onnx" })])).toThrowErrorMatchingInlineSnapshot(
      `[ModelError: model 'm' (m.onnx) has no input that a pipeline can use: the file lists no inputs; export the model with at least one]`,
    );
  });
});

/** The model name and the tensors of both sides in a generated interface. */
function typesOf(declared: ts.InterfaceDeclaration): readonly [string, { inputs: unknown; outputs: unknown }] {
  const literal = (node: ts.Node | undefined): string | number | null => {
    if (node === undefined || !ts.isLiteralTypeNode(node)) throw new TypeError("no literal");
    if (ts.isStringLiteral(node.literal)) return node.literal.text;
    return ts.isNumericLiteral(node.literal) ? Number(node.literal.text) : null;
  };
  const tensor = (node: ts.TypeNode | undefined) => {
    const [dtype, shape] = node !== undefined && ts.isTypeReferenceNode(node) ? (node.typeArguments ?? []) : [];
    const dims =
      shape !== undefined && ts.isTypeOperatorNode(shape) && ts.isTupleTypeNode(shape.type)
        ? shape.type.elements.map(literal)
        : null;
    return { dtype: literal(dtype), shape: dims };
  };
  const members = (node: ts.TypeNode | undefined) =>
    node !== undefined && ts.isTypeLiteralNode(node) ? [...node.members].filter(ts.isPropertySignature) : [];
  const [inputs, outputs] = declared.members.map(
    (side) =>
      new Map(
        members(ts.isPropertySignature(side) ? side.type : undefined).map(({ name, type }) => [
          (name as ts.StringLiteral).text,
          tensor(type),
        ]),
      ),
  );
  return [String(literal(declared.heritageClauses?.[0]?.types[0]?.typeArguments?.[0])), { inputs, outputs }];
}

describe("hostile text", () => {
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
    " @deprecated x",
    "{@link evil}",
    "// @ts-nocheck",
    "*/\u2028/*",
    "<script>",
    "0",
    "a b",
    "模型",
  ];
  const text = fc.oneof(
    fc.constantFrom(...nasty),
    fc.string({ unit: "binary" }),
    fc.array(fc.constantFrom(...nasty)).map((parts) => parts.join("")),
  );
  const dim = fc.oneof(
    fc.nat(),
    fc.constant(null),
    text.filter((symbol) => symbol !== ""),
  );
  const tensor = fc.record({
    dtype: fc.constantFrom("float32" as const, "string" as const),
    shape: fc.option(fc.array(dim, { maxLength: 4 })),
  });
  const ports = fc
    .uniqueArray(fc.tuple(text, tensor), { minLength: 1, maxLength: 4, selector: ([name]) => name })
    .map((all) => all.map(([name, rest]): Port => ({ name, ...rest })));
  const odd = text.map((name): Port => ({ name, dtype: name, shape: null, unsupported: name }));
  const model = fc
    .record({
      file: text,
      doc: text,
      producer: text,
      domain: text,
      inputs: ports,
      outputs: ports,
      odd,
      version: text.filter((version) => version !== ""),
      labels: fc.dictionary(text, fc.array(text)),
      metadata: fc.dictionary(text, text, { maxKeys: 20 }),
    })
    .map(({ domain, odd: extra, outputs, ...rest }) =>
      signature({ ...rest, name: modelName(rest.file), outputs: [...outputs, extra], opset: { [domain]: 1 } }),
    );
  const byName = (all: readonly Port[]): Map<string, unknown> =>
    new Map(
      all.filter((port) => port.unsupported === undefined).map(({ name, dtype, shape }) => [name, { dtype, shape }]),
    );

  test("stays inside its comment or string, and evaluates to the original text", () => {
    fc.assert(
      fc.property(fc.uniqueArray(model, { maxLength: 3, selector: ({ name }) => name }), text, (models, importFrom) => {
        const written = renderModels(models, importFrom);
        const source = ts.createSourceFile("models.gen.ts", written, ts.ScriptTarget.ES2022, true);
        // Only one import and an interface and a constant per model; no comment contains a tag.
        expect(source.statements).toHaveLength(1 + 2 * models.length);
        for (const statement of source.statements) expect(ts.getJSDocTags(statement)).toEqual([]);
        const [importing] = source.statements;
        if (
          importing === undefined ||
          !ts.isImportDeclaration(importing) ||
          !ts.isStringLiteral(importing.moduleSpecifier)
        )
          throw new TypeError("no import");
        expect(importing.moduleSpecifier.text).toBe(importFrom);

        const types = new Map(source.statements.filter(ts.isInterfaceDeclaration).map(typesOf));
        const handles = Object.values(run(written)) as Model[];
        const back = new Map(handles.map((handle) => [handle.name, handle]));
        for (const { name, version, sha256, inputs, outputs } of models) {
          const handle = back.get(name);
          expect(handle).toMatchObject({ name, version, sha256 });
          expect(new Map(Object.entries(handle?.inputs ?? {}))).toEqual(byName(inputs));
          expect(new Map(Object.entries(handle?.outputs ?? {}))).toEqual(byName(outputs));
          expect(types.get(name)).toEqual({ inputs: byName(inputs), outputs: byName(outputs) });
        }
      }),
      { numRuns: 100 },
    );
  });
});
