import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { generateModels, type GenerateOptions } from "../../../codegen/models/generate.js";
import { refusal } from "../../refusal.js";
import { FLOAT, input, model, output, sequenceType, tensorType } from "./onnx/onnx-bytes.js";
import { makeProject, smallModel } from "./workspace.js";

const example = (name: string): string =>
  fileURLToPath(new URL(`../../../examples/fraud/models/${name}`, import.meta.url));
const built = new URL("../../../dist/codegen/models/generate.js", import.meta.url).href;
let cwd = "";

beforeEach(() => {
  cwd = makeProject();
  for (const name of ["champ.onnx", "c1.onnx"]) copyFileSync(example(name), join(cwd, "models", name));
});

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), content);
}

const generated = (): string => readFileSync(join(cwd, "models.gen.ts"), "utf8");
const generate = (over: Partial<GenerateOptions> = {}) => generateModels({ models: ["models/*.onnx"], cwd, ...over });

const generateRefusal = (over: Partial<GenerateOptions> = {}): Promise<string> => refusal(generate(over), [cwd, ""]);

describe("writing", () => {
  test("writes one file for all models and leaves no temporary files", async () => {
    const result = await generate();
    expect(generated()).toBe(result.text);
    expect(result.models.map(({ name, file }) => ({ name, file }))).toEqual([
      { name: "c1", file: "models/c1.onnx" },
      { name: "champ", file: "models/champ.onnx" },
    ]);
    expect(result).toMatchObject({ out: join(cwd, "models.gen.ts"), changed: true });
    expect(readdirSync(cwd).sort()).toEqual(["models", "models.gen.ts"]);
  });

  test("writes no absolute paths", async () => {
    await generate({ models: [join(cwd, "models")] });
    expect(generated()).not.toContain(cwd);
  });

  test("does not touch a file that is up to date, even with CRLF line ends", async () => {
    await generate();
    writeFileSync(join(cwd, "models.gen.ts"), generated().replaceAll("\n", "\r\n"));
    utimesSync(join(cwd, "models.gen.ts"), 1_000, 1_000);
    expect(await generate()).toMatchObject({ changed: false, differences: [] });
    expect(statSync(join(cwd, "models.gen.ts")).mtimeMs).toBe(1_000_000);
  });

  test("creates missing folders of the output path", async () => {
    const { out, text } = await generate({ out: "src/generated/models.ts", importFrom: "../../dsl/index.js" });
    expect(readFileSync(out, "utf8")).toBe(text);
    expect(text).toContain('from "../../dsl/index.js";');
  });

  test("does not overwrite a file that was written by hand", async () => {
    write("models.gen.ts", "export const mine = 1;\n");
    expect(await generateRefusal()).toMatchInlineSnapshot(
      `"SL3017 '/models.gen.ts' was not written by \`shapeline generate\`, so it is not overwritten. Move it or choose another path with --out."`,
    );
    expect(generated()).toBe("export const mine = 1;\n");
  });

  test("writes nothing if one model is damaged", async () => {
    write("models/bad.onnx", smallModel(3).subarray(0, 40));
    expect(await generateRefusal()).toMatchInlineSnapshot(
      `"SL3011 model file '/models/bad.onnx' is cut off: at byte 12 a field claims 47 bytes but the file ends after 26. Export it or download it again."`,
    );
    expect(readdirSync(cwd)).toEqual(["models"]);
  });

  test("reports an output path that cannot be written", async () => {
    write("file", "");
    expect(await generateRefusal({ out: "file/models.gen.ts" })).toMatchInlineSnapshot(
      `"SL7030 '/file/models.gen.ts' cannot be written: a part of the path is a file, not a folder; choose another place with --out"`,
    );
    mkdirSync(join(cwd, "folder.ts"));
    expect(await generateRefusal({ out: "folder.ts" })).toMatchInlineSnapshot(
      `"SL7030 '/folder.ts' cannot be written: it is a folder; choose another path with --out"`,
    );
  });

  test("refuses an output without a TypeScript extension", async () => {
    expect(await generateRefusal({ out: "models.gen.js" })).toMatchInlineSnapshot(
      `"SL3056 '/models.gen.js' cannot be written: the generated file is TypeScript code, so its name must end in .ts, .mts or .cts (not .d.ts). Choose another name with --out or 'out'."`,
    );
    for (const out of ["models", "models.gen.d.ts", "models.gen.json", "ts"])
      expect(await generateRefusal({ out })).toMatch(/^SL3056 /);
    expect((await generate({ out: "models.gen.mts" })).changed).toBe(true);
  });
});

