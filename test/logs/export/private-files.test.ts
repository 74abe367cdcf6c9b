import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, describe, it, onTestFinished } from "vitest";
import { exportLog } from "../../../src/logs/export/export-logs.js";
import { allColumns } from "../../../src/tensors/column-selection.js";
import { temporaryPath } from "../../../src/util/files/temporary-file.js";
import { rowMeta, wideLayout, wideRow } from "../support/sample-rows.js";
import { newFolder, storeIn } from "../support/stores.js";

async function exportTo(directory: string, format: "json" | "arrow" | "parquet"): Promise<void> {
  const store = await storeIn(newFolder());
  const log = await store.openLog(wideLayout);
  await log.append(wideRow(1), rowMeta);
  const wanted = {
    directory,
    prefix: "p",
    format,
    limit: null,
    size: 1e9,
    query: {},
    choice: allColumns,
    progress: null,
  };
  await exportLog((query, size) => store.pages("fraud", query, size), wanted);
}

/** The id of a process that has ended. */
const ended = (): number => spawnSync(process.execPath, ["-e", ""]).pid;

describe.skipIf(process.platform === "win32").each(["json", "arrow", "parquet"] as const)(
  "an export (%s)",
  (format) => {
    it("is for its owner only, whatever the umask is", async () => {
      const umask = process.umask(0);
      onTestFinished(() => void process.umask(umask));
      const directory = join(newFolder(), "out");
      await exportTo(directory, format);
      expect(readdirSync(directory)).toEqual([`p-1.${format}`]);
      expect(statSync(join(directory, `p-1.${format}`)).mode & 0o777).toBe(0o600);
    });

    it("deletes what exports of killed processes left, and nothing else", async () => {
      const directory = newFolder();
      const left = (name: string, pid: number) => {
        const path = temporaryPath(join(directory, name)).replace(`-${process.pid}-`, `-${pid}-`);
        writeFileSync(path, "rows");
        return path;
      };
      left(`p-1.${format}`, ended());
      mkdirSync(`${left("p-2.parquet", ended())}.spill`);
      const kept = [
        left(`p-1.${format}`, process.ppid),
        left("other-1.json", ended()),
        join(directory, ".p-1.json.tmp"),
      ];
      writeFileSync(kept[2] ?? "", "somebody's");
      await exportTo(directory, format);
      expect(
        readdirSync(directory)
          .map((name) => join(directory, name))
          .sort(),
      ).toEqual([...kept, join(directory, `p-1.${format}`)].sort());
    });
  },
);
