import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { generateModels } from "../../../../codegen/models/generate.js";
import { readSignature } from "../../../../codegen/models/read-signature.js";
import { formatTensor } from "../../../../src/config/format-tensor.js";
import type { Port } from "../../../../codegen/models/signature.js";
import { refusal } from "../../../refusal.js";
import { folder, put } from "../workspace.js";

/** Recorded from mlflow's own classes by test/corpus/make_mlflow.py. */
type ExpectedPort = { readonly name: string | null } & (
  { readonly column: string } | { readonly tensor: string; readonly shape: readonly number[] }
);
type Expected = Readonly<
  Record<string, { readonly inputs: readonly ExpectedPort[]; readonly outputs: readonly ExpectedPort[] | null } | null>
>;

const corpus = fileURLToPath(new URL("../../../fixtures/models/mlflow/", import.meta.url));
const versions = readdirSync(corpus);
const cases = versions.flatMap((version) => {
  const expected = JSON.parse(readFileSync(join(corpus, version, "expected.json"), "utf8")) as Expected;
  return Object.entries(expected).map(([name, expected]) => ({
    version,
    name,
    expected,
    file: join(corpus, version, name, "MLmodel"),
  }));
});

const putModel = (name: string, text: string): string => put(`${name}/MLmodel`, text);

const refusalOf = (file: string): Promise<string> => refusal(readSignature(file), [folder, ""], [corpus, ""]);

test("the corpus covers four versions of mlflow, from 1 to 3", () => {
  expect(versions.map((version) => version.split(".")[0])).toEqual(["1", "1", "2", "3"]);
  expect(cases).toHaveLength(51);
});

