import { describe, expect, test } from "vitest";
import { stringLiteral } from "../../codegen/models/write/source-text.js";
import { escapeJson, escapeUnsafe } from "../../src/util/escape-text.js";

/** Letters, marks and signs without a glyph, or that reorder a line. */
const invisible = [
  ..."\u0000\u001b\u007f\u009b\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180e\u1680\u2000\u200a\u200b",
  ..."\u200d\u200e\u2028\u2029\u202a\u202e\u202f\u205f\u2060\u2064\u2065\u2066\u2069\u206f\u2800\u3000\u3164\ue000",
  ..."\ufe00\ufe0f\ufeff\uffa0\ufff0\ufff9\ufffe\u{1bca0}\u{1d159}\u{1d173}\u{e0001}\u{e0041}\u{e0100}\u{f0000}\ud800",
];

describe("invisible characters are escaped", () => {
  test.each(invisible.map((char) => [char.codePointAt(0)?.toString(16) ?? "", char] as const))("U+%s", (_, char) => {
    expect(escapeUnsafe(`a${char}b`)).toMatch(/^a\\u(?:[0-9a-f]{4}|\{[0-9a-f]{5,6}\})b$/);
    expect(new Function(`return ${stringLiteral(char)}`)()).toBe(char);
    expect(JSON.parse(escapeJson(JSON.stringify({ [char]: char })))).toEqual({ [char]: char });
  });

  test("and visible ones are not", () => {
    const visible = "ccfraud_Größe-数量 é😀 'x' \\ {}";
    expect(escapeUnsafe(visible)).toBe(visible);
  });
});
