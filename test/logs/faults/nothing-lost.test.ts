// @module-tag slow
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { slow } from "../../slow.js";
import { startChild, type Child } from "../support/child-process.js";
import { newFolder, rowIdsOf, storeIn } from "../support/stores.js";
import { canMount, resizeTmpfs, tmpfsForSuite } from "../support/tmpfs.js";

/** At most this many relaxed rows are lost, always the newest ones: 20,000 buffered ones, and those of a commit. */
const maxWaiting = 40_000;
const rounds = 3;

interface Count {
  readonly acknowledged: readonly bigint[];
  readonly lost: readonly bigint[];
}

const table: string[] = [];
afterAll(() => {
  const [head, ...lines] = ["durability fault acknowledged found lost twice", ...table].map((line) => line.split("|"));
  if (lines.length > 0) process.stderr.write(`\n${[head, ...lines].map((cells) => row(cells ?? [])).join("\n")}\n`);
});

function row(cells: readonly string[]): string {
  const [durability = "", fault = "", ...numbers] = cells.length === 1 ? (cells[0] ?? "").split(" ") : cells;
  return durability.padEnd(12) + fault.padEnd(36) + numbers.map((number) => number.padStart(14)).join("");
}

/** What a child printed: the rows of its acknowledged batches. */
function acknowledgedIn(lines: readonly string[], rows: number): bigint[] {
  return lines.flatMap((line) => {
    if (line.startsWith("one ")) return [BigInt(line.slice(4))];
    return /^\d+$/.test(line) ? Array.from({ length: rows }, (_, i) => BigInt(line) + BigInt(i)) : [];
  });
}

/** Compares what was acknowledged with what is in the log, and adds a line to the table. */
async function count(
  durability: string,
  fault: string,
  folder: string,
  acknowledged: readonly bigint[],
): Promise<Count> {
  const store = await storeIn(folder);
  const found = await rowIdsOf(store);
  await store.close();
  const distinct = new Set(found);
  const lost = acknowledged.filter((id) => !distinct.has(id));
  const numbers = [acknowledged.length, found.length, lost.length, found.length - distinct.size];
  table.push([durability, fault, ...numbers.map((number) => number.toLocaleString("en"))].join("|"));
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(new Set(acknowledged).size).toBe(acknowledged.length);
  expect(found.length).toBe(distinct.size);
  return { acknowledged, lost };
}

/** No row is lost, or with relaxed durability at most the newest ones. */
function expectNewestLost({ acknowledged, lost }: Count, durability: string, most = maxWaiting): void {
  if (durability === "commit") return expect(lost).toEqual([]);
  const sorted = acknowledged.toSorted((a, b) => Number(a - b));
  expect(lost.length).toBeLessThanOrEqual(most);
  expect(lost.toSorted((a, b) => Number(a - b))).toEqual(sorted.slice(sorted.length - lost.length));
}

async function linesUntil(child: Child, done: (line: string, lines: readonly string[]) => boolean): Promise<string[]> {
  const lines: string[] = [];
  for (let line = await child.line(); line !== ""; line = await child.line()) {
    lines.push(line);
    if (done(line, lines)) break;
  }
  return lines;
}

describe.runIf(slow).each(["commit", "relaxed"])('durability "%s"', (durability) => {
  const signals = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"] as const;

  it.each(signals)("%s", { timeout: 120_000 }, async (signal) => {
    const folder = newFolder();
    const acknowledged: bigint[] = [];
    for (let round = 0; round < rounds; round++) {
      const child = startChild("acknowledge", folder, durability, "1");
      const lines = await linesUntil(child, (_, all) => all.length === 500 * (round + 1));
      child.process.kill(signal);
      lines.push(...(await child.remainingLines()));
      expect(await child.exited()).toMatchObject({ signal, stderr: "" });
      const counted = await count(durability, `${signal}, round ${round + 1}`, folder, [
        ...acknowledged,
        ...acknowledgedIn(lines, 1),
      ]);
      if (signal === "SIGKILL") expectNewestLost(counted, durability);
      else expect(counted.lost).toEqual([]);
      acknowledged.push(...acknowledgedIn(lines, 1).filter((id) => !counted.lost.includes(id)));
    }
  });

  it("reads, flushes, sweeps and other stores of the folder at the same time", { timeout: 120_000 }, async () => {
    const folder = newFolder();
    const child = startChild("acknowledge", folder, durability, "3", "5000");
    const lines = await child.remainingLines();
    expect(await child.exited()).toMatchObject({ code: 0, stderr: "" });
    expect(lines.at(-1)).toBe("closed");
    const counted = await count(durability, "race, 5 seconds", folder, acknowledgedIn(lines, 3));
    expect(counted.lost).toEqual([]);
  });

  describe.skipIf(!canMount)("on a full disk", () => {
    const disk = tmpfsForSuite(12);
    const full = async (name: string, rows: number) => {
      const folder = join(disk, `${durability}-${name}`);
      for (const earlier of readdirSync(disk)) rmSync(join(disk, earlier), { recursive: true });
      resizeTmpfs(disk, 12);
      const child = startChild("acknowledge", folder, durability, String(rows));
      return { folder, child, lines: await linesUntil(child, (line) => line === "SL7009") };
    };
    const countThere = async (name: string, folder: string, lines: readonly string[], rows: number) => {
      resizeTmpfs(disk, 1024);
      return count(durability, name, folder, acknowledgedIn(lines, rows));
    };

    it.each([1, 50])("until there is room again, in requests of %i", { timeout: 120_000 }, async (rows) => {
      const { folder, child, lines } = await full(`room-${rows}`, rows);
      lines.push(...(await linesUntil(child, (_, all) => all.length === 40)));
      resizeTmpfs(disk, 1024);
      let after = 0;
      lines.push(...(await linesUntil(child, (line) => /^\d+$/.test(line) && ++after === 400)));
      child.process.kill("SIGTERM");
      lines.push(...(await child.remainingLines()));
      await child.exited();
      const counted = await countThere(`full disk, then room, by ${rows}`, folder, lines, rows);
      expect(counted.lost).toEqual([]);
    });

    it.each(["SIGTERM", "SIGKILL"] as const)("%s", { timeout: 120_000 }, async (signal) => {
      const { folder, child, lines } = await full(signal, 50);
      lines.push(...(await linesUntil(child, (_, all) => all.length === 40)));
      child.process.kill(signal);
      lines.push(...(await child.remainingLines()));
      const { stderr, signal: ended } = await child.exited();
      expect(ended).toBe(signal);
      const counted = await countThere(`full disk, then ${signal}`, folder, lines, 50);
      const said = Number(/SL7009 the last (\d+)/.exec(stderr)?.[1] ?? 0);
      expectNewestLost(counted, durability);
      if (signal === "SIGTERM" && durability === "relaxed") expect(said).toBe(counted.lost.length);
    });
  });
});
