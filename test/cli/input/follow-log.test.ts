import { expect, it } from "vitest";
import { followLog } from "../../../src/cli/input/follow-log.js";

interface Row {
  readonly time: Date;
  readonly id: number;
}

/** Follows a log in memory. `turns` are run one after the other, each before a look; the last one ends it. */
async function follow(logged: number[], turns: readonly ((log: (...times: number[]) => void) => void)[], most = 100) {
  const rows: Row[] = [];
  let written = 0;
  const log = (...times: number[]): void => {
    for (const time of times) rows.unshift({ time: new Date(time), id: rows.length });
    written += 1;
  };
  log(...logged);
  let readings = 0;
  const left = [...turns];
  const shown: { ids: number[]; cut: boolean }[] = [];
  for await (const { rows: part, cut } of followLog<Row>({
    first: 2,
    most,
    read: ({ start, limit }) => {
      readings += 1;
      const from = start === undefined ? -Infinity : Date.parse(start);
      return Promise.resolve(rows.filter(({ time }) => time.getTime() >= from).slice(0, limit));
    },
    stamp: () => String(written),
    wait: () => {
      left.shift()?.(log);
      return Promise.resolve(left.length > 0);
    },
  }))
    shown.push({ ids: part.map(({ id }) => id), cut });
  return { shown, readings };
}

const nothing = (): void => undefined;

it("shows the newest rows, then each later row once, oldest first", async () => {
  const { shown } = await follow([1, 2, 3], [(log) => log(4), (log) => log(5, 6), nothing]);
  expect(shown).toEqual([
    { ids: [1, 2], cut: false },
    { ids: [3], cut: false },
    { ids: [4, 5], cut: false },
  ]);
});

it("tells rows of one millisecond apart", async () => {
  const { shown } = await follow([1, 1, 1], [(log) => log(1), (log) => log(1, 1, 2), (log) => log(2), nothing]);
  expect(shown.map(({ ids }) => ids)).toEqual([[1, 2], [3], [4, 5, 6], [7]]);
});

it("starts with an empty log", async () => {
  const { shown } = await follow([], [nothing, (log) => log(1), nothing]);
  expect(shown.map(({ ids }) => ids)).toEqual([[], [0]]);
});

it("does not read a log that has not changed, except now and then", async () => {
  const { readings } = await follow(
    [1, 2],
    Array.from({ length: 31 }, () => nothing),
  );
  expect(readings).toBe(1 + 3);
});

it("says when rows came faster than they are shown", async () => {
  const { shown } = await follow([1], [(log) => log(2, 3, 4, 5, 6), (log) => log(7), nothing], 4);
  expect(shown).toEqual([
    { ids: [0], cut: false },
    { ids: [2, 3, 4, 5], cut: true },
    { ids: [6], cut: false },
  ]);
});
