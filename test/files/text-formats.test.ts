import { describe, expect, it } from "vitest";
import type { Port } from "../../dsl/tensor.js";
import { detectSeparator } from "../../src/files/csv/separator.js";
import { detectFormat } from "../../src/files/file-format.js";
import { refusal } from "../refusal.js";

const x: Port = { name: "x", dtype: "float32", shape: ["batch", 2] };

describe("the only column of a text", () => {
  it.each([
    ["rows.tsv", "\t"],
    ["rows.tsv.gz", "\t"],
    ["rows.csv", ","],
  ])("in %s", (file, separator) => {
    expect(detectSeparator("x\n[1, 2]\n", [x], file)).toBe(separator);
  });
});

describe("UTF-16 text", () => {
  const utf16 = (text: string) => Buffer.from(text, "utf16le");
  it.each([
    ["rows.json", utf16('\uFEFF[{"x": [1, 2]}]'), "iconv -f UTF-16 -t UTF-8 rows.json > rows-utf8.json"],
    ["rows.json", utf16('[{"x": [1, 2]}]'), "iconv -f UTF-16LE -t UTF-8 rows.json > rows-utf8.json"],
    ["my rows", utf16("x_0,x_1\n1,2\n"), "iconv -f UTF-16LE -t UTF-8 'my rows' > rows-utf8.csv"],
  ])("in '%s' is converted to a file with the same ending (%#)", async (file, head, command) => {
    const message = await refusal(() => detectFormat(head, file, ["x"]));
    expect(message).toMatch(/^SL5017 '.*' is UTF-16 text, which is not taken/);
    expect(message.split("for example with: ")[1]).toBe(command);
  });

  it("is not seen in binary data", async () => {
    const message = await refusal(() => detectFormat(Buffer.from([8, 0, 18, 0, 1, 0, 1, 0]), "rows", ["x"]));
    expect(message).toMatch(/^SL5017 'rows' has an unknown format/);
  });
});
