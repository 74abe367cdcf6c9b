import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { deployedProject, shapeline } from "./shapeline.js";

interface Row {
  readonly pixels: readonly number[];
}

/** A deployed pipeline, three rows for it, and a way to run `shapeline infer` on a file of its folder. */
async function setUp() {
  const folder = await deployedProject("fraud");
  const rows = (JSON.parse(readFileSync(join(folder, "rows.df.json"), "utf8")) as Row[]).slice(0, 3);
  const write = (name: string, content: string | Uint8Array): void => writeFileSync(join(folder, name), content);
  const infer = (...args: readonly string[]) => shapeline(folder, ["infer", "fraud", ...args]);
  write("rows.json", JSON.stringify(rows));
  return { folder, rows, write, infer };
}

const listCell = ({ pixels }: Row): string => `"${JSON.stringify(pixels)}"`;

describe("shapeline infer", () => {
  it("answers the same for a CSV file, packed JSON lines and CSV on standard input", async () => {
    const { folder, rows, write } = await setUp();
    const csv = ["pixels", ...rows.map(listCell), ""].join("\n");
    write("rows.csv", csv);
    write("rows.jsonl.gz", gzipSync(rows.map((row) => JSON.stringify(row)).join("\n")));
    const outputs = async (file: string, stdin?: string): Promise<unknown> => {
      const args = ["infer", "fraud", file, "--json", "--dataset", "out"];
      const { code, out, err } = await shapeline(folder, args, stdin);
      expect(code, out + err).toBe(0);
      return JSON.parse(out) as unknown;
    };
    const expected = await outputs("rows.json");
    expect(await outputs("rows.csv")).toEqual(expected);
    expect(await outputs("rows.jsonl.gz")).toEqual(expected);
    expect(await outputs("-", csv)).toEqual(expected);
  });

  it("says what it leaves out, what a file is, and what is too large", async () => {
    const { folder, rows, write, infer } = await setUp();
    write("ids.csv", ["id,pixels", ...rows.map((row, i) => `${i},${listCell(row)}`)].join("\n"));
    write("lines.csv", rows.map((row) => JSON.stringify(row)).join("\n"));
    const refused = await infer("ids.csv");
    expect([refused.code, refused.err]).toMatchInlineSnapshot(`
      [
        1,
        "error SL5004: 'ids.csv': pipeline 'fraud' has no input 'id'; its inputs are 'pixels'; remove the column, or leave out all unknown ones with ignoreUnknown: true (--ignore-unknown)
      ",
      ]
    `);
    const read = await infer("ids.csv", "--ignore-unknown");
    expect([read.code, read.err]).toMatchInlineSnapshot(`
      [
        0,
        "note 'ids.csv': left out 'id'
      ",
      ]
    `);
    expect((await infer("lines.csv")).err).toMatchInlineSnapshot(`
      "note 'lines.csv' holds JSON lines, not what its name says; it is read as such
      "
    `);
    expect((await infer("rows.json", "--max-size", "100B")).err).toMatchInlineSnapshot(`
      "error SL5033: the rows file 'rows.json' is too large: it has 476 bytes, the limit is 100 bytes; send the rows in several files, or raise the limit with maxBytes (--max-size)
      "
    `);
    expect((await infer("rows.json", "--max-size", "much")).err).toMatchInlineSnapshot(`
      "error SL8001: option '--max-size <size>' argument 'much' is invalid. 'much' is not a size such as 4GB.
      \`shapeline infer --help\` lists arguments and options
      "
    `);
    await shapeline(folder, ["export-logs", "fraud", "--limit", "1", "--directory", "one"]);
    expect(await infer("one/fraud-1.json")).toMatchObject({ code: 0 });
    await shapeline(folder, ["export-logs", "fraud", "--parquet", "--limit", "3", "--directory", "exported"]);
    const exported = await infer("exported/fraud-1.parquet");
    expect([exported.code, exported.err]).toMatchInlineSnapshot(`
      [
        0,
        "note 'exported/fraud-1.parquet' is an exported log: its columns 'in.*' are the inputs; left out 'time', 'out.risk', 'out_c1.variable', 'out_c2.score', 'anomaly.count', 'anomaly.amt' and 'check_failures'
      ",
      ]
    `);
  });
});