describe("selecting models", () => {
  const files = async (...models: string[]): Promise<(string | undefined)[]> =>
    (await generate({ models, check: true })).models.map(({ file }) => file);

  test.each([
    ["a path", ["models/c1.onnx"], ["models/c1.onnx"]],
    ["a folder", ["models"], ["models/c1.onnx", "models/champ.onnx"]],
    ["a star", ["models/c*.onnx"], ["models/c1.onnx", "models/champ.onnx"]],
    ["a question mark", ["models/c?.onnx"], ["models/c1.onnx"]],
    ["a star for a folder", ["*/champ.onnx"], ["models/champ.onnx"]],
    ["two stars at the start", ["**/*.onnx"], ["models/c1.onnx", "models/champ.onnx", "models/deep/er/d.onnx"]],
    ["two stars in the middle", ["models/**/d.onnx"], ["models/deep/er/d.onnx"]],
    ["two stars at the end", ["models/deep/**"], ["models/deep/er/d.onnx"]],
    ["a path with dots", ["./models/../models/c1.onnx"], ["./models/../models/c1.onnx"]],
    ["the same file twice", ["models/c1.onnx", "models/c*.onnx"], ["models/c1.onnx", "models/champ.onnx"]],
    ["many consecutive stars", [`models/c${"*".repeat(40)}.onnx`], ["models/c1.onnx", "models/champ.onnx"]],
  ])("%s", async (_, patterns, expected) => {
    write("models/deep/er/d.onnx", smallModel(3));
    write("models/.hidden.onnx", smallModel(3));
    write("node_modules/some/x.onnx", smallModel(3));
    write("models/deep/.git/y.onnx", smallModel(3));
    expect(await files(...patterns)).toEqual(expected);
  });

  test("expands an absolute glob", async () => {
    expect(await files(join(cwd, "models", "*.onnx"))).toEqual([
      join(cwd, "models/c1.onnx"),
      join(cwd, "models/champ.onnx"),
    ]);
  });

  test("an existing file whose name looks like a glob is read as a file", async () => {
    write("what?.onnx", smallModel(3));
    write("whats.onnx", smallModel(3));
    expect(await files("what?.onnx")).toEqual(["what?.onnx"]);
  });

  test("refuses URLs of other schemes", async () => {
    expect([
      await generateRefusal({ models: ["s3://bucket/fraud.onnx"] }),
      await generateRefusal({ models: ["file:///srv/models/a%20b.onnx"] }),
      await generateRefusal({ models: ["file://far/x.onnx"] }),
    ]).toMatchInlineSnapshot(`
      [
        "SL3000 cannot read model file 's3://bucket/fraud.onnx': only http: and https: URLs are supported, and only for model metadata. Download the file and give its path.",
        "SL3000 cannot read model file 'file:///srv/models/a%20b.onnx': give its path: '/srv/models/a b.onnx'.",
        "SL3000 cannot read model file 'file://far/x.onnx': give its path.",
      ]
    `);
    expect(await generateRefusal({ overrides: { c1: { sources: ["gs://bucket/metadata.json"] } } })).toMatch(
      /^SL3000 cannot read model file 'gs:/,
    );
  });

  test("reports braces and brackets as a glob without a match, unless such a file exists", async () => {
    expect(await generateRefusal({ models: ["models/{c1,champ}.onnx"] })).toMatchInlineSnapshot(
      `"SL3015 'models/{c1,champ}.onnx' matches no model file in ''. Check the path; a glob may contain *, ** and ?."`,
    );
    write("models/a[1].onnx", smallModel(3));
    expect(await files("models/a[1].onnx")).toEqual(["models/a[1].onnx"]);
  });

  test("refuses patterns without a match", async () => {
    mkdirSync(join(cwd, "empty"));
    expect([
      await generateRefusal({ models: ["nets/*.onnx"] }),
      await generateRefusal({ models: ["models", "empty"] }),
      await generateRefusal({ models: [] }),
      await generateRefusal({ models: ["no.onnx"] }),
    ]).toMatchInlineSnapshot(`
      [
        "SL3015 'nets/*.onnx' matches no model file in ''. Check the path; a glob may contain *, ** and ?.",
        "SL3015 the folder 'empty' contains no .onnx file. Name other files by their paths; for subfolders use a glob such as '**/*.onnx'.",
        "SL3015 no model files were named. Give paths, folders or globs, such as 'models/*.onnx'.",
        "SL3000 cannot read model file '/no.onnx': there is no such file. Check the path.",
      ]
    `);
  });

  test.skipIf(process.platform === "win32")(
    "follows links, ignores folder loops, and refuses broken links",
    async () => {
      symlinkSync(join(cwd, "models/c1.onnx"), join(cwd, "models/linked.onnx"));
      symlinkSync(cwd, join(cwd, "models/ring"));
      expect(await files("models/*.onnx")).toEqual(["models/c1.onnx", "models/champ.onnx", "models/linked.onnx"]);
      expect(await files("**/*.onnx")).toEqual(["models/c1.onnx", "models/champ.onnx", "models/linked.onnx"]);
      symlinkSync(join(cwd, "gone.onnx"), join(cwd, "models/z.onnx"));
      expect(await generateRefusal()).toMatchInlineSnapshot(
        `"SL3000 cannot read model file '/models/z.onnx': there is no such file. Check the path."`,
      );
      rmSync(join(cwd, "models/z.onnx"));
      symlinkSync(join(cwd, "models/z.onnx"), join(cwd, "models/z.onnx"));
      expect(await generateRefusal()).toMatchInlineSnapshot(
        `"SL3000 cannot read model file '/models/z.onnx': its symbolic links form a loop. Give the path of the file itself."`,
      );
    },
  );

  test.skipIf(process.platform === "win32")(
    "suggests forward slashes for a Windows path on other systems",
    async () => {
      expect(await generateRefusal({ models: ["models\\c1.onnx"] })).toMatchInlineSnapshot(
        `"SL3000 cannot read model file '/models\\c1.onnx': there is no such file, but '/models/c1.onnx' exists. Write the path with '/'."`,
      );
    },
  );

  test("reads 300 models from a folder with 5,000 other files", async () => {
    for (let i = 0; i < 5000; i++) write(`many/note-${i}.txt`, "");
    for (let i = 0; i < 300; i++) write(`many/m${i}.onnx`, smallModel(i + 1));
    expect((await generate({ models: ["many"], check: true })).models).toHaveLength(300);
  });

  test.skipIf(process.getuid?.() !== 0)("reports files and folders without read permission", () => {
    write("models/locked.onnx", smallModel(3));
    chmodSync(join(cwd, "models/locked.onnx"), 0);
    mkdirSync(join(cwd, "shut"));
    chmodSync(join(cwd, "shut"), 0);
    for (let path = cwd; path !== tmpdir(); path = dirname(path)) chmodSync(path, 0o755);
    // Root can read everything, so another user reads them.
    const readAsOther = (pattern: string): string =>
      execFileSync(
        process.execPath,
        [
          "-e",
          `process.setuid(65534); import(${JSON.stringify(built)}).then(({ generateModels }) => generateModels({ models: [${JSON.stringify(pattern)}], cwd: ${JSON.stringify(cwd)}, check: true })).then(() => console.log("read"), (e) => console.log(e.code, e.message))`,
        ],
        { encoding: "utf8" },
      ).replaceAll(cwd, "");
    expect([readAsOther("models/*.onnx"), readAsOther("shut/*.onnx")]).toMatchInlineSnapshot(`
      [
        "SL3000 cannot read model file '/models/locked.onnx': this user has no permission to read it. Check its permissions.
      ",
        "SL3000 cannot read the folder '/shut': this user has no permission to list it. Check its permissions.
      ",
      ]
    `);
  });

  test("refuses two files with the same model name and names both", async () => {
    write("models/a_b.onnx", smallModel(3));
    write("models/a.b.onnx", smallModel(3));
    expect(await generateRefusal()).toMatchInlineSnapshot(
      `"SL3014 'models/a.b.onnx' and 'models/a_b.onnx' would both become model 'a-b'. Rename one of the files, or set another name in the settings: overrides: { "models/a_b.onnx": { name: "…" } }. If both describe the same model, list one under 'sources' there."`,
    );
  });

  test("refuses a model without a usable output", async () => {
    write(
      "models/z.onnx",
      model(input("x", tensorType(FLOAT, ["N", 3])), output("z", sequenceType(tensorType(FLOAT, [])))),
    );
    expect(await generateRefusal()).toMatchInlineSnapshot(
      `"SL3013 model 'z' (models/z.onnx) has no output that a pipeline can use: 'z' is a sequence of tensors of float32: export the model with one tensor instead"`,
    );
  });
});

