import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ts as tsOfTsMorph } from "ts-morph";
import { saveCompiledCode, runWithCache, ts } from "../../codegen/typescript.js";

const folder = mkdtempSync(join(tmpdir(), "shapeline-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Installs a package of one module in a new project. */
function install(name: string, code: string): { readonly file: string; readonly cache: string } {
  const modules = join(folder, name, "node_modules");
  mkdirSync(join(modules, "p"), { recursive: true });
  const file = join(modules, "p", "index.js");
  writeFileSync(file, code);
  return { file, cache: join(modules, ".cache", "shapeline") };
}

describe("the TypeScript compiler", () => {
  it("is the one that ts-morph contains", () => {
    expect(ts.version).toBe(tsOfTsMorph.version);
    expect(ts.isSourceFile(ts.createSourceFile("a.ts", "const a = 1;", ts.ScriptTarget.Latest))).toBe(true);
  });
});

describe("the code cache for CommonJS files", () => {
  it("runs a module like `require`, and saves its compiled code once, when asked to", async () => {
    const { file, cache } = install(
      "saved",
      "exports.where = __filename; exports.join = require('node:path').join('a', 'b'); exports.self = module.exports === exports;",
    );
    const run = () => runWithCache<{ where: string; join: string; self: boolean }>(file);
    expect(run()).toEqual({ where: file, join: join("a", "b"), self: true });
    expect(() => readdirSync(cache)).toThrow("ENOENT");
    await saveCompiledCode();
    const [saved = "", ...others] = readdirSync(cache);
    expect(others).toEqual([]);
    expect(run()).toMatchObject({ self: true });
    rmSync(join(cache, saved));
    await saveCompiledCode();
    expect(readdirSync(cache)).toEqual([]);
  });

  it("compiles again if the cached code is broken or belongs to another file", async () => {
    const first = install("first", "exports.value = 1;");
    runWithCache(first.file);
    await saveCompiledCode();
    const [saved = ""] = readdirSync(first.cache);
    // The cache file is named by size and modification time: give the second module the same ones.
    const second = install("second", "exports.value = 2;");
    const { atime, mtime } = statSync(first.file);
    utimesSync(second.file, atime, mtime);
    mkdirSync(second.cache, { recursive: true });
    writeFileSync(join(second.cache, saved), "no compiled code");
    expect(runWithCache(second.file)).toEqual({ value: 2 });
    await saveCompiledCode();
    expect(readFileSync(join(second.cache, saved), "latin1")).not.toBe("no compiled code");
    writeFileSync(first.file, "exports.value = 3.5;");
    expect(runWithCache(first.file)).toEqual({ value: 3.5 });
  });
});
