import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { sha256Hex } from "../../src/config/digest/sha256-text.js";

test("gives the digest of node:crypto, around the ends of blocks", () => {
  for (const text of ["", "abc", "ä€😀", ...[55, 56, 63, 64, 65, 119, 120, 1000].map((length) => "x".repeat(length))])
    expect(sha256Hex(text)).toBe(createHash("sha256").update(text).digest("hex"));
});
