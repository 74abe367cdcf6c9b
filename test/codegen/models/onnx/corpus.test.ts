import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { withoutOptional } from "../../../../codegen/models/inputs/optional-inputs.js";
import { readSource } from "../../../../codegen/models/read-signature.js";
import type { Port } from "../../../../codegen/models/signature.js";

/** A port as read by the `onnx` package and by ONNX Runtime, recorded by test/corpus/make_onnx.py. */
interface OnnxPort {
  readonly name: string;
  readonly element?: string;
  readonly shape?: readonly (number | string | null)[] | null;
  readonly kind?: string;
}
interface RuntimePort {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string | null)[];
}
interface Expected {
  readonly onnx: {
    irVersion: number;
    opset: Record<string, number>;
    doc: string;
    metadata: Record<string, string>;
    inputs: OnnxPort[];
    outputs: OnnxPort[];
  };
  readonly runtime: { refused: string } | { refused?: never; inputs: RuntimePort[]; outputs: RuntimePort[] };
}

const folder = fileURLToPath(new URL("../../../fixtures/models/corpus/", import.meta.url));
const { files } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
  files: Record<string, Expected>;
};
const all = Object.entries(files).map(([file, expected]) => ({ file, ...expected }));

/** ONNX names of supported types that differ from ours. */
const dtypes: Readonly<Record<string, string>> = { float: "float32", double: "float64" };
const usable = new Set([
  "float",
  "double",
  "float16",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "bool",
  "string",
]);

/** The file's dimensions: names are kept, and a dimension without one is unknown. */
function fileShape(shape: OnnxPort["shape"]): (number | string | null)[] | null {
  return shape?.map((dim) => (typeof dim === "string" && (dim === "" || /^unk__\d+$/.test(dim)) ? null : dim)) ?? null;
}

test("92 models with results of the onnx package, 79 of them also of ONNX Runtime", () => {
  expect(
    readdirSync(folder)
      .filter((name) => name.endsWith(".onnx"))
      .sort(),
  ).toEqual(Object.keys(files).sort());
  expect(all).toHaveLength(92);
  expect(all.filter(({ runtime }) => runtime.refused === undefined)).toHaveLength(79);
});

describe.each(all)("$file", ({ file, onnx, runtime }) => {
  const path = join(folder, file);

  test("has the signature that the onnx package reads", async () => {
    const { irVersion, opset, doc, metadata, inputs, outputs, sha256, producer } = withoutOptional(
      await readSource(path),
    );
    expect({ irVersion, opset, doc, metadata, producer }).toEqual({
      irVersion: onnx.irVersion,
      opset: onnx.opset,
      doc: onnx.doc,
      metadata: onnx.metadata,
      producer: "corpus 1",
    });
    const hash = createHash("sha256").update(readFileSync(path));
    if (file === "external_data.onnx") hash.update(readFileSync(join(folder, "external_data.bin")));
    expect(sha256).toBe(hash.digest("hex"));
    const expected = ({ name, element = "", shape, kind }: OnnxPort) => {
      if (kind !== undefined) return { name, kind };
      return {
        name,
        dtype: usable.has(element) ? (dtypes[element] ?? element) : `tensor(${element})`,
        shape: fileShape(shape),
      };
    };
    const ours = (port: Port, i: number, of: readonly OnnxPort[]) =>
      of[i]?.kind === undefined
        ? { name: port.name, dtype: port.dtype, shape: port.shape }
        : { name: port.name, kind: kindOf(port) };
    expect(inputs.map((port, i) => ours(port, i, onnx.inputs))).toEqual(onnx.inputs.map(expected));
    expect(outputs.map((port, i) => ours(port, i, onnx.outputs))).toEqual(onnx.outputs.map(expected));
  });

  test.runIf(runtime.refused === undefined)("has the ports that ONNX Runtime reports", async () => {
    if (runtime.refused !== undefined) return;
    const { inputs, outputs } = withoutOptional(await readSource(path));
    // The runtime reports an unknown rank as an empty shape, and for an optional the shape of its content.
    const plain = (type: string): boolean => type.startsWith("tensor(");
    const ours = ({ name, dtype, shape, unsupported }: Port) => ({
      name,
      type: unsupported === undefined ? runtimeType(dtype) : dtype,
      shape: shape ?? [],
    });
    const theirs = ({ name, type, shape }: RuntimePort) => ({ name, type, shape: plain(type) ? fileShape(shape) : [] });
    expect([inputs.map(ours), outputs.map(ours)]).toEqual([runtime.inputs.map(theirs), runtime.outputs.map(theirs)]);
  });
});

function runtimeType(dtype: string): string {
  const name = Object.entries(dtypes).find(([, ours]) => ours === dtype)?.[0] ?? dtype;
  return `tensor(${name})`;
}

/** The field name of the type in ONNX's TypeProto. */
function kindOf({ dtype }: Port): string {
  return `${dtype.replace(/\(.*/s, "").replace("seq", "sequence")}_type`;
}
