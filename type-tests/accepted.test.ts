import { describe, expect, it } from "vitest";
import { accepted, assertion, helpers, importedTypes } from "./accepted.js";
import { diagnose, imports, judge, judges } from "./compilers.js";

const head = [...imports(importedTypes), ...helpers];
const texts = accepted.map((one) => assertion(one).join(" "));
// One block per line: all cases of a compiler are one program.
const text = [...head, ...texts.map((one) => `{ ${one} }`)].join("\n");

describe.each(judges)("TypeScript %s accepts and infers", { tags: ["slow"] }, (compiler) => {
  const [findings = []] = judge(compiler, [text]);
  it.each(accepted.map((one, index) => ({ ...one, index })))("$source: $of is $type", ({ index }) => {
    expect(findings.filter(({ line }) => line === head.length + index + 1)).toEqual([]);
  });

  it("without findings outside the cases", () => {
    expect(findings).toEqual([]);
  });
});

it("every case fails with a wrong type", () => {
  const wrong = accepted.map((one) => assertion({ ...one, type: `Date & { wrong: ${one.type} }` }).join(" "));
  const [findings = []] = diagnose("7.0", [[...head, ...wrong.map((one) => `{ ${one} }`)].join("\n")]);
  expect(new Set(findings.map(({ line }) => line)).size).toBe(accepted.length);
});

it("there are at least eighty cases without duplicates", () => {
  expect(new Set(texts).size).toBe(accepted.length);
  expect(accepted.length).toBeGreaterThanOrEqual(80);
});