/** Supported mlflow types, written independently of the reader. */
const types: Readonly<Record<string, string>> = {
  boolean: "bool",
  integer: "int32",
  long: "int64",
  float: "float32",
  double: "float64",
  string: "string",
  "<U0": "string",
};
const unusable = /^(binary|datetime|object|complex64|any|Any|\{.*|Map.*)$/;

function expectedPort(spec: ExpectedPort, fallbackName: string, whole: boolean): string {
  const name = spec.name ?? fallbackName;
  const type = "tensor" in spec ? spec.tensor : spec.column;
  const inner = type.replace(/^(Array\()*|\)*$/g, "");
  if (unusable.test(inner)) return `${name} left out`;
  const lists = (type.match(/Array\(/g) ?? []).map(() => "?");
  const dims =
    "tensor" in spec
      ? spec.shape.map((size, axis) => (size >= 0 ? size : axis === 0 && !whole ? "batch" : "?"))
      : ["batch", ...lists];
  return `${name} ${types[inner] ?? type}[${dims.join(", ")}]`;
}

const portText = (port: Port): string =>
  port.unsupported === undefined ? `${port.name} ${formatTensor(port)}` : `${port.name} left out`;

test.each(cases)(
  "mlflow $version, $name: reads the same signature as mlflow",
  async ({ version, name, expected, file }) => {
    if (expected === null) {
      expect(await refusalOf(file)).toBe(
        `SL3054 '${version}/${name}/MLmodel' does not describe a model: it has no signature; log the model with one, such as signature=infer_signature(x, y)`,
      );
      return;
    }
    const signature = await readSignature(file);
    // An output that does not begin with -1 has no rows.
    const whole = (expected.outputs ?? []).some((spec) => "tensor" in spec && spec.shape[0] !== -1);
    // The corpus has one optional input, the column 'b' of this case.
    const isOptional = (spec: ExpectedPort) => name === "optional_column" && spec.name === "b";
    expect(signature.inputs.map(portText)).toEqual(
      expected.inputs.map((spec) => (isOptional(spec) ? "b left out" : expectedPort(spec, "input", whole))),
    );
    expect(signature.outputs.map(portText)).toEqual(
      (expected.outputs ?? []).map((spec) => expectedPort(spec, "output", whole)),
    );
    expect(signature).toMatchObject({
      name: name.replaceAll("_", "-"),
      producer: version.startsWith("1.13") ? "mlflow" : `mlflow ${version}`,
    });
  },
);

test("unsupported columns have a reason and a remedy", async () => {
  const { inputs } = await readSignature(join(corpus, "3.17.2/column_types/MLmodel"));
  expect(inputs.flatMap(({ unsupported }) => unsupported ?? [])).toEqual([
    "a column of binary: log the model with numbers, booleans or text",
    "a column of datetime: log the model with numbers, booleans or text",
  ]);
});

test("reports what is wrong in an invalid MLmodel file", async () => {
  const columns = (list: string): string => `signature:\n  inputs: '${list}'\n`;
  expect([
    await refusalOf(putModel("a", "signature: [\n")),
    await refusalOf(putModel("b", "just text")),
    await refusalOf(putModel("c", "signature: 7")),
    await refusalOf(putModel("d", columns("[{"))).then((text) => text.replace(/(not JSON).*/, "$1")),
    await refusalOf(putModel("e", columns('[{"name": "x"}]'))),
    await refusalOf(
      putModel("f", columns('[{"name": "x", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-2]}}]')),
    ),
    await refusalOf(putModel("g", columns('[{"name": "x", "type": "long"}, {"name": "x", "type": "long"}]'))),
    await refusalOf(putModel("h", columns('[{"type": "long"}, {"type": "long"}]'))),
    await refusalOf(
      putModel(
        "i",
        "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n",
      ),
    ),
    await refusalOf(putModel("j", "[".repeat(200_000))).then((text) => text.slice(0, 70)),
    await refusalOf(putModel("k", "#".repeat(3_000_000))),
  ]).toMatchInlineSnapshot(`
    [
      "SL3054 '/a/MLmodel' does not describe a model: line 2: it is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
      "SL3054 '/b/MLmodel' does not describe a model: (whole): expected object, found "just text"",
      "SL3054 '/c/MLmodel' does not describe a model: signature: expected object, found 7",
      "SL3054 '/d/MLmodel' does not describe a model: it is not JSON",
      "SL3054 '/e/MLmodel' does not describe a model: signature.inputs: [0].type: expected string, found nothing",
      "SL3054 '/f/MLmodel' does not describe a model: signature.inputs: [0]["tensor-spec"].shape[0]: too small: expected number to be >=-1, found -2",
      "SL3016 '/g/MLmodel' cannot be used: two of its inputs are called 'x'. Give every input a name of its own.",
      "SL3016 '/h/MLmodel' cannot be used: its input 0 has no name. Give every input a name of its own.",
      "SL3054 '/i/MLmodel' does not describe a model: its YAML cannot be read: Excessive alias count indicates a resource exhaustion attack",
      "SL3054 '/j/MLmodel' does not describe a model: line 1: it is not YAML:",
      "SL3054 '/k/MLmodel' does not describe a model: it is larger than 2 MB",
    ]
  `);
  const nested = (levels: number): string =>
    levels === 0 ? '{"type": "long"}' : `{"type": "array", "items": ${nested(levels - 1)}}`;
  expect((await readSignature(putModel("deep", columns(`[${nested(40)}]`)))).inputs[0]?.unsupported).toBe(
    "a column of array: log the model with numbers, booleans or text",
  );
});

test("feeds an optional column once the settings name it", async () => {
  const { text } = await generateModels({
    models: [join(corpus, "3.17.2/optional_column/MLmodel")],
    cwd: folder,
    check: true,
    overrides: { "optional-column": { inputs: ["b"] } },
  });
  expect(text).toContain('b: { dtype: "string", shape: ["batch"] },');
});

describe("as a further source of a model file", () => {
  const work = join(folder, "further-source");
  const onnx = fileURLToPath(new URL("../../../../examples/breast-cancer/models/random-forest.onnx", import.meta.url));
  const generate = async (inputs: string) => {
    mkdirSync(join(work, "rf"), { recursive: true });
    copyFileSync(onnx, join(work, "random-forest.onnx"));
    writeFileSync(
      join(work, "rf", "MLmodel"),
      `mlflow_version: 3.17.2\nsignature:\n  inputs: '${inputs}'\n  outputs: null\n`,
    );
    return await generateModels({
      models: ["random-forest.onnx"],
      cwd: work,
      check: true,
      overrides: { "random-forest": { sources: ["rf/MLmodel"] } },
    });
  };
  const tensor = (size: number): string =>
    `[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, ${size}]}}]`;

  test("matches an only tensor without a name to the model's only tensor", async () => {
    const { models } = await generate(tensor(30));
    expect(models[0]?.inputs).toEqual([{ name: "features", dtype: "float32", shape: ["batch", 30] }]);
    await expect(generate(tensor(31))).rejects.toThrow(
      "the only input is float32[?, 30] in 'random-forest.onnx' and float32[?, 31] in 'rf/MLmodel'",
    );
  });

  test("names an only tensor without a name after its side", async () => {
    const file = putModel("afallbackName", `signature:\n  inputs: '${tensor(3)}'\n  outputs: '${tensor(1)}'\n`);
    const { text } = await generateModels({ models: [file], cwd: folder, check: true });
    expect(text).toContain(
      'readonly inputs: { input: Tensor<"float32", readonly ["batch", 3]> };\n  readonly outputs: { output: Tensor<"float32", readonly ["batch", 1]> };',
    );
  });
});
