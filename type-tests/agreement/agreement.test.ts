import { expect, it } from "vitest";
import { errorCodes } from "../../dsl/index.js";
import { agree } from "./agree.js";
import { makeCases } from "./pipelines.js";
import { slow } from "../../test/slow.js";

/**
 * Codes that the types cannot report: values of a wrong kind, files, and unfinished pipelines. For unknown options, the
 * compiler has its own words.
 */
const untyped = [
  "SL2000",
  "SL2006",
  "SL2007",
  "SL2018",
  "SL2030",
  "SL2031",
  "SL2040",
  "SL2041",
  "SL2042",
  "SL2066",
  "SL2073",
  "SL2084",
  "SL2093",
];

it("every third generated pipeline has a problem, and together they have every code that types can report", () => {
  const problems = makeCases(2000, 1).map((one) => [...one.problems.values()].flat());
  const broken = problems.filter((found) => found.length > 0);
  expect(problems.map((found) => found.length > 0)).toEqual(problems.map((_, index) => (index + 1) % 3 === 0));
  const typed = Object.keys(errorCodes).filter((code) => /^SL20/.test(code) && !untyped.includes(code));
  expect([...new Set(broken.flat().map(({ code }) => code))].sort()).toEqual(typed);
});

const count = slow ? 500 : 150;

it(
  `the compiler and the run time report the same call and message, on ${count} generated pipelines`,
  { tags: ["slow"] },
  () => {
    const { broken, codes, disagreements } = agree("7.0", makeCases(count, 1));
    expect(disagreements).toEqual([]);
    expect(broken).toBe(Math.floor(count / 3));
    expect(Object.keys(codes).length).toBeGreaterThan(20);
  },
);
