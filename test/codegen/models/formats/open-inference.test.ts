import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { readMetadataUrl } from "../../../../codegen/models/formats/open-inference.js";
import { generateModels } from "../../../../codegen/models/generate.js";
import { readSignature } from "../../../../codegen/models/read-signature.js";
import { folder, putJson, readRefusal, signatureText } from "../workspace.js";

const tensors = {
  inputs: [{ name: "x", datatype: "FP32", shape: [-1, 29] }],
  outputs: [
    { name: "y", datatype: "FP32", shape: [-1, 1] },
    { name: "label", datatype: "BYTES", shape: [-1, -1] },
  ],
};

test("reads the metadata of Triton, MLServer and KServe", async () => {
  expect([
    await signatureText(
      putJson("triton.metadata.json", { name: "fraud", versions: ["1"], platform: "onnxruntime_onnx", ...tensors }),
    ),
    await signatureText(
      putJson("metadata.json", {
        name: "my.model",
        versions: [],
        platform: "",
        inputs: [{ ...tensors.inputs[0], parameters: { content_type: "np" } }],
        outputs: [],
        parameters: {},
      }),
    ),
    await signatureText(
      putJson("kserve.metadata.json", {
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
      "m: x a tensor of BF16: serve it as a supported type, such as FP32 -> y float32[batch, 1], label string[batch, ?]",
    ]
  `);
  expect(await readRefusal(putJson("bad.metadata.json", { error: "no such model" }))).toMatchInlineSnapshot(
    `"SL3054 '/bad.metadata.json' does not describe a model: name: expected string, found nothing; inputs: expected array, found nothing; outputs: expected array, found nothing"`,
  );
});

test.each(["mlserver.metadata.json", "kserve.metadata.json", "model-settings.json"])(
  "reads %s as recorded from a running server",
  async (name) => {
    const source = fileURLToPath(new URL(`../../../fixtures/models/servers/${name}`, import.meta.url));
    const version = name === "model-settings.json" ? " v2" : "";
    expect(await signatureText(source)).toBe(
      `fraud${version}: dense_input float32[batch, 29], word string[batch, 1] -> dense_1 float32[batch, 1], label int64[batch]`,
    );
  },
);

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
  const plain = async (url: string) => (await readRefusal(url)).replace(/127\.0\.0\.1:\d+/g, "host");

  test("provides metadata, with the same digest for the same tensors", async () => {
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
    expect(await signatureText(a)).toBe("fraud 4: x float32[batch, 2] -> y int64[batch]");
    expect((await readSignature(a)).sha256).toBe((await readSignature(b)).sha256);
    const { text } = await generateModels({ models: [a], cwd: folder, check: true });
    // The generated file does not contain a token from the URL.
    expect(
      (await generateModels({ models: [`${a}?token=secret`.replace("?", "#")], cwd: folder, check: true })).text,
    ).not.toContain("secret");
    expect(text).toContain("export const fraud: Fraud = generatedModel({");
  });

  test("reports error responses, redirects, invalid or too large bodies, and refused connections", async () => {
    const gone = await serve(200, "");
    close.splice(0).forEach((stop) => stop());
    expect([
      await plain(await serve(404, '{"error":"no"}')),
      await plain(await serve(200, "<html>")),
      await plain(await serve(200, " ".repeat(5_000_000))),
    ]).toMatchInlineSnapshot(`
      [
        "SL3055 cannot read metadata from 'http://host/v2/models/fraud': the server responded with 404: no. Check the URL; it must end in /v2/models/<model>.",
        "SL3055 cannot read metadata from 'http://host/v2/models/fraud': the response is an HTML page, not JSON. Check the URL; it must end in /v2/models/<model>.",
        "SL3055 cannot read metadata from 'http://host/v2/models/fraud': the response is larger than 4 MB. Check the URL; it must end in /v2/models/<model>.",
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
        "SL3055 cannot read metadata from 'http://host/v2/models/fraud': the server responded with 302, a redirect; redirects are not followed. Check the URL; it must end in /v2/models/<model>.",
        "SL3055 cannot read metadata from 'http://host/v2/models/fraud': the response is empty. Check the URL; it must end in /v2/models/<model>.",
        "SL3055 cannot read metadata from 'http://host/v2/models/fraud': the response is not JSON: Expected property name or '}' in JSON",
        "SL3055 cannot read metadata from 'http://host/v2/models/fraud': the server responded with 503: not \\u001b[2J ready. Check the URL; it must end in /v2/models/<model>.",
        "SL3055 cannot read metadata from 'http://host/v2/models/fraud': the server responded with 500. Check the URL; it must end in /v2/models/<model>.",
      ]
    `);
    expect(await plain(await serve(200, '{"name":"mlserver","version":"1"}'))).toMatchInlineSnapshot(
      `"SL3054 'http://host/v2/models/fraud' does not describe a model: inputs: expected array, found nothing; outputs: expected array, found nothing; the URL of a model ends in /v2/models/<model>"`,
    );
    expect(await plain(gone)).toMatch(
      /^SL3055 cannot read metadata from 'http:\/\/host\/v2\/models\/fraud': .*ECONNREFUSED/,
    );
  });
});

test("times out if a server does not respond or stops in the middle of a response", async () => {
  const silent = createServer((request, response) => {
    if (request.url === "/half") response.writeHead(200).write('{"name": ');
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  for (const path of ["/none", "/half"]) {
    await expect(readMetadataUrl(`${url}${path}`, 300)).rejects.toThrow(
      `cannot read metadata from '${url}${path}': no complete response within 0.3 seconds. Check the URL`,
    );
  }
  silent.closeAllConnections();
  silent.close();
});

test("refuses invalid URLs, URLs with a password, and https: to a plain HTTP server", async () => {
  expect([await readRefusal("http://"), await readRefusal("https://me:secret@host/v2/models/fraud")])
    .toMatchInlineSnapshot(`
    [
      "SL3055 cannot read metadata from 'http://': it is not a valid URL. Check the URL; it must end in /v2/models/<model>.",
      "SL3055 cannot read metadata from 'https://…@host/v2/models/fraud': a URL with a user name or password is not supported; save the response as metadata.json instead. Check the URL; it must end in /v2/models/<model>.",
    ]
  `);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  expect(
    (await readRefusal(`https://127.0.0.1:${port}/v2/models/fraud`)).replace(String(port), "port"),
  ).toMatchInlineSnapshot(
    `"SL3055 cannot read metadata from 'https://127.0.0.1:port/v2/models/fraud': the server does not use TLS, so the URL must start with http:. Check the URL; it must end in /v2/models/<model>."`,
  );
  server.close();
});
