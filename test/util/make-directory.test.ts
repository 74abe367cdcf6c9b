import { mkdtempSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeDirectory } from "../../src/util/make-directory.js";

const dir = mkdtempSync(join(tmpdir(), "shapeline-folder-"));
const codeOf = (error: NodeJS.ErrnoException) => error.code;

describe("a folder is made", () => {
  test("with those above it, once and again, and by several at once", async () => {
    const path = join(dir, "a", "b", "c");
    await Promise.all([makeDirectory(path), makeDirectory(path), makeDirectory(join(dir, "a", "b", "d"))]);
    await makeDirectory(path);
    expect(statSync(path).isDirectory()).toBe(true);
  });

  test("through a link to a folder, and not through one to nowhere", async () => {
    await makeDirectory(join(dir, "real"));
    symlinkSync("real", join(dir, "link"));
    symlinkSync("nowhere", join(dir, "dangling"));
    await makeDirectory(join(dir, "link", "sub"));
    expect(statSync(join(dir, "real", "sub")).isDirectory()).toBe(true);
    expect(await makeDirectory(join(dir, "dangling", "sub")).catch(codeOf)).toBe("EEXIST");
  });

  test("not where a file stands", async () => {
    writeFileSync(join(dir, "file"), "");
    expect(await makeDirectory(join(dir, "file")).catch(codeOf)).toBe("EEXIST");
    expect(await makeDirectory(join(dir, "file", "sub", "sub")).catch(codeOf)).toBe("ENOTDIR");
  });

  test.skipIf(process.platform !== "linux")("and an end is come to where the file system takes none", async () => {
    expect(await makeDirectory("/proc/shapeline").catch(codeOf)).toBe("ENOENT");
  });
});
