import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { slow } from "../../slow.js";
import { startChild, startChildWithFileLimit, type Child } from "../support/child-process.js";
import { newFolder, rowIdsOf, storeIn } from "../support/stores.js";
import { canMount, resizeTmpfs, tmpfsForSuite } from "../support/tmpfs.js";

const hasPrlimit = spawnSync("prlimit", ["--version"]).status === 0;
const numbers = (count: number) => Array.from({ length: count }, (_, i) => BigInt(i));
const sorted = (ids: readonly bigint[]) => [...ids].sort((a, b) => (a < b ? -1 : 1));

/** The rows that a child answered until one was refused, and how the refusal begins. */
async function refused(child: Child): Promise<number> {
  const answered = Number(await child.line());
  expect(await child.line()).toMatch(/^SL7009 the rows could not be logged: \d+ earlier rows already wait in memory/);
  return answered;
}

/** The child ends while the disk is full: only the newest rows are lost, and it says how many. */
async function expectNewestLost(child: Child, answered: number, folder: string): Promise<void> {
  const close = await child.line();
  const { stderr } = await child.exited();
  const logged = sorted(await rowIdsOf(await storeIn(folder)));
  const lost = answered - logged.length;
  expect(logged).toEqual(numbers(logged.length));
  expect(lost).toBeGreaterThan(0);
  expect(lost).toBeLessThanOrEqual(40_000);
  expect(close).toContain(`the last ${lost} answered rows could not be logged`);
  expect(stderr.match(/ShapelineLogWarning/g)).toHaveLength(1);
}

/** There is room again: no row is lost. */
async function expectNoneLost(child: Child, folder: string): Promise<void> {
  expect(await child.line()).toBe("again");
  const answered = Number(await child.line());
  expect(await child.line()).toBe("closed");
  const { stderr } = await child.exited();
  expect(sorted(await rowIdsOf(await storeIn(folder)))).toEqual(numbers(answered));
  expect(stderr).toContain("the log can be written again");
  expect(stderr.match(/ShapelineLogWarning/g)).toHaveLength(2);
}

describe.skipIf(process.platform === "win32")(
  "files that cannot grow, with rows that are answered before they are on disk",
  () => {
    it("refuses rows once more than 20,000 wait; the log has the others without a gap, and close says how many are lost", async () => {
      const folder = newFolder();
      const child = startChildWithFileLimit(2048, "fillRelaxed", folder, "50", "1500");
      await expectNewestLost(child, await refused(child), folder);
    });

    it.skipIf(!hasPrlimit)("writes all waiting rows when there is room again", async () => {
      const folder = newFolder();
      const child = startChildWithFileLimit(2048, "fillRelaxed", folder, "50", "20000");
      await refused(child);
      spawnSync("prlimit", ["--pid", String(child.pid), "--fsize=unlimited:unlimited"]);
      await expectNoneLost(child, folder);
    });
  },
);

describe.skipIf(!canMount)("a full disk, with rows that are answered before they are on disk", () => {
  const disk = tmpfsForSuite(12);

  it.each(slow ? [1, 50] : [50])(
    "in requests of %i: the newest rows wait, and are written when there is room again",
    { tags: ["slow"] },
    async (rows) => {
      const folder = join(disk, String(rows));
      resizeTmpfs(disk, 12);
      const child = startChild("fillRelaxed", folder, String(rows), "20000");
      await refused(child);
      resizeTmpfs(disk, 1024);
      await expectNoneLost(child, folder);
    },
  );
});
