import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { compileProject, type CompileProjectOptions } from "../../../codegen/project/compile-project.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const model = (
  version: string,
) => `export const scorer = defineModel({ name: "scorer", version: "${version}", sha256: "0".repeat(64),
  inputs: { amount: { dtype: "float64", shape: ["batch", 1] } }, outputs: { score: { dtype: "float64", shape: ["batch", 1] } } });`;

let folder = "";
const put = (files: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
};
const pipelineText = (extra: string) => `${extra}
  import { pipeline } from "shapeline";
  import { scorer } from "./models.gen.js";
  console.log("it runs");
  export const p = pipeline("p").model(scorer).validate("low", (x) => x.out.score[0] < LIMIT);`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "shapeline-cache-"));
  put({
    "tsconfig.json": JSON.stringify({ extends: "./base.json", include: ["src"] }),
    "base.json": JSON.stringify({ compilerOptions: { target: "es2022", module: "nodenext" } }),
    "package.json": JSON.stringify({ name: "app", type: "module" }),
    // Shapeline, as an installed package.
    "node_modules/shapeline/package.json": readFileSync(join(root, "package.json"), "utf8"),
    "src/limits.ts": "export const LIMIT = 1;",
    "src/models.gen.ts": `import { defineModel } from "shapeline";\n${model("1")}`,
    "src/p.pipeline.ts": pipelineText('import { LIMIT } from "./limits.js";'),
  });
  symlinkSync(join(root, "dist"), join(folder, "node_modules/shapeline/dist"), "dir");
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  vi.restoreAllMocks();
});

/** Compiles the project. `ran`: the module was run; `texts`: the model versions and the limits of validations. */
async function compile(options: CompileProjectOptions = {}) {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const { configs, problems } = await compileProject({ cwd: folder, cache: true, ...options });
  const ran = log.mock.calls.length > 0;
  log.mockRestore();
  expect(problems).toEqual([]);
  const texts = configs.flatMap(({ config }) => [
    ...config.models.map((m) => m.version),
    ...config.steps.flatMap((s) =>
      s.kind === "validation" ? [s.expression.strings.javascript?.replace(/^.* < /, "")] : [],
    ),
  ]);
  return { ran, texts: texts.join(" ") };
}

describe("if no input has changed", () => {
  test("no module runs, and the configs are the same, byte for byte", async () => {
    const first = await compileProject({ cwd: folder, cache: true });
    expect(await compile()).toEqual({ ran: false, texts: "1 1" });
    const second = await compileProject({ cwd: folder, cache: true });
    expect(second.configs).toEqual(first.configs);
    expect(await compile({ cache: false })).toMatchObject({ ran: true });
  });

  test("written configs do not count as a change", async () => {
    const { configs } = await compileProject({ cwd: folder, cache: true });
    for (const { path, text } of configs) writeFileSync(path, text);
    expect(await compile()).toMatchObject({ ran: false });
    const again = await compileProject({ cwd: folder, cache: true });
    expect(again.configs.map((c) => c.changed)).toEqual([false]);
    writeFileSync(configs[0]?.path ?? "", "{}");
    expect((await compileProject({ cwd: folder, cache: true })).configs.map((c) => c.changed)).toEqual([true]);
  });
});