describe("checking", () => {
  test("reports changes in documentation, operator sets and port order", async () => {
    const describedAs = (doc: string, ports: readonly string[]): void =>
      write(
        "models/d.json",
        JSON.stringify({
          name: "d",
          sha256: "d".repeat(64),
          doc,
          producer: `trainer ${doc.length}`,
          inputs: ports.map((name) => ({ name, dtype: "bool", shape: ["batch"] })),
          outputs: [{ name: "y", dtype: "bool", shape: ["batch"] }],
        }),
      );
    describedAs("How it was", ["a", "b", "c"]);
    await generate({ models: ["models/d.json"] });
    describedAs(`How it is now${"!".repeat(100)}`, ["c", "a", "d"]);
    expect((await generate({ models: ["models/d.json"], check: true })).differences).toMatchInlineSnapshot(`
      [
        "d.b: input removed, it was bool[batch]",
        "d.d: input added, bool[batch]",
        "d: inputs reordered: a, c -> c, a",
        "d: made from d.json, by trainer 10 -> d.json, by trainer 113",
        "d: documentation removed: How it was",
        "d: documentation added: How it is now!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!…",
      ]
    `);
  });

  test("reports no differences if the file is up to date, and writes nothing", async () => {
    expect(await generate({ check: true })).toMatchObject({ changed: true });
    expect(readdirSync(cwd)).toEqual(["models"]);
    await generate();
    expect(await generate({ check: true })).toMatchObject({ changed: false, differences: [] });
  });

  test("reports changes per model and port", async () => {
    write(
      "models/net.onnx",
      smallModel(29, output("old", tensorType(FLOAT, ["N"])), output("z", tensorType(FLOAT, null))),
    );
    await generate();
    const before = generated();
    write(
      "models/net.onnx",
      model(
        input("x", tensorType(FLOAT, ["N", 30])),
        input("__proto__", tensorType(FLOAT, ["N"])),
        output("y", tensorType(11, ["N", 1])),
        output("z", tensorType(FLOAT, ["N", "k", null])),
      ),
    );
    write("models/new.onnx", smallModel(4));
    const { differences } = await generate({ models: ["models/c1.onnx", "models/n*.onnx"], check: true });
    expect(generated()).toBe(before);
    expect(differences).toMatchInlineSnapshot(`
      [
        "champ: model removed",
        "net: sha256 b56df56b… -> ae2e782a…",
        "net.x: 29 -> 30 features",
        "net.__proto__: input added, float32[batch]",
        "net.y: float32[batch, 1] -> float64[batch, 1]",
        "net.old: output removed, it was float32[batch]",
        "net.z: float32[...] -> float32[batch, k, ?]",
        "new: model added",
      ]
    `);
  });

  test("reports a file with the same models that was edited or formatted", async () => {
    await generate();
    writeFileSync(join(cwd, "models.gen.ts"), generated().replaceAll('"', "'"));
    expect((await generate({ check: true })).differences).toMatchInlineSnapshot(`
      [
        "models.gen.ts: the same models, but edited, formatted or written by another version",
      ]
    `);
  });

  test("reports a file that was written by hand or that does not parse", async () => {
    write("models.gen.ts", "export const mine = 1;\n");
    expect((await generate({ check: true })).differences).toMatchInlineSnapshot(`
      [
        "models.gen.ts: it was not written by \`shapeline generate\`",
      ]
    `);
    await generate({ out: "other.ts" });
    writeFileSync(join(cwd, "other.ts"), readFileSync(join(cwd, "other.ts"), "utf8").slice(0, 700));
    expect((await generate({ out: "other.ts", check: true })).differences).toMatchInlineSnapshot(`
      [
        "c1: model added",
        "champ: model added",
      ]
    `);
  });
});
