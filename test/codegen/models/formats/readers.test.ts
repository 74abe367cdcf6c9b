import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  Field,
  FixedSizeList,
  Float32,
  Int64,
  List,
  Schema,
  Table,
  TimestampMillisecond,
  Utf8,
  tableToIPC,
} from "apache-arrow";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { generateModels } from "../../../../codegen/models/generate.js";
import { readMetadataUrl } from "../../../../codegen/models/formats/open-inference.js";
import { readSignature } from "../../../../codegen/models/read-signature.js";
import { readers } from "../../../../codegen/models/readers.js";
import { formatTensor } from "../../../../src/config/format-tensor.js";
import { ShapelineError } from "../../../../dsl/errors.js";
import { folder, put } from "../workspace.js";

const json = (name: string, value: unknown): string => put(name, JSON.stringify(value));

/** A signature in short: name, version and ports. */
async function brief(source: string): Promise<string> {
  const { name, version, inputs, outputs } = await readSignature(source);
  const side = (ports: typeof inputs): string =>
    ports.map((port) => `${port.name} ${port.unsupported ?? formatTensor(port)}`).join(", ");
  return `${name}${version === undefined ? "" : ` ${version}`}: ${side(inputs)} -> ${side(outputs)}`;
}

async function said(source: string): Promise<string> {
  const error = await readSignature(source).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ShapelineError)) throw new TypeError(`expected a refusal, got ${String(error)}`);
  return `${error.code} ${error.message.replaceAll(folder, "").replace(/in JSON at .*?[.]? ?$/, "in JSON")}`;
}

test("each kind of source has one reader, told by its name", () => {
  const kindOf = (source: string) => Object.entries(readers).find(([, { matches }]) => matches(source))?.[0];
  expect(
    [
      "http://h/v2/models/m",
      "a.feather",
      "m/config.pbtxt",
      "m/model-settings.json",
      "m/metadata.json",
      "m.metadata.json",
      "m.json",
      "m.onnx",
      "m",
    ].map(kindOf),
  ).toEqual([
    "open-inference-url",
    "arrow",
    "triton",
    "mlserver",
    "open-inference",
    "open-inference",
    "signature",
    "onnx",
    "onnx",
  ]);
});

