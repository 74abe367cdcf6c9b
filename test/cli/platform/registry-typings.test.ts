import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { createServer } from "shapeline/server";
import { pipeline, type Model, type Tensor } from "shapeline";
import { wallaroo, type WallarooTarget } from "shapeline/wallaroo";
import { a, c1, c2, champ } from "../../../examples/fraud/models.gen.js";
import { pyarrowScore, schemaText, times, vectors } from "../../support/arrow-schemas.js";
import { project, root, shapeline } from "../shapeline.js";

let server: Awaited<ReturnType<typeof createServer>>;
let folder: string;
let url: string;
let platform: WallarooTarget;

afterAll(() => server.close());

const generate = async (...args: readonly string[]) => {
  const command = ["generate", ...args, "--from", "wallaroo", "--url", url, "--out", "platform.gen.ts"];
  const run = await shapeline(folder, command, undefined, { WALLAROO_SDK_AUTH_TYPE: "test_auth" });
  return { ...run, typings: run.code === 0 ? readFileSync(join(folder, "platform.gen.ts"), "utf8") : "" };
};

it("writes typings by the platform's schemas, or by the files with the digests where there are any, and deploys with them", async () => {
  folder = project("fraud");
  server = await createServer({ data: mkdtempSync(join(tmpdir(), "shapeline-platform-")), wallaroo: true });
  url = await server.listen({ port: 0, host: "127.0.0.1" });
  platform = wallaroo({ url, testAuth: true, models: join(root, "examples/fraud/models") });

  const empty = await generate();
  expect([empty.code, empty.err]).toEqual([1, expect.stringContaining("the platform has no models in this workspace")]);

  rmSync(join(folder, "models"), { recursive: true });
  await platform.uploadModel(a);
  const neither = await generate();
  expect([neither.code, neither.err]).toEqual([
    1,
    expect.stringMatching(
      /nothing says the ports of the platform's models: 'a': no model file has its digest 17226e4dc518…, and the platform has no schemas of it/,
    ),
  ]);

  // Schemas of two models, one as pyarrow writes it; none of `a`; those of `c1` are damaged.
  const stored = async (model: typeof champ | typeof c2 | typeof c1, name: string, input: string, output: string) => {
    const version = await platform.uploadModel(model, { name });
    await version.configure({ inputSchema: input, outputSchema: output });
  };
  await stored(champ, "champ", schemaText(vectors("embedding", 16)), schemaText(vectors("risk", 1), times("at")));
  await stored(c2, "c2", schemaText(vectors("x", null)), pyarrowScore);
  await stored(c1, "c1", "damaged", pyarrowScore);
  const byPlatform = await generate("--json");
  expect(byPlatform.code, byPlatform.err).toBe(0);
  const { models, leftOut, disagreements } = JSON.parse(byPlatform.out) as Record<string, unknown>;
  expect(models).toMatchObject([
    { name: "c2", sha256: c2.sha256, inputs: [{ name: "x", shape: ["batch", null] }] },
    { name: "champ", outputs: [{ name: "risk" }, { name: "at", unsupported: expect.stringContaining("Timestamp") }] },
  ]);
  expect(leftOut).toEqual([
    { name: "a", reason: expect.stringContaining("the platform has no schemas of it") },
    { name: "c1", reason: expect.stringContaining("its input schema is no Arrow schema in base64") },
  ]);
  expect(disagreements).toEqual([]);
  expect(byPlatform.typings).toMatch(
    /name: "champ",\s+version: "[0-9a-f-]{36}",\s+sha256: "a2918d6d.{56}",\s+inputs: \{ embedding: \{ dtype: "float32", shape: \["batch", 16\] \} \},\s+outputs: \{ risk: /,
  );
  expect(byPlatform.typings).toContain(
    " * The ports are those of the platform's schemas: there was no model file with this digest.",
  );
  expect((await generate("--check")).code).toBe(0);

  // With a file: its ports, and what contradicts them is named. A second name of a file gets typings, too.
  cpSync(join(root, "examples/fraud/models"), join(folder, "models"), { recursive: true });
  await stored(champ, "champ", schemaText(vectors("embedding", 17)), schemaText(vectors("danger", 1)));
  await platform.uploadModel(champ, { name: "twin" });
  const byFile = await generate();
  expect(byFile.code, byFile.err).toBe(0);
  expect(byFile.err.trim().split("\n")).toEqual([
    "'champ': input 'embedding' is float32[batch, 16] in the file and float32[batch, 17] in the platform's schema; the file models/champ.onnx is used",
    "'champ': output 'risk' is float32[batch, 1] in the file and not there in the platform's schema; the file models/champ.onnx is used",
    "'champ': output 'danger' is not there in the file and float32[batch, 1] in the platform's schema; the file models/champ.onnx is used",
  ]);
  expect(byFile.typings.match(/name: "\w+"/g)).toEqual(
    ['"a"', '"c1"', '"c2"', '"champ"', '"twin"'].map((n) => `name: ${n}`),
  );

  // Typings that no file was needed for are enough to deploy and infer.
  rmSync(join(folder, "models"), { recursive: true });
  await (
    await platform.uploadModel(champ)
  ).configure({
    inputSchema: schemaText(vectors("embedding", 16)),
    outputSchema: schemaText(vectors("risk", 1)),
  });
  expect(await generate()).toMatchObject({ code: 0 });
  const { champ: handle } = (await import(join(folder, "platform.gen.ts"))) as {
    readonly champ: Model<
      "champ",
      { embedding: Tensor<"float32", readonly ["batch", 16]> },
      { risk: Tensor<"float32", readonly ["batch", 1]> }
    >;
  };
  const live = await pipeline("by-schemas")
    .model(handle)
    .validate("low", (x) => x.out < 2)
    .deploy(wallaroo({ url, testAuth: true, models: folder }));
  const [row] = await live.infer([{ embedding: Array.from({ length: 16 }, (_, i) => i / 16) }]);
  expect(row?.out.risk[0]).toBeCloseTo(-0.091537, 5);
  expect(row?.anomaly).toEqual({ count: 0, low: false });
});
