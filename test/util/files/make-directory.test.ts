import { mkdtempSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeDirectory } from "../../../src/util/files/make-directory.js";

const dir = mkdtempSync(join(tmpdir(), "shapeline-folder-"));
const codeOf = (error: NodeJS.ErrnoException) => error.code;

describe("makeDirectory", () => {
  test("creates a folder and its parents, repeatedly and concurrently", async () => {
    const path = join(dir, "a", "b", "c");
    await Promise.all([makeDirectory(path), makeDirectory(path), makeDirectory(join(dir, "a", "b", "d"))]);
    await makeDirectory(path);
    expect(statSync(path).isDirectory()).toBe(true);
  });

  test("follows a link to a folder, but not a dangling link", async () => {
    await makeDirectory(join(dir, "real"));
    symlinkSync("real", join(dir, "link"));
    symlinkSync("nowhere", join(dir, "dangling"));
    await makeDirectory(join(dir, "link", "sub"));
    expect(statSync(join(dir, "real", "sub")).isDirectory()).toBe(true);
    expect(await makeDirectory(join(dir, "dangling", "sub")).catch(codeOf)).toBe("EEXIST");
  });

  test("fails if a file is in the way", async () => {
    writeFileSync(join(dir, "file"), "");
    expect(await makeDirectory(join(dir, "file")).catch(codeOf)).toBe("EEXIST");
    expect(await makeDirectory(join(dir, "file", "sub", "sub")).catch(codeOf)).toBe("ENOTDIR");
  });

  test.skipIf(process.platform !== "linux")("ends with an error on a file system that accepts no folders", async () => {
    expect(await makeDirectory("/proc/shapeline").catch(codeOf)).toBe("ENOENT");
  });
});
