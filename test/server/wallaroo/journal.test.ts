import fs from "node:fs/promises";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Journal } from "../../../src/server/wallaroo/state/journal.js";
import { temporaryPath } from "../../../src/util/files/temporary-file.js";
import { folder } from "../../engine/make-config.js";

/** File operations until the process "is killed": from then on, none has an effect. */
const killed = { after: Number.POSITIVE_INFINITY, done: 0 };

function counted<A extends unknown[], R>(run: (...given: A) => Promise<R>): (...given: A) => Promise<R> {
  return async (...given) => {
    if (++killed.done > killed.after) throw new Error("killed");
    return run(...given);
  };
}

const { open, rename, rm } = fs;

/** Not `vi.mock`: another file of this worker may have loaded the journal before. */
beforeAll(() => {
  fs.rename = counted(rename);
  fs.rm = counted(rm);
  fs.open = counted(async (...given) => {
    const handle = await open(...given);
    const { appendFile, truncate } = handle;
    handle.appendFile = counted(appendFile.bind(handle));
    handle.truncate = counted(truncate.bind(handle));
    // What a process wrote outlives its end without a sync, which a busy disk makes slow.
    handle.sync = counted(() => Promise.resolve());
    return handle;
  });
  syncBuiltinESMExports();
});
afterAll(() => {
  Object.assign(fs, { open, rename, rm });
  syncBuiltinESMExports();
});

beforeEach(() => {
  killed.after = Number.POSITIVE_INFINITY;
  killed.done = 0;
});

/** Counters by name, with a journal of their changes that is compacted at 200 bytes. */
async function openCounters(file: string) {
  const counters = new Map<string, number>();
  const apply = (entry: unknown): void => {
    for (const [name, value] of entry as [string, number][]) counters.set(name, value);
  };
  const journal = await Journal.open(file, { apply, snapshot: () => [...counters].map((each) => [each]) }, 200);
  const set = (name: string, value: number): Promise<void> =>
    journal.append([[name, value]], () => apply([[name, value]]));
  return { counters, set, close: () => journal.close() };
}

describe("the journal of the platform's interface", () => {
  test("stays small while rows change, and has the last state", async () => {
    const file = join(folder(), "journal.jsonl");
    const first = await openCounters(file);
    for (let i = 0; i < 120; i++) await first.set(`n${i % 3}`, i);
    await first.close();
    expect(statSync(file).size).toBeLessThan(800);
    const second = await openCounters(file);
    expect([...second.counters.values()].sort()).toEqual([117, 118, 119]);
    await second.close();
  });

  test("has every change that was acknowledged, wherever a kill ends a compaction", async () => {
    let compactions = 0;
    for (let after = 4; after < 60; after += 2) {
      killed.after = Number.POSITIVE_INFINITY;
      const file = join(folder(), "journal.jsonl");
      const { set, close } = await openCounters(file);
      killed.done = 0;
      killed.after = after;
      let acknowledged = -1;
      try {
        for (let i = 0; ; i++) {
          await set("n", i);
          acknowledged = i;
        }
      } catch {
        killed.after = Number.POSITIVE_INFINITY;
      }
      if (statSync(file).size < 200) compactions++;
      await close().catch(() => undefined);
      const again = await openCounters(file);
      const found = again.counters.get("n") ?? -1;
      expect([acknowledged, acknowledged + 1], `after ${after} operations`).toContain(found);
      await again.set("n", found + 1);
      await again.close();
    }
    expect(compactions).toBeGreaterThan(10);
  });

  test("removes what a killed compaction left, and refuses a damaged file", async () => {
    const data = folder();
    const file = join(data, "journal.jsonl");
    const { set, close } = await openCounters(file);
    await set("a", 1);
    await set("b", 2);
    await close();
    const left = temporaryPath(file).replace(/-\d+-/, "-4194000-");
    writeFileSync(left, "half a line");
    await (await openCounters(file)).close();
    expect(readdirSync(data)).toEqual(["journal.jsonl"]);
    writeFileSync(file, readFileSync(file, "utf8").replace("1]", "7]"));
    await expect(openCounters(file)).rejects.toThrow(/line 1 of '.*journal.jsonl' is damaged/);
  });
});
