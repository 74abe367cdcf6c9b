import { copyFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { project, shapeline } from "./shapeline.js";

const config = `import { defineConfig } from "shapeline/codegen";
export default defineConfig({
  models: ["models/c*.onnx"],
  out: "src/models.gen.ts",
  overrides: { champ: { name: "control", version: "7", labels: { risk: ["risk"] } } },
  targets: { local: { models: "models", data: "store" } },
});
`;

describe("the settings file", () => {
  it("sets what `generate` reads and writes; the command line overrides it", async () => {
    const folder = project("fraud");
    writeFileSync(join(folder, "shapeline.config.ts"), config);
    expect(await shapeline(folder, ["generate"])).toMatchObject({
      code: 0,
      err: "",
      out: expect.stringContaining("wrote src/models.gen.ts: 3 models"),
    });
    const text = readFileSync(join(folder, "src/models.gen.ts"), "utf8");
    expect(text).toContain('name: "control",\n  version: "7",');
    expect(await shapeline(folder, ["generate", "--check"])).toMatchObject({ code: 0 });
    const own = await shapeline(folder, ["generate", "models/a.onnx", "--out", "mine.ts", "--json"]);
    expect(JSON.parse(own.out)).toMatchObject({ out: "mine.ts", models: [{ name: "a" }] });
    const split = await shapeline(folder, ["generate", "--split", "--out", "s.gen.ts"]);
    expect(split).toMatchObject({ code: 0 });
    expect(existsSync(join(folder, "s.gen/control.ts"))).toBe(true);
    const other = await shapeline(folder, ["generate", "--config", "no.json", "--json"]);
    expect(JSON.parse(other.out)).toMatchObject({ error: { code: "SL4051" } });
    expect(other.code).toBe(1);
  });

  it("makes --check exit with 2 and print what changed", async () => {
    const folder = project("fraud");
    await shapeline(folder, ["generate", "models/c*.onnx"]);
    writeFileSync(
      join(folder, "shapeline.config.json"),
      JSON.stringify({ models: ["models/c*.onnx"], overrides: { champ: { version: "8" } } }),
    );
    const check = await shapeline(folder, ["generate", "--check"]);
    expect(check.code).toBe(2);
    expect(check.out).toContain("champ: version 1 -> 8\n");
  });

  it("sets the data folder of the embedded engine", async () => {
    const folder = project("fraud");
    writeFileSync(
      join(folder, "shapeline.config.json"),
      JSON.stringify({ targets: { local: { models: "models", data: "store" } } }),
    );
    for (const args of [["generate"], ["compile"], ["deploy", "fraud.pipeline.json"]])
      expect(await shapeline(folder, args)).toMatchObject({ code: 0 });
    expect(existsSync(join(folder, "store"))).toBe(true);
    // The compilation cache stays in .shapeline.
    expect(readdirSync(join(folder, ".shapeline"))).toEqual([".gitignore", "cache"]);
    expect(JSON.parse((await shapeline(folder, ["pipelines", "--json"])).out)).toMatchObject([{ name: "fraud" }]);
  });
});

describe("shapeline models", () => {
  it("prints a table of ports, sizes, operator sets and digests", async () => {
    const folder = project("fraud");
    writeFileSync(join(folder, "shapeline.config.ts"), config);
    expect((await shapeline(folder, ["models"])).out).toMatchInlineSnapshot(`
      "name     version  inputs                          outputs                     size     opset             digest
      -------  -------  ------------------------------  --------------------------  -------  ----------------  ------------
      c1       1        float_input float32[batch, 16]  variable float32[batch, 1]  243 B    17                9410caae0bf5
      c2       1        x float32[batch, 16]            score float32[batch, 1]     2.9 kB   17                d6cfa45f6ffa
      control  7        embedding float32[batch, 16]    risk float32[batch, 1]      66.3 kB  17, ai.onnx.ml 3  a2918d6d6bcf
      "
    `);
    const [first] = (JSON.parse((await shapeline(folder, ["models", "--json"])).out) as { models: object[] }).models;
    expect(first).toMatchObject({
      name: "c1",
      size: expect.any(Number),
      opset: { "": 17 },
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      file: "models/c1.onnx",
    });
  });

  it("lists the readable models and reports an error for each other file", async () => {
    const folder = project("fraud");
    copyFileSync(join(folder, "models/c1.onnx"), join(folder, "models/c9.onnx"));
    truncateSync(join(folder, "models/c9.onnx"), 100);
    const run = await shapeline(folder, ["models", "models/c*.onnx"]);
    expect(run.code).toBe(1);
    expect(run.out.split("\n").map((line) => line.split(" ")[0])).toEqual(["name", "-----", "c1", "c2", "champ", ""]);
    expect(run.err).toMatch(/^error SL3011: model file '.*c9\.onnx' is cut off/);
    expect(JSON.parse((await shapeline(folder, ["models", "models/c*.onnx", "--json"])).out)).toMatchObject({
      problems: [{ code: "SL3011", file: "models/c9.onnx" }],
    });
  });

  it("escapes terminal control characters in tables and errors", async () => {
    const folder = project("fraud");
    const name = "x\u001b[2J\u0007\n\u202e";
    const file = (shape: unknown): void =>
      writeFileSync(
        join(folder, "odd.json"),
        JSON.stringify({
          name: "odd",
          inputs: [{ name, dtype: "bool", shape }],
          outputs: [{ name: "y", dtype: "bool", shape: ["batch"] }],
        }),
      );
    file(["batch"]);
    expect((await shapeline(folder, ["models", "odd.json"])).out).toContain(
      "x\\u001b[2J\\u0007\\u000a\\u202e bool[batch]",
    );
    file("\u001b[2J");
    const { err, code } = await shapeline(folder, ["generate", "odd.json"]);
    expect([code, err.includes("\u001b")]).toEqual([1, false]);
  });
});
