import { chmodSync, chownSync, lstatSync, mkdirSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { socketPlace } from "../../../src/logs/remote/socket-place.js";
import { newFolder } from "../support/stores.js";

const isRoot = process.getuid?.() === 0;
const uid = process.getuid?.() ?? 0;

/** A folder for temporary files that everybody may write, as /tmp. */
function temporaryFolder(): string {
  const folder = newFolder();
  chmodSync(folder, 0o1777);
  vi.stubEnv("TMPDIR", folder);
  return folder;
}
afterEach(() => vi.unstubAllEnvs());

describe.skipIf(process.platform === "win32")("the socket of a data folder", () => {
  it("is in a folder that only this user can enter", () => {
    const temporary = temporaryFolder();
    const { path, warning } = socketPlace(newFolder());
    expect(dirname(String(path))).toBe(join(temporary, `shapeline-${uid}`));
    expect(statSync(dirname(String(path))).mode & 0o777).toBe(0o700);
    expect(warning).toBeNull();
  });

  it("has one place for all paths to the folder, and another one for a copy", () => {
    temporaryFolder();
    const [folder, other] = [newFolder(), newFolder()];
    symlinkSync(folder, join(other, "link"));
    expect(socketPlace(join(other, "link"))).toEqual(socketPlace(folder));
    expect(socketPlace(other)).not.toEqual(socketPlace(folder));
  });

  it.each([
    ["a link", (path: string) => symlinkSync(newFolder(), path), "it is not a folder"],
    ["a folder that is open to others", (path: string) => (mkdirSync(path), chmodSync(path, 0o777)), "access"],
    ...(isRoot
      ? [
          [
            "a folder of another user",
            (path: string) => (mkdirSync(path, 0o700), chownSync(path, 65_534, 65_534)),
            "uid 65534",
          ],
        ]
      : []),
  ] as [string, (path: string) => void, string][])("is beside the log if somebody planted %s", (_, plant, reason) => {
    plant(join(temporaryFolder(), `shapeline-${uid}`));
    const folder = newFolder();
    const { path, warning } = socketPlace(folder);
    expect(path).toBe(join(folder, "shapeline.sock"));
    expect(warning).toContain(reason);
  });

  it("is beside the log if others may rename what is in the folder for temporary files", () => {
    chmodSync(temporaryFolder(), 0o777);
    expect(socketPlace(newFolder()).warning).toContain("other users may rename it");
  });

  it("does not exist if the data folder is open to others as well", () => {
    chmodSync(temporaryFolder(), 0o777);
    const folder = newFolder();
    chmodSync(folder, 0o755);
    expect(socketPlace(folder).path).toBeNull();
    expect(lstatSync(folder).isDirectory()).toBe(true);
  });
});
