import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Table } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { pipeline } from "shapeline";
import type { LocalDeployment } from "shapeline/local";
import { folder } from "../../engine/make-config.js";
import { refusal } from "../../refusal.js";
import { boosting, models, rows } from "../breast-cancer.js";
import { openEngine } from "../local-engine.js";

const cancer = pipeline("cancer")
  .model(boosting)
  .validate("sure", (x) => x.out.probabilities[0] > 0.99 || x.out.probabilities[1] > 0.99);

async function deployed(): Promise<LocalDeployment> {
  return await openEngine({ models }).deploy(cancer);
}

type Answers = readonly { readonly out: unknown }[];
const outs = (answers: unknown): unknown[] => (answers as Answers).map(({ out }) => out);

/** Writes a file to a new folder. */
function written(name: string, content: string | Uint8Array): string {
  const path = join(folder(), name);
  writeFileSync(path, content);
  return path;
}

describe("inferFromFile", () => {
  test("answers the same for JSON, JSON lines and CSV, also packed", async () => {
    const live = await deployed();
    const expected = outs(await live.infer(rows));
    const csv = ["features", ...rows.map(({ features }) => `"${JSON.stringify(Array.from(features))}"`)].join("\r\n");
    const wide = [
      Array.from({ length: 30 }, (_, i) => `features_${i}`).join("\t"),
      ...rows.map(({ features }) => Array.from(features).join("\t")),
    ].join("\n");
    for (const path of [
      written("rows.df.json", JSON.stringify(rows)),
      written("rows.jsonl", rows.map((row) => JSON.stringify(row)).join("\n")),
      written("rows.csv", csv),
      written("rows.tsv.gz", gzipSync(wide)),
    ])
      expect(outs(await live.inferFromFile(path)), path).toEqual(expected);
  });

  test("ends with the request's time-out or signal while it reads", async () => {
    const live = await deployed();
    const path = written("long.jsonl", `${JSON.stringify(rows[0])}\n`.repeat(40_000));
    expect(await refusal(live.inferFromFile(path, { timeoutMs: 40 }))).toMatch(
      /^SL6004 pipeline 'cancer', reading '.*long\.jsonl': no answer within 40 ms; nothing was logged$/,
    );
    expect(await refusal(live.inferFromFile(path, { signal: AbortSignal.timeout(40) }))).toMatch(/^SL6005 .*reading/);
  });

  test("reads our own exports again: the columns in.* are the inputs, whatever else is there", async () => {
    const live = await deployed();
    await live.infer(rows);
    const logged = async (): Promise<unknown[]> => outs(await live.logs({ limit: 20 }));
    for (const format of ["json", "arrow", "parquet"] as const) {
      const newestFirst = await logged();
      const { files } = await live.exportLogs({ directory: folder(), format, limit: 20 });
      const answer: unknown = await live.inferFromFile(files[0] ?? "");
      expect(answer instanceof Table, format).toBe(format !== "json");
      expect((await logged()).reverse(), format).toEqual(newestFirst);
    }
    // Records of a log, with the inputs in a group.
    const grouped = written("log.json", JSON.stringify(await live.logs({ limit: 20, dataset: ["time", "in", "out"] })));
    const newestFirst = await logged();
    expect(outs(await live.inferFromFile(grouped))).toEqual(newestFirst);
  });

  test("leaves out unknown columns only if asked", async () => {
    const live = await deployed();
    const path = written("rows.json", JSON.stringify(rows.map((row, id) => ({ id, ...row }))));
    expect(await refusal(live.inferFromFile(path), [path, "<path>"])).toMatchInlineSnapshot(
      `"SL5004 '<path>': pipeline 'cancer' has no input 'id'; its inputs are 'features'; remove the column, or leave out all unknown ones with ignoreUnknown: true (--ignore-unknown)"`,
    );
    expect(await live.logs({ limit: 1 })).toEqual([]);
    expect(await live.inferFromFile(path, { ignoreUnknown: true })).toHaveLength(20);
  });

  test("refuses a file above maxBytes, packed or not, and options that are not valid", async () => {
    const live = await deployed();
    const text = JSON.stringify(rows);
    const [plain, packed] = [written("rows.json", text), written("rows.json.gz", gzipSync(text))];
    const infer = (path: string, options: object) => refusal(live.inferFromFile(path, options), [path, "<path>"]);
    expect(
      await Promise.all([
        infer(plain, { maxBytes: "2kB" }),
        infer(packed, { maxBytes: text.length - 1 }),
        infer(plain, { maxBytes: "big" }),
        infer(plain, { ignoreUnknown: "yes" }),
        infer(plain, { ignoreUnkown: true }),
      ]),
    ).toMatchInlineSnapshot(`
      [
        "SL5033 the rows file '<path>' is too large: it has 4.48 kB, the limit is 2 kB; send the rows in several files, or raise the limit with maxBytes (--max-size)",
        "SL5033 the rows file '<path>' is too large: its 1.71 kB unpack to more, the limit is 4.48 kB; send the rows in several files, or raise the limit with maxBytes (--max-size)",
        "SL6011 inferFromFile(): the option 'maxBytes' is a size such as "4GB" or a number of bytes, got "big"",
        "SL6011 inferFromFile(): the option 'ignoreUnknown' is true or false, got "yes"",
        "SL6011 inferFromFile() has no option 'ignoreUnkown' (did you mean 'ignoreUnknown'?); leave it out, or give one of its options: 'timeoutMs', 'signal', 'metadata', 'values', 'dataset', 'datasetExclude', 'datasetSeparator', 'ignoreUnknown' and 'maxBytes'",
      ]
    `);
    expect(await live.inferFromFile(packed, { maxBytes: text.length })).toHaveLength(20);
  });

  test("answers Parquet with a table", async () => {
    const live = await deployed();
    await live.infer(rows);
    const { files } = await live.exportLogs({ directory: folder(), format: "parquet" });
    const path = written("rows[1]*.parquet.gz", gzipSync(readFileSync(files[0] ?? "")));
    expect((await live.inferFromFile(path)) as unknown).toBeInstanceOf(Table);
  });
});
