import { closeSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { generateModels } from "../../../../codegen/models/generate.js";
import { scanOnnx } from "../../../../codegen/models/onnx/read.js";
import { readSignature } from "../../../../codegen/models/read-signature.js";
import type { ModelSignature } from "../../../../codegen/models/signature.js";
import { renderModels } from "../../../../codegen/models/write/render-models.js";
import {
  bytes,
  concat,
  FLOAT,
  input,
  INT64,
  integer,
  node,
  output,
  tensorType,
  varint,
  type Bytes,
} from "./onnx-bytes.js";
import { folder, put } from "../workspace.js";

const classifiers = fileURLToPath(new URL("../../../fixtures/models/classifiers/", import.meta.url));
const expected = JSON.parse(readFileSync(join(classifiers, "expected.json"), "utf8")) as Record<
  string,
  {
    readonly classes: string[];
    readonly keys: Record<string, string[]>;
    readonly shapes: Record<string, number[]>;
    readonly answers: string[];
  }
>;

/**
 * A model of these nodes with the classifiers' operator set, an output `label` and an output `scores` of size
 * `classes`.
 */
function classifier(nodes: readonly Bytes[], classes: number | string = "C"): Bytes {
  const ports = [
    input("x", tensorType(FLOAT, ["N", 4])),
    output("label", tensorType(INT64, ["N"])),
    output("scores", tensorType(FLOAT, ["N", classes])),
  ];
  return concat(
    integer(1, 8),
    bytes(7, ...nodes, ...ports),
    bytes(8, integer(2, 17)),
    bytes(8, bytes(1, "ai.onnx.ml"), integer(2, 3)),
  );
}
const strings = (labels: readonly (string | Bytes)[], name = "classlabels_strings"): Bytes =>
  bytes(5, bytes(1, name), ...labels.map((label) => bytes(9, label)), integer(20, 8));
const linear = (...attributes: readonly Bytes[]): Bytes =>
  node("LinearClassifier", ["x"], ["label", "scores"], ...attributes);
const labelsOf = async (content: Bytes): Promise<ModelSignature["labels"]> =>
  (await readSignature(put("classifier.onnx", content))).labels;
const commentOf = (signature: ModelSignature): string[] =>
  renderModels([signature])
    .split("\n")
    .filter((line) => line.startsWith(" * - labels"));

describe.each(Object.entries(expected))(
  "the classifier %s, exported by scikit-learn",
  (file, { classes, keys, shapes, answers }) => {
    test("has the classes that scikit-learn learned and ONNX Runtime returns", async () => {
      const { labels = {} } = await readSignature(join(classifiers, file));
      // Outputs that join several classifiers, or that are computed from the scores, have no labels.
      const unlabelled: Readonly<Record<string, readonly string[]>> = {
        "two_outputs.onnx": ["label", "probabilities"],
        "svc_scores.onnx": ["probabilities"],
      };
      const outputs = [...Object.keys(keys), ...Object.keys(shapes)].filter(
        (name) => unlabelled[file]?.includes(name) !== true,
      );
      expect(labels).toEqual(Object.fromEntries(outputs.map((name) => [name, classes])));
      for (const [name, list] of Object.entries(keys)) expect(labels[name]).toEqual(list);
      expect([...classes].sort()).toEqual(answers);
    });
  },
);

test("writes labels to the handle's comment, and quotes a label with a separator", async () => {
  expect(commentOf(await readSignature(join(classifiers, "forest_names.onnx")))).toMatchInlineSnapshot(`
    [
      " * - labels of label: setosa, versicolor, "virginica, or so"",
      " * - labels of probabilities: setosa, versicolor, "virginica, or so"",
    ]
  `);
});

test("check reports changed labels, and labels from the settings take precedence", async () => {
  const generate = async (labels: readonly string[], options: object = {}) => {
    put("drift.onnx", classifier([linear(strings(labels))]));
    return await generateModels({ models: ["drift.onnx"], cwd: folder, out: "drift.gen.ts", ...options });
  };
  await generate(["legit", "fraud"]);
  const { differences } = await generate(["fraud", "legit"], { check: true });
  expect(differences.slice(1)).toEqual([
    "drift: labels label: legit, fraud; scores: legit, fraud -> label: fraud, legit; scores: fraud, legit",
  ]);
  const { text } = await generate(["0", "1"], { overrides: { drift: { labels: { scores: ["no", "yes"] } } } });
  expect(text).toContain(" * - labels of label: 0, 1\n * - labels of scores: no, yes\n");
});

test("refuses sources with different labels; names replace numbers", async () => {
  const generate = async (labels: Bytes) => {
    put("two.onnx", classifier([linear(labels)]));
    put("two.json", JSON.stringify({ name: "two", labels: { scores: ["legit", "fraud"] } }));
    return await generateModels({
      models: ["two.onnx"],
      cwd: folder,
      out: "two.gen.ts",
      check: true,
      overrides: { two: { sources: ["two.json"] } },
    });
  };
  await expect(generate(strings(["fraud", "legit"]))).rejects.toThrowErrorMatchingInlineSnapshot(`
    [ModelError: the sources of model 'two' disagree:
      the labels of output 'scores' are fraud, legit in 'two.onnx' and legit, fraud in 'two.json'
    Correct the wrong source, or remove it from 'sources'.]
  `);
  await expect(generate(strings(["legit", "fraud", "other"]))).rejects.toThrow(
    "are legit, fraud, other in 'two.onnx' and legit, fraud in 'two.json'",
  );
  const { models } = await generate(bytes(5, bytes(1, "classlabels_ints"), integer(8, 0), integer(8, 1)));
  expect(models[0]?.labels).toEqual({ label: ["0", "1"], scores: ["legit", "fraud"] });
});

describe("label attributes", () => {
  test.each<[string, Bytes, readonly string[] | undefined]>([
    [
      "numbers, one per field",
      bytes(5, bytes(1, "classlabels_int64s"), integer(8, -3), integer(8, 2n ** 62n)),
      ["-3", "4611686018427387904"],
    ],
    [
      "numbers, all in one field",
      bytes(5, bytes(1, "classlabels_ints"), bytes(8, varint(5), varint(-1), varint(300))),
      ["5", "-1", "300"],
    ],
    [
      "an empty attribute before one with labels",
      concat(strings([]), bytes(5, bytes(1, "classlabels_ints"), integer(8, 4))),
      ["4"],
    ],
    ["an attribute with another name", strings(["a"], "keys_strings"), undefined],
    ["an attribute whose name is not first", bytes(5, bytes(9, "a"), bytes(1, "classlabels_strings")), undefined],
    ["invalid UTF-8", strings([Uint8Array.from([0x61, 0xff])]), ["a\ufffd"]],
    ["a label over the limit", strings(["a".repeat(5000)]), undefined],
    ["a list over the limit", strings(Array.from({ length: 3000 }, (_, i) => `${i} `.padEnd(400, "x"))), undefined],
  ])("%s", async (_, attributes, list) => {
    expect((await labelsOf(classifier([linear(attributes)])))?.["label"]).toEqual(list);
  });

  test("gives no labels to scores of another size or per pair of classes", async () => {
    expect(await labelsOf(classifier([linear(strings(["a", "b"]))], 3))).toEqual({ label: ["a", "b"] });
    const machine = (...more: readonly Bytes[]): Bytes =>
      node("SVMClassifier", ["x"], ["label", "scores"], strings(["a", "b", "c"]), ...more);
    expect(await labelsOf(classifier([machine()]))).toEqual({ label: ["a", "b", "c"] });
    expect(Object.keys((await labelsOf(classifier([machine(bytes(5, bytes(1, "prob_a")))]))) ?? {})).toEqual([
      "label",
      "scores",
    ]);
  });

  test("reads no nodes without the classifiers' operator set", async () => {
    const content = concat(
      integer(1, 8),
      bytes(
        7,
        linear(strings(["a", "b"])),
        input("x", tensorType(FLOAT, ["N"])),
        output("label", tensorType(INT64, ["N"])),
      ),
      bytes(8, integer(2, 17)),
    );
    expect(await labelsOf(content)).toBeUndefined();
  });
});

test("truncates a long list and counts the rest; hostile labels stay in the comment", async () => {
  const signature = async (labels: readonly string[]) =>
    await readSignature(put("classifier.onnx", classifier([linear(strings(labels))])));
  expect(commentOf(await signature(Array.from({ length: 1000 }, (_, i) => `class ${i}`)))[0]).toMatchInlineSnapshot(
    `" * - labels of label: class 0, class 1, class 2, class 3, class 4, class 5, class 6, class 7, class 8, class 9, class 10, class 11, class 12, class 13, class 14, class 15, class 16, class 17, class 18, class 19, class 20 and 979 more, 1000 in all"`,
  );
  expect(
    commentOf(await signature(["*/ evil()", "a\n * - labels of y: b", "", "@x", "l".repeat(100), "\u202e\u2028"]))[0],
  ).toMatchInlineSnapshot(
    `" * - labels of label: *\\/ evil(), a * - labels of y: b, "", \\@x, llllllllllllllllllllllllllllllllllllllllllllllllllllllllllll…, \\u202e"`,
  );
});

describe("cost", () => {
  test("does not read a forest of 1 GB", async () => {
    const size = 2 ** 30;
    const values = concat(bytes(1, "nodes_values"), varint((7 << 3) | 2), varint(size));
    const attribute = concat(varint((5 << 3) | 2), varint(values.length + size), values);
    const rest = concat(
      bytes(1, "x"),
      bytes(2, "label"),
      bytes(2, "scores"),
      bytes(4, "TreeEnsembleClassifier"),
      strings(["no", "yes"]),
    );
    const start = concat(varint((1 << 3) | 2), varint(rest.length + attribute.length + size), rest, attribute);
    const tail = concat(input("x", tensorType(FLOAT, ["N", 4])), output("label", tensorType(INT64, ["N"])));
    const head = concat(
      integer(1, 8),
      bytes(8, bytes(1, "ai.onnx.ml"), integer(2, 3)),
      varint((7 << 3) | 2),
      varint(start.length + size + tail.length),
      start,
    );
    const file = put("forest.onnx", head);
    truncateSync(file, head.length + size);
    const fd = openSync(file, "r+");
    writeSync(fd, tail, 0, tail.length, head.length + size);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const { labels } = scanOnnx(fd, head.length + size + tail.length, file);
    const now = process.memoryUsage();
    closeSync(fd);
    expect(labels).toEqual({ label: ["no", "yes"] });
    expect(now.heapUsed - heapUsed + now.arrayBuffers - arrayBuffers).toBeLessThan(16 * 2 ** 20);
  });

  test("limits the tracked values without refusing the model", async () => {
    const chain = Array.from({ length: 20_000 }, (_, i) =>
      node("Identity", [i === 0 ? "label" : `v${i}`], [`v${i + 1}`]),
    );
    expect(await labelsOf(classifier([linear(strings(["a", "b"])), ...chain]))).toEqual({
      label: ["a", "b"],
      scores: ["a", "b"],
    });
    const one = linear(strings(["a", "b"]));
    const many = Uint8Array.from(Buffer.alloc(one.length * 100_000, one));
    expect((await readSignature(put("many.onnx", classifier([many])))).inputs).toHaveLength(1);
  });

  test("reports a damaged node with its byte offset", async () => {
    await expect(labelsOf(classifier([bytes(1, Uint8Array.from([0x0a, 0x50]))]))).rejects.toThrow(
      /^model file '.*' is damaged: at byte \d+ a field claims 80 bytes/,
    );
  });
});