describe("a change of each kind of input is detected", () => {
  /** Compiles before and after a change, and checks that the cache was used in between. */
  async function compileAround(
    files: Readonly<Record<string, string>>,
    change: () => void,
    options: CompileProjectOptions = {},
  ) {
    put(files);
    const before = await compile(options);
    expect(before.ran).toBe(true);
    expect(await compile(options)).toEqual({ ran: false, texts: before.texts });
    change();
    const after = await compile(options);
    return [before.texts, after.texts, after.ran];
  }
  const limit = (text: string) => ({ "src/limits.ts": text });
  const dependency = (version: string, value: number) => ({
    "node_modules/limits/package.json": JSON.stringify({
      name: "limits",
      version,
      type: "module",
      exports: "./index.js",
    }),
    "node_modules/limits/index.js": `export const LIMIT = ${value};`,
  });

  test("an imported constant", async () => {
    expect(await compileAround({}, () => put(limit("export const LIMIT = 2;")))).toEqual(["1 1", "1 2", true]);
  });

  test("a model's typing", async () => {
    expect(
      await compileAround({}, () =>
        put({ "src/models.gen.ts": `import { defineModel } from "shapeline";\n${model("7")}` }),
      ),
    ).toEqual(["1 1", "7 1", true]);
  });

  test("the tsconfig, and one that it extends", async () => {
    expect((await compileAround({}, () => appendFileSync(join(folder, "tsconfig.json"), "\n"))).at(-1)).toBe(true);
    expect(await compile()).toMatchObject({ ran: false });
    put({ "base.json": JSON.stringify({ compilerOptions: { target: "es2022", module: "nodenext", strict: true } }) });
    expect(await compile()).toMatchObject({ ran: true });
    expect(await compile({ files: ["src/p.pipeline.ts"] })).toMatchObject({ ran: true });
    expect(await compile({ files: ["src/p.pipeline.ts"] })).toMatchObject({ ran: false });
    appendFileSync(join(folder, "base.json"), "\n");
    expect(await compile({ files: ["src/p.pipeline.ts"] })).toMatchObject({ ran: true });
  });

  test("the version of a package", async () => {
    // Node caches the loaded module, so the value stays that of the first load. Only `ran` matters here.
    const files = { ...dependency("1.0.0", 3), ...limit('export { LIMIT } from "limits";') };
    expect(await compileAround(files, () => put(dependency("1.0.1", 4)))).toEqual(["1 3", expect.any(String), true]);
  });

  test("a lock file, which lists indirect dependencies", async () => {
    expect(
      (
        await compileAround({ ...dependency("1.0.0", 3), ...limit('export { LIMIT } from "limits";') }, () =>
          put({ "package-lock.json": "{}" }),
        )
      ).at(-1),
    ).toBe(true);
    put({ "node_modules/.package-lock.json": "{}" });
    expect(await compile()).toMatchObject({ ran: true });
  });

  test("a file of a package of the same workspace", async () => {
    put({
      "packages/shared/package.json": JSON.stringify({ name: "shared", type: "module", exports: "./lib/index.js" }),
      "packages/shared/lib/index.js": 'export * from "./deep/limit.js";',
      "packages/shared/lib/deep/limit.js": "export const LIMIT = 5;",
    });
    symlinkSync("../packages/shared", join(folder, "node_modules/shared"), "dir");
    expect(
      (
        await compileAround(limit('export { LIMIT } from "shared";'), () =>
          put({ "packages/shared/lib/deep/limit.js": "export const LIMIT = 6;" }),
        )
      ).at(-1),
    ).toBe(true);
  });

  test("an environment variable that a module reads, but not another one", async () => {
    vi.stubEnv("LIMIT_OF_TEST", "5");
    const files = limit("export const LIMIT = Number(process.env.LIMIT_OF_TEST ?? 7);");
    expect(await compileAround(files, () => vi.stubEnv("LIMIT_OF_TEST", "6"))).toEqual(["1 5", "1 6", true]);
    vi.stubEnv("ANOTHER_OF_TEST", "1");
    expect(await compile()).toMatchObject({ ran: false });
    vi.stubEnv("LIMIT_OF_TEST", undefined);
    expect(await compile()).toEqual({ ran: true, texts: "1 7" });
    vi.unstubAllEnvs();
  });

  test("a file that a package reads while it is loaded", async () => {
    const files = {
      "limit.txt": "8",
      "node_modules/reads/package.json": JSON.stringify({ name: "reads", version: "1.0.0", main: "index.cjs" }),
      "node_modules/reads/index.cjs": `exports.LIMIT = Number(require("node:fs").readFileSync(${JSON.stringify(join(folder, "limit.txt"))}, "utf8"));`,
      ...limit('export { LIMIT } from "reads";'),
    };
    expect((await compileAround(files, () => put({ "limit.txt": "9" }))).at(-1)).toBe(true);
  });

  test("a new pipeline file, and a new file that an import now resolves to", async () => {
    expect(
      await compileAround({}, () =>
        put({
          "src/deep/q.pipeline.ts": pipelineText("const LIMIT = 3;")
            .replaceAll('"p"', '"q"')
            .replace("./models", "../models"),
        }),
      ),
    ).toEqual(["1 1", "1 3 1 1", true]);
    put({ "src/limits.js": "export const LIMIT = 4;" });
    expect((await compile()).ran).toBe(true);
  });

  test("the options", async () => {
    expect(await compileAround({}, () => undefined)).toEqual(["1 1", "1 1", false]);
    expect(await compile({ out: join(folder, "configs") })).toMatchObject({ ran: true });
    expect(await compile({ files: ["src/p.pipeline.ts"] })).toMatchObject({ ran: true });
  });
});

describe("results that may vary are not cached", () => {
  test.each([
    ["the clock", "export const LIMIT = new Date(0).getFullYear();"],
    ["random numbers", "export const LIMIT = Math.random() * 0 + 1;"],
    ["the file system", 'import { existsSync } from "node:fs"; export const LIMIT = Number(existsSync("."));'],
    ["the process", "export const LIMIT = process.argv.length * 0 + 1;"],
    ["the whole environment", "export const LIMIT = Object.keys({ ...process.env }).length * 0 + 1;"],
    ["a dynamic import", 'const name = "./limits.js"; export const LIMIT = [() => import(name)].length;'],
  ])("%s", async (_, text) => {
    put({ "src/limits.ts": text });
    await compile();
    expect(await compile()).toMatchObject({ ran: true });
  });

  test("files with problems", async () => {
    put({ "src/limits.ts": 'export const LIMIT = "text";' });
    for (const _ of [1, 2]) expect((await compileProject({ cwd: folder, cache: true })).problems).toHaveLength(1);
    expect(readdirSync(folder)).not.toContain(".shapeline");
  });
});

test("a truncated or edited cache file is ignored", async () => {
  await compile();
  const cache = join(folder, ".shapeline/cache");
  const path = join(cache, readdirSync(cache)[0] ?? "");
  const text = readFileSync(path, "utf8");
  for (const other of [text.slice(0, -10), text.replace("score", "scare"), ""]) {
    writeFileSync(path, other);
    expect(await compile()).toEqual({ ran: true, texts: "1 1" });
  }
});