describe("a signature in JSON", () => {
  const tensor = { name: "x", dtype: "float32", shape: ["batch", 29] };

  test("is taken as it stands", async () => {
    const file = json("own.json", {
      name: "Fraud v2",
      version: "3",
      sha256: "ab".repeat(32),
      inputs: [tensor],
      outputs: [{ name: "y", dtype: "int64", shape: null }],
      labels: { y: ["no", "yes"] },
      doc: "d",
    });
    expect(await readSignature(file)).toEqual({
      name: "fraud-v2",
      version: "3",
      sha256: "ab".repeat(32),
      inputs: [tensor],
      outputs: [{ name: "y", dtype: "int64", shape: null }],
      labels: { y: ["no", "yes"] },
      doc: "d",
      file,
      opset: {},
      irVersion: 0,
      producer: "",
      metadata: {},
    });
    expect((await readSignature(json("bare.json", { name: "m" }))).sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test("that is not right is refused with what is wrong", async () => {
    expect([
      await said(json("b1.json", { name: "m", inputs: [{ ...tensor, dtype: "float" }], extra: 1 })),
      await said(json("b2.json", { name: "m", inputs: [tensor, tensor] })),
      await said(put("b3.json", "{ name")),
      await said(json("b4.json", null)),
    ]).toMatchInlineSnapshot(`
      [
        "SL3054 '/b1.json' does not describe a model: inputs[0].dtype: invalid option: expected one of "float16"|"float32"|"float64"|"int8"|"int16"|"int32"|"int64"|"uint8"|"uint16"|"uint32"|"uint64"|"bool"|"string", found "float"; (whole): unknown key 'extra'",
        "SL3016 '/b2.json' cannot be used: two of its inputs are called 'x'. Give every input a name of its own.",
        "SL3054 '/b3.json' does not describe a model: it is not JSON: Expected property name or '}' in JSON",
        "SL3054 '/b4.json' does not describe a model: (whole): expected object, found null",
      ]
    `);
  });
});

describe("Arrow schemas", () => {
  const vector = new FixedSizeList(3, new Field("item", new Float32()));
  const fields = [
    new Field("in.tensor", vector),
    new Field("in.words", new List(new Field("item", new Utf8()))),
    new Field("out.n", new Int64()),
    new Field(
      "out.image",
      new FixedSizeList(6, new Field("item", new Float32())),
      false,
      new Map([
        ["ARROW:extension:name", "arrow.fixed_shape_tensor"],
        ["ARROW:extension:metadata", '{"shape":[2,3]}'],
      ]),
    ),
    new Field("time", new TimestampMillisecond()),
    new Field("out.when", new TimestampMillisecond()),
  ];
  const file = (kind: "file" | "stream", all = fields) => tableToIPC(new Table(new Schema(all)), kind);

  test("of a file, a stream and Feather: columns in., out., lists and tensors", async () => {
    const expected =
      "rows: tensor float32[batch, 3], words string[batch, ?] -> n int64[batch], image float32[batch, 2, 3], when a column of Timestamp: give it as numbers, booleans or text";
    expect([
      await brief(put("rows.arrow", file("file"))),
      await brief(put("rows.arrows", file("stream"))),
      await brief(put("rows.feather", file("file"))),
    ]).toEqual([expected, expected, expected]);
  });

  test("of one side alone", async () => {
    const plain = [new Field("x", vector)];
    expect(await brief(put("m.arrow", file("file", plain)))).toBe("m: x float32[batch, 3] -> ");
    expect(await brief(put("m.outputs.arrow", file("file", plain)))).toBe("m:  -> x float32[batch, 3]");
  });

  test("of what is no Arrow file is refused", async () => {
    const whole = file("file");
    for (const bytes of [Buffer.from("not arrow at all"), whole.subarray(0, 40), Buffer.from("FEA1aaaaaaaaFEA1")]) {
      expect(await said(put("bad.arrow", bytes))).toMatch(
        /^SL3054 '\/bad\.arrow' does not describe a model: it is no Arrow file, stream or Feather file of version 2 \(/,
      );
    }
  });
});

describe("what servers keep beside a model", () => {
  const tensors = {
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 29] }],
    outputs: [
      { name: "y", datatype: "FP32", shape: [-1, 1] },
      { name: "label", datatype: "BYTES", shape: [-1, -1] },
    ],
  };

  test("Open Inference metadata, as Triton, MLServer and KServe write it", async () => {
    expect([
      await brief(
        json("triton.metadata.json", { name: "fraud", versions: ["1"], platform: "onnxruntime_onnx", ...tensors }),
      ),
      await brief(
        json("metadata.json", {
          name: "my.model",
          versions: [],
          platform: "",
          inputs: [{ ...tensors.inputs[0], parameters: { content_type: "np" } }],
          outputs: [],
          parameters: {},
        }),
      ),
      await brief(
        json("kserve.metadata.json", {
          name: "m",
          versions: null,
          platform: "",
          inputs: [{ name: "x", datatype: "BF16", shape: [2, -1] }],
          outputs: tensors.outputs,
        }),
      ),
    ]).toMatchInlineSnapshot(`
      [
        "fraud 1: x float32[batch, 29] -> y float32[batch, 1], label string[batch, ?]",
        "my-model: x float32[batch, 29] -> ",
        "m: x a tensor of BF16: serve it as a type that runtimes take, such as FP32 -> y float32[batch, 1], label string[batch, ?]",
      ]
    `);
    expect(await said(json("bad.metadata.json", { error: "no such model" }))).toMatchInlineSnapshot(
      `"SL3054 '/bad.metadata.json' does not describe a model: name: expected string, found nothing; inputs: expected array, found nothing; outputs: expected array, found nothing"`,
    );
  });

  test.each(["mlserver.metadata.json", "kserve.metadata.json", "model-settings.json"])(
    "%s, as the running server answered or took it",
    async (name) => {
      const source = fileURLToPath(new URL(`../../../fixtures/models/servers/${name}`, import.meta.url));
      const version = name === "model-settings.json" ? " v2" : "";
      expect(await brief(source)).toBe(
        `fraud${version}: dense_input float32[batch, 29], word string[batch, 1] -> dense_1 float32[batch, 1], label int64[batch]`,
      );
    },
  );

  test("MLServer's model-settings.json", async () => {
    expect(
      await brief(
        json("model-settings.json", {
          name: "Iris_SVM",
          implementation: "mlserver_sklearn.SKLearnModel",
          parameters: { uri: "./m.joblib", version: "v0.1.0" },
          ...tensors,
        }),
      ),
    ).toBe("iris-svm v0.1.0: x float32[batch, 29] -> y float32[batch, 1], label string[batch, ?]");
    expect(await brief(json("model-settings.json", { name: "m" }))).toBe("m:  -> ");
    expect(await said(json("model-settings.json", { implementation: "x" }))).toMatchInlineSnapshot(
      `"SL3054 '/model-settings.json' does not describe a model: name: expected string, found nothing"`,
    );
  });

  const config = `# a comment
name: "dense" "net"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [ { name: "image" data_type: TYPE_FP16 format: FORMAT_NCHW dims: [ 3, 224, -1 ] }, { name: 'ids', data_type: TYPE_STRING; dims: 1 } ]
output { name: "prob" data_type: TYPE_FP32 dims: [ 2 ] label_filename: "labels.txt" }
instance_group < kind: KIND_CPU count: 2 >
parameters { key: "a{b" value: { string_value: "\\"x\\" # no comment" } }
`;

  test("Triton's config.pbtxt: the batch before the dims, labels from beside it", async () => {
    mkdirSync(join(folder, "netty"), { recursive: true });
    const file = put("netty/config.pbtxt", config);
    put("netty/labels.txt", "cat\r\ndog\n");
    expect(await brief(file)).toBe(
      "densenet: image float16[batch, 3, 224, ?], ids string[batch, 1] -> prob float32[batch, 2]",
    );
    expect((await readSignature(file)).labels).toEqual({ prob: ["cat", "dog"] });
    put(
      "netty/config.pbtxt",
      config
        .replace(/name: "dense".*\n/, "")
        .replace("max_batch_size: 8", "")
        .replace("labels.txt", "../labels.txt"),
    );
    expect(await brief(file)).toBe("netty: image float16[3, 224, ?], ids string[1] -> prob float32[2]");
    expect((await readSignature(file)).labels).toBeUndefined();
  });

  test("a config's strings may be escaped in any way of protobuf's text format", async () => {
    const name = String.raw`"\x67r\XC3\xb6\303\237e" '\u00fc\U0001F600\?\'\101'`;
    expect(await brief(put("escapes.pbtxt", `name: "m" input { name: ${name} data_type: TYPE_BOOL dims: 1 }`))).toBe(
      "m: größeü\u{1f600}?'A bool[1] -> ",
    );
    expect(
      await brief(
        put("escapes.pbtxt", String.raw`name: "m" input { name: "\Uffffffff\xff" data_type: TYPE_BOOL dims: 1 }`),
      ),
    ).toBe("m: \ufffd\ufffd bool[1] -> ");
  });

  test("a config.pbtxt that is not right says the line", async () => {
    expect([
      await said(put("a.pbtxt", "name: \n\n}")),
      await said(put("b.pbtxt", 'input { name: "x"')),
      await said(put("c.pbtxt", "input: [ { } { } ]")),
      await said(put("d.pbtxt", '\nname "x"')),
      await said(put("e.pbtxt", 'name: "x\n"')),
      await said(put("f.pbtxt", "a { ".repeat(100))),
      await said(put("g.pbtxt", 'input { name: "x" dims: many }')),
    ]).toMatchInlineSnapshot(`
      [
        "SL3054 '/a.pbtxt' does not describe a model: line 3: a value is expected",
        "SL3054 '/b.pbtxt' does not describe a model: line 1: the name of a field or '}' is expected",
        "SL3054 '/c.pbtxt' does not describe a model: line 1: ',' or ']' is expected",
        "SL3054 '/d.pbtxt' does not describe a model: line 2: ':' or '{' is expected",
        "SL3054 '/e.pbtxt' does not describe a model: line 1: there is a character that cannot stand there: "\\""",
        "SL3054 '/f.pbtxt' does not describe a model: line 1: messages are nested deeper than 64",
        "SL3054 '/g.pbtxt' does not describe a model: 'dims' holds 'many', which is no size",
      ]
    `);
  });

  test("any text is a signature or a coded refusal", async () => {
    const parts = fc.constantFrom(
      "input",
      "output",
      "{",
      "}",
      "<",
      ">",
      "[",
      "]",
      ":",
      ",",
      ";",
      "dims",
      "1",
      "-1",
      "name",
      '"x"',
      "'",
      '"',
      "\\",
      "\n",
      "#",
      "data_type",
      "TYPE_FP32",
      " ",
      "\u0000",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { maxLength: 30 }), async (words) => {
        await readSignature(put("fuzz.pbtxt", `${words.join(" ")} `)).catch((error: unknown) =>
          expect(error).toBeInstanceOf(ShapelineError),
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe("a running server", () => {
  const close: (() => void)[] = [];
  afterEach(() => close.splice(0).forEach((stop) => stop()));

  async function serve(status: number, body: string): Promise<string> {
    const server = createServer((request, response) =>
      response.writeHead(status).end(request.url === "/v2/models/fraud" ? body : "{}"),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    close.push(() => server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/models/fraud`;
  }
  const plain = async (url: string) => (await said(url)).replace(/127\.0\.0\.1:\d+/g, "host");

  test("gives its metadata, and the same digest for the same tensors", async () => {
    const body = {
      name: "fraud",
      versions: ["4"],
      platform: "p",
      inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
      outputs: [{ name: "y", datatype: "INT64", shape: [-1] }],
    };
    const [a, b] = [
      await serve(200, JSON.stringify(body)),
      await serve(200, JSON.stringify({ ...body, platform: "q" })),
    ];
    expect(await brief(a)).toBe("fraud 4: x float32[batch, 2] -> y int64[batch]");
    expect((await readSignature(a)).sha256).toBe((await readSignature(b)).sha256);
    const { text } = await generateModels({ models: [a], cwd: folder, check: true });
    // A key in the address stays out of the file.
    expect(
      (await generateModels({ models: [`${a}?token=secret`.replace("?", "#")], cwd: folder, check: true })).text,
    ).not.toContain("secret");
    expect(text).toContain("export const fraud: Fraud = generatedModel({");
  });

  test("that refuses, redirects, talks nonsense or too much, or is not there", async () => {
    const gone = await serve(200, "");
    close.splice(0).forEach((stop) => stop());
    expect([
      await plain(await serve(404, '{"error":"no"}')),
      await plain(await serve(200, "<html>")).then((text) => text.slice(0, 80)),
      await plain(await serve(200, " ".repeat(5_000_000))),
    ]).toMatchInlineSnapshot(`
      [
        "SL3055 'http://host/v2/models/fraud' gives no metadata: the server answers 404: no. Check the address; it ends in /v2/models/<model>.",
        "SL3055 'http://host/v2/models/fraud' gives no metadata: the answer is a page, no",
        "SL3055 'http://host/v2/models/fraud' gives no metadata: the answer is larger than 4 MB. Check the address; it ends in /v2/models/<model>.",
      ]
    `);
    expect([
      await plain(await serve(302, "")),
      await plain(await serve(200, "")),
      await plain(await serve(200, "{")),
      await plain(await serve(503, '{"detail": "not \\u001b[2J ready"}')),
      await plain(await serve(500, "<p>")),
    ]).toMatchInlineSnapshot(`
      [
        "SL3055 'http://host/v2/models/fraud' gives no metadata: the server answers 302, which leads elsewhere; redirects are not followed. Check the address; it ends in /v2/models/<model>.",
        "SL3055 'http://host/v2/models/fraud' gives no metadata: the answer is empty. Check the address; it ends in /v2/models/<model>.",
        "SL3055 'http://host/v2/models/fraud' gives no metadata: the answer is not JSON: Expected property name or '}' in JSON",
        "SL3055 'http://host/v2/models/fraud' gives no metadata: the server answers 503: not \\u001b[2J ready. Check the address; it ends in /v2/models/<model>.",
        "SL3055 'http://host/v2/models/fraud' gives no metadata: the server answers 500. Check the address; it ends in /v2/models/<model>.",
      ]
    `);
    expect(await plain(await serve(200, '{"name":"mlserver","version":"1"}'))).toMatchInlineSnapshot(
      `"SL3054 'http://host/v2/models/fraud' does not describe a model: inputs: expected array, found nothing; outputs: expected array, found nothing; a model's address ends in /v2/models/<model>"`,
    );
    expect(await plain(gone)).toMatch(/^SL3055 'http:\/\/host\/v2\/models\/fraud' gives no metadata: .*ECONNREFUSED/);
  });
});

test("a server that does not answer, or stops in the middle, is waited for so long and no longer", async () => {
  const silent = createServer((request, response) => {
    if (request.url === "/half") response.writeHead(200).write('{"name": ');
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  for (const path of ["/none", "/half"]) {
    await expect(readMetadataUrl(`${url}${path}`, 300)).rejects.toThrow(
      "gives no metadata: no whole answer within 0.3 seconds. Check the address",
    );
  }
  silent.closeAllConnections();
  silent.close();
});

test("an address that cannot be asked", async () => {
  expect([await said("http://"), await said("https://me:secret@host/v2/models/fraud")]).toMatchInlineSnapshot(`
    [
      "SL3055 'http://' gives no metadata: it is no address. Check the address; it ends in /v2/models/<model>.",
      "SL3055 'https://…@host/v2/models/fraud' gives no metadata: an address with a user's name or password is not asked; save the answer as metadata.json instead. Check the address; it ends in /v2/models/<model>.",
    ]
  `);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  expect((await said(`https://127.0.0.1:${port}/v2/models/fraud`)).replace(String(port), "port")).toMatchInlineSnapshot(
    `"SL3055 'https://127.0.0.1:port/v2/models/fraud' gives no metadata: the server does not speak TLS, so the address begins with http:. Check the address; it ends in /v2/models/<model>."`,
  );
  server.close();
});

describe("several sources of one model", () => {
  const onnx = fileURLToPath(new URL("../../../../examples/breast-cancer/models/random-forest.onnx", import.meta.url));
  const work = join(folder, "several");
  const generate = (sources: string[]) =>
    generateModels({
      models: ["random-forest.onnx"],
      cwd: work,
      check: true,
      overrides: { "random-forest": { sources } },
    });
  const metadata = (features: number, output: string) => {
    mkdirSync(work, { recursive: true });
    copyFileSync(onnx, join(work, "random-forest.onnx"));
    writeFileSync(
      join(work, "metadata.json"),
      JSON.stringify({
        name: "rf",
        versions: ["9"],
        inputs: [{ name: "features", datatype: "FP32", shape: [-1, features] }],
        outputs: [{ name: output, datatype: "FP32", shape: [-1, -1] }],
      }),
    );
    writeFileSync(
      join(work, "labels.json"),
      JSON.stringify({ name: "rf", labels: { probabilities: ["malignant", "benign"] } }),
    );
  };

  test("that agree fill each other in", async () => {
    metadata(30, "probabilities");
    const {
      models: [first],
    } = await generate(["metadata.json", "labels.json"]);
    expect(first).toMatchObject({
      name: "random-forest",
      version: "9",
      labels: { probabilities: ["malignant", "benign"] },
      outputs: [{ shape: ["batch", 2] }],
      opset: { "": 17 },
    });
  });

  test("that disagree are refused, with all that differs", async () => {
    metadata(31, "scores");
    await expect(generate(["metadata.json"])).rejects.toThrowErrorMatchingInlineSnapshot(`
      [ModelError: the sources of model 'random-forest' disagree:
        input 'features' is float32[batch, 30] in 'random-forest.onnx' and float32[batch, 31] in 'metadata.json'
        'metadata.json' has an output 'scores' that 'random-forest.onnx' does not have
        'random-forest.onnx' has an output 'probabilities' that 'metadata.json' does not have
      Put the wrong one right, or take it out of 'sources'.]
    `);
  });
});
