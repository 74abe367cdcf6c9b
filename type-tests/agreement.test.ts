import { expect, it } from "vitest";
import { agree } from "./agreement/agree.js";

it("500 generated pipelines are judged alike by the compiler and at run time: which call is wrong, and in which words", () => {
  const { broken, codes, disagreements } = agree("7.0", 500, 1);
  expect(disagreements).toEqual([]);
  expect(broken).toBeGreaterThan(125);
  expect(broken).toBeLessThan(250);
  expect(Object.keys(codes).length).toBeGreaterThan(20);
});
