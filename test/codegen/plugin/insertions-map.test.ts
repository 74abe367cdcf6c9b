import { SourceMap, type SourceMapPayload, type SourceMapping } from "node:module";
import fc from "fast-check";
import { expect, test } from "vitest";
import { applyEdits, sortedEdits, type Edit } from "../../../codegen/lambda/attach/text-edits.js";
import { insertionsMap } from "../../../codegen/plugin/insertions-map.js";

/** Words and other characters, with their lines and columns. */
const partsOf = (code: string) =>
  code
    .split("\n")
    .flatMap((text, line) =>
      [...text.matchAll(/\w+|[^\w\s]/g)].map(({ 0: part, index: column }) => ({ part, line, column })),
    );

const word = fc.constantFrom(
  "a",
  "pipeline",
  "x1",
  "é",
  "𝒳",
  "=>",
  "(",
  ")",
  " ",
  "  ",
  "\n",
  "\r\n",
  "\n\n",
  ";",
  "$",
);
const code = fc.array(word, { maxLength: 40 }).map((words) => words.join(""));
const inserted = fc.constantFrom("⟪⟫", "⟪ «» ⟫", "⟪123⟫");

/** A file, and insertions between its parts. */
const file = code.chain((text) => {
  const places = [...new Set([0, ...[...text.matchAll(/\w+|[^]/g)].map(({ index, 0: { length } }) => index + length)])];
  const edit = fc.record({ at: fc.constantFrom(...places), text: inserted });
  return fc.record({
    text: fc.constant(text),
    edits: fc
      .array(edit, { maxLength: 6 })
      .map((edits) => sortedEdits(edits.map((e): Edit => ({ start: e.at, end: e.at, text: e.text })))),
  });
});

test("every part of a file that is left of the insertions maps to its place in the file", () => {
  fc.assert(
    fc.property(file, ({ text, edits }) => {
      const map = new SourceMap(JSON.parse(insertionsMap(text, edits, "/a.ts")) as SourceMapPayload);
      const changed = partsOf(applyEdits(text, edits).replace(/⟪[^⟫]*⟫/g, (own) => " ".repeat(own.length)));
      const found = changed.map(({ part, line, column }) => {
        const { originalSource, originalLine, originalColumn } = map.findEntry(line, column) as SourceMapping;
        return { part, source: originalSource, line: originalLine, column: originalColumn };
      });
      expect(found).toEqual(partsOf(text).map((part) => ({ ...part, source: "/a.ts" })));
    }),
    { numRuns: 1000 },
  );
});

test("a line of 300,000 columns keeps its columns", () => {
  const text = `${"x".repeat(150_000)} ${"y".repeat(150_000)} z`;
  const edits = [{ start: 150_001, end: 150_001, text: "*".repeat(70_000) }];
  const map = new SourceMap(JSON.parse(insertionsMap(text, edits, "/a.ts")) as SourceMapPayload);
  expect(map.findEntry(0, 370_002)).toMatchObject({ originalLine: 0, originalColumn: 300_002 });
  expect(map.findEntry(0, 220_001)).toMatchObject({ originalLine: 0, originalColumn: 150_001 });
});
