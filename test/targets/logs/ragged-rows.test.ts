import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { Table, tableFromIPC, type Vector } from "apache-arrow";
import { describe, expect, test } from "vitest";
import { defineModel, pipeline } from "shapeline";
import { fixtures } from "../../engine/field-models.js";
import { folder } from "../../engine/make-config.js";
import { refusal } from "../../refusal.js";
import { openEngine } from "../local-engine.js";

const encoder = (name: string) =>
  defineModel({
    name,
    sha256: createHash("sha256")
      .update(readFileSync(join(fixtures, "enc.onnx")))
      .digest("hex"),
    inputs: { input_ids: { dtype: "int64", shape: ["batch", "src"] } },
    outputs: { hidden: { dtype: "float32", shape: ["batch", "src", 4] } },
  } as const);

const texts = pipeline("texts").shadow(encoder("enc"), [encoder("enc2")]);
interface Row {
  readonly in: { readonly input_ids: readonly bigint[] };
  readonly out: { readonly hidden: readonly (readonly number[])[] };
}

const lengths = [3, 1, 4, 1, 5, 0, 2];
const rows = lengths.map((length) => ({ input_ids: Array.from({ length }, (_, i) => BigInt(i + 1)) }));

/** Deploys the pipeline with one request of rows of different lengths in its log. */
async function logged(durability: "commit" | "relaxed" = "commit") {
  const live = await openEngine({ models: fixtures, data: folder(), durability }).deploy(texts);
  return { live, answer: (await live.infer(rows)) as unknown as readonly Row[] };
}

const oldestFirst = <T>(list: readonly T[]): T[] => [...list].reverse();
const ids = (list: readonly Pick<Row, "in">[]) => list.map((row) => row.in.input_ids);
const plain = (value: unknown): unknown =>
  typeof value === "object" && value !== null && Symbol.iterator in value
    ? Array.from(value as Iterable<unknown>, plain)
    : value;
const column = (table: Table, name: string) =>
  Array.from({ length: table.numRows }, (_, row) => plain(table.getChild(name)?.get(row)));

describe("a request whose rows differ in length", () => {
  test.each(["commit", "relaxed"] as const)("is logged and read back row by row (%s)", async (durability) => {
    const { live, answer } = await logged(durability);
    expect(ids(answer)).toEqual(ids(rows.map((row) => ({ in: row }))));
    expect(answer.map((row) => row.out.hidden.length)).toEqual(lengths);
    const found = oldestFirst(await live.logs());
    expect(found.map(({ in: given, out, out_enc2: side }) => ({ given, out, side }))).toEqual(
      answer.map(({ in: given, out }) => ({ given, out, side: out })),
    );
  });

  test("is one Arrow table, in the answer and in the log", async () => {
    const { live, answer } = await logged();
    const table = await live.logs({ arrow: true });
    expect(oldestFirst(column(table, "in.input_ids"))).toEqual(ids(answer));
    expect(oldestFirst(column(table, "out.hidden"))).toEqual(answer.map(({ out }) => out.hidden));
    const request = new Table({ input_ids: table.getChild("in.input_ids") as Vector });
    const again = await live.infer(request);
    expect(column(again, "out.hidden")).toEqual(column(table, "out.hidden"));
  });

  test("is answered in columns", async () => {
    const { live, answer } = await logged();
    const columns = await live.infer({ input_ids: rows.map((row) => row.input_ids) });
    expect(columns.out.hidden).toEqual(answer.map(({ out }) => out.hidden));
  });

  test("is answered with typed arrays where the caller asks for them", async () => {
    const { live, answer } = await logged();
    const typed = await live.infer(rows, { values: "typed" });
    for (const [i, { out }] of typed.entries()) {
      const { data, shape } = out["hidden"] as { readonly data: Float32Array; readonly shape: readonly number[] };
      expect(shape).toEqual([lengths[i], 4]);
      expect(data).toEqual(Float32Array.from(answer[i]?.out.hidden.flat() ?? []));
    }
    expect(await refusal(() => live.infer(rows, { values: "flat" as never }))).toBe(
      `SL6011 infer(): the option 'values' is "nested" or "typed", got "flat"`,
    );
  });

  test("is exported as JSON lines, Arrow and Parquet", async () => {
    const { live, answer } = await logged();
    const expected = oldestFirst(answer.map(({ out }) => out.hidden));
    const fileOf = async (format: "json" | "arrow" | "parquet") =>
      (await live.exportLogs({ directory: folder(), format })).files[0] ?? "";
    const lines = readFileSync(await fileOf("json"), "utf8")
      .trimEnd()
      .split("\n");
    expect(lines.map((line) => (JSON.parse(line) as Record<string, unknown>)["out.hidden"])).toEqual(expected);
    expect(column(tableFromIPC(readFileSync(await fileOf("arrow"))), "out.hidden")).toEqual(expected);
    const connection = await (await DuckDBInstance.create()).connect();
    const read = await connection.runAndReadAll(`SELECT "out.hidden" AS hidden FROM '${await fileOf("parquet")}'`);
    expect(read.getRowObjectsJson().map(({ hidden }) => hidden)).toEqual(expected);
  });

  test("is compared with its challenger", async () => {
    const { live } = await logged();
    const { challengers, rows: count } = await live.compare();
    expect(count).toBe(lengths.length);
    expect(challengers).toMatchObject([{ name: "enc2", rows: lengths.length }]);
  });
});
