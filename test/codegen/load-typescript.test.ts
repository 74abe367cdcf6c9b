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
import { keepCompiled, loadTypeScript, runWithCache } from "../../codegen/typescript/load.js";
import { ts } from "../../codegen/typescript/typescript.js";

const folder = mkdtempSync(join(tmpdir(), "shapeline-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A package of one module, installed in a project of its own. */
function installed(name: string, code: string): { readonly file: string; readonly cache: string } {
  const modules = join(folder, name, "node_modules");
  mkdirSync(join(modules, "p"), { recursive: true });
  const file = join(modules, "p", "index.js");
  writeFileSync(file, code);
  return { file, cache: join(modules, ".cache", "shapeline") };
}

describe("the TypeScript compiler of the built package", () => {
  it("is the one that ts-morph brings", () => {
    const loaded = loadTypeScript();
    expect(loaded.version).toBe(ts.version);
    expect(loaded.isSourceFile(loaded.createSourceFile("a.ts", "const a = 1;", loaded.ScriptTarget.Latest))).toBe(true);
  });

  it("runs like any CommonJS module, and its compiled code is kept when asked for, once", async () => {
    const { file, cache } = installed(
      "kept",
      "exports.where = __filename; exports.join = require('node:path').join('a', 'b'); exports.self = module.exports === exports;",
    );
    const run = () => runWithCache<{ where: string; join: string; self: boolean }>(file);
    expect(run()).toEqual({ where: file, join: join("a", "b"), self: true });
    expect(() => readdirSync(cache)).toThrow();
    await keepCompiled();
    const [kept = "", ...others] = readdirSync(cache);
    expect(others).toEqual([]);
    expect(run()).toMatchObject({ self: true });
    rmSync(join(cache, kept));
    await keepCompiled();
    expect(readdirSync(cache)).toEqual([]);
  });

  it("is compiled anew where what was kept is broken or of another file", async () => {
    const first = installed("first", "exports.value = 1;");
    runWithCache(first.file);
    await keepCompiled();
    const [kept = ""] = readdirSync(first.cache);
    // Another file of the same size and time has the same name there.
    const second = installed("second", "exports.value = 2;");
    const { atime, mtime } = statSync(first.file);
    utimesSync(second.file, atime, mtime);
    mkdirSync(second.cache, { recursive: true });
    writeFileSync(join(second.cache, kept), "no compiled code");
    expect(runWithCache(second.file)).toEqual({ value: 2 });
    await keepCompiled();
    expect(readFileSync(join(second.cache, kept), "latin1")).not.toBe("no compiled code");
    writeFileSync(first.file, "exports.value = 3.5;");
    expect(runWithCache(first.file)).toEqual({ value: 3.5 });
  });
});
