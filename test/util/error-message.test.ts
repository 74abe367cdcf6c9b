import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { StorageError } from "../../dsl/errors.js";
import { chooseLayout } from "../../src/cli/init/layout.js";
import { writeProject } from "../../src/cli/init/new-files.js";
import { readError } from "../../src/logs/read/read-pages.js";
import { isProgramFault, isSystemError } from "../../src/util/error-message.js";
import { writeFileAtomic } from "../../src/util/files/write-file-atomic.js";

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-errors-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const failure = (work: Promise<unknown>): Promise<unknown> => work.then(() => null).catch((error: unknown) => error);

/** What a fault in our own code would hand on. */
const noText = undefined as unknown as string;

it("tells errors of the system from faults in our own code", async () => {
  const missing = await failure(readFile(join(newFolder(), "none")));
  const wrongPath = await failure(readFile("a\0b"));
  const wrongType = await failure(readFile(noText));
  const ours = (() => {
    try {
      return noText.length;
    } catch (error) {
      return error;
    }
  })();
  expect([missing, wrongPath, wrongType, ours, "text"].map(isSystemError)).toEqual([true, true, false, false, false]);
  expect([missing, wrongPath, wrongType, ours, "text"].map(isProgramFault)).toEqual([false, false, true, true, false]);
});

it("a fault while files are written is not reported as a problem of the storage", async () => {
  const folder = newFolder();
  expect(await failure(writeFileAtomic(join(folder, "file"), noText))).toBeInstanceOf(TypeError);
  const files = [{ path: "file", content: noText }];
  expect(await failure(writeProject(folder, chooseLayout(null, null), files))).toBeInstanceOf(TypeError);
  const inNoFolder = await failure(writeProject("/dev/null/app", chooseLayout(null, null), []));
  expect(inNoFolder).toBeInstanceOf(StorageError);
  expect(String(inNoFolder)).toBe(
    "StorageError: the project's files cannot be written to '/dev/null/app': a part of the path is a file, not a folder; name another folder: shapeline init <folder>",
  );
});

it("a fault while the log is read is not reported as a problem of the log", () => {
  const fault = new TypeError("x is not a function");
  expect(readError(fault)).toBe(fault);
  expect(readError(new Error("IO Error: disk"))).toMatchObject({
    code: "SL7010",
    message: "the log cannot be read: IO Error: disk",
  });
});
