import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../../src/logs/open-store.js";
import { refusal } from "../../refusal.js";
import { startChildAs } from "../support/child-process.js";
import { rowMeta, wideLayout, wideRow } from "../support/sample-rows.js";
import { newFolder, storeIn, warningsOf } from "../support/stores.js";

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const modesIn = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, modeOf(join(folder, name))]));

/** Opens a log, logs a row, and returns its folder while the log is open. */
async function loggedRow(folder: string): Promise<string> {
  const log = await (await storeIn(folder)).openLog(wideLayout);
  await log.append(wideRow(1), rowMeta);
  return folder;
}

describe.skipIf(process.platform === "win32")("a data folder and its files", () => {
  let umask = 0;
  beforeEach(() => (umask = process.umask(0)));
  afterEach(() => void process.umask(umask));

  it("are for their owner only, whatever the umask is", async () => {
    const folder = await loggedRow(join(newFolder(), "data"));
    expect(modeOf(folder)).toBe("700");
    // DuckDB creates its write-ahead log while it runs; it is closed within a second.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(new Set(Object.values(modesIn(folder)))).toEqual(new Set(["600"]));
    expect(Object.keys(modesIn(folder))).toEqual(
      expect.arrayContaining(["shapeline.duckdb", "shapeline.journal-a", "shapeline.journal-b"]),
    );
  });

  it("are closed when a log that was open to others is opened again", async () => {
    const folder = join(newFolder(), "data");
    await (await openStore(folder)).close();
    writeFileSync(join(folder, "shapeline.duckdb.wal.damaged-2026"), "rows");
    chmodSync(folder, 0o755);
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
    await loggedRow(folder);
    expect(modeOf(folder)).toBe("700");
    expect(modesIn(folder)).toMatchObject({
      "shapeline.duckdb": "600",
      "shapeline.duckdb.wal.damaged-2026": "600",
    });
  });

  it("leave a folder with other files as it is, and say so", async () => {
    const folder = join(newFolder(), "project");
    mkdirSync(folder, 0o755);
    writeFileSync(join(folder, "index.html"), "");
    expect(await warningsOf(folder, () => loggedRow(folder))).toEqual([
      "other users of this machine can enter the data folder '<folder>', and its permissions were not changed: it also holds files that are not the log's; run chmod 700 on it, or use a folder of its own for the log",
    ]);
    expect(modesIn(folder)).toMatchObject({ "index.html": "666", "shapeline.duckdb": "600" });
  });

  it.runIf(isRoot)("are refused if they belong to somebody else, unless that is asked for", async () => {
    const folder = join(newFolder(), "data");
    mkdirSync(folder, 0o777);
    chownSync(folder, nobody, nobody);
    expect(await refusal(openStore(folder), [folder, "<folder>"])).toBe(
      "SL7021 the data folder '<folder>' belongs to another user (uid 65534; this process runs as 0), who could read and change the log; use a folder of your own, or allow it with local({ sharedFolder: true })",
    );
    expect(readdirSync(folder)).toEqual([]);
    const store = await storeIn(folder, { sharedFolder: true });
    expect(store.problem()).toBeNull();
    expect(modeOf(folder)).toBe("777");
    expect(modesIn(folder)["shapeline.duckdb"]).toBe("666");
  });

  it.runIf(isRoot)("cannot be read, changed or locked by another user", async () => {
    const parent = newFolder();
    chmodSync(parent, 0o755);
    const folder = await loggedRow(join(parent, "data"));
    const other = startChildAs(nobody, "try", folder);
    const lines = await other.remainingLines();
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^SL70(01|02|21) /);
  });
});
