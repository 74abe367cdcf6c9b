import {
  Field,
  FixedSizeList,
  Float32,
  Int64,
  List,
  Schema,
  Table,
  TimestampMillisecond,
  Utf8,
  tableToIPC,
} from "apache-arrow";
import { describe, expect, test } from "vitest";
import { put, readRefusal, signatureText } from "../workspace.js";

describe("Arrow schemas", () => {
  const vector = new FixedSizeList(3, new Field("item", new Float32()));
  const fields = [
    new Field("in.tensor", vector),
    new Field("in.words", new List(new Field("item", new Utf8()))),
    new Field("out.n", new Int64()),
    new Field(
      "out.image",
      new FixedSizeList(6, new Field("item", new Float32())),
      false,
      new Map([
        ["ARROW:extension:name", "arrow.fixed_shape_tensor"],
        ["ARROW:extension:metadata", '{"shape":[2,3]}'],
      ]),
    ),
    new Field("time", new TimestampMillisecond()),
    new Field("out.when", new TimestampMillisecond()),
  ];
  const file = (kind: "file" | "stream", all = fields) => tableToIPC(new Table(new Schema(all)), kind);

  test("reads a file, a stream and Feather with in. and out. columns, lists and tensors", async () => {
    const expected =
      "rows: tensor float32[batch, 3], words string[batch, ?] -> n int64[batch], image float32[batch, 2, 3], when a column of Timestamp: convert it to numbers, booleans or text";
    expect([
      await signatureText(put("rows.arrow", file("file"))),
      await signatureText(put("rows.arrows", file("stream"))),
      await signatureText(put("rows.feather", file("file"))),
    ]).toEqual([expected, expected, expected]);
  });

  test("reads a schema of only inputs or only outputs", async () => {
    const plain = [new Field("x", vector)];
    expect(await signatureText(put("m.arrow", file("file", plain)))).toBe("m: x float32[batch, 3] -> ");
    expect(await signatureText(put("m.outputs.arrow", file("file", plain)))).toBe("m:  -> x float32[batch, 3]");
  });

  test("refuses files that are not Arrow", async () => {
    const whole = file("file");
    for (const bytes of [Buffer.from("not arrow at all"), whole.subarray(0, 40), Buffer.from("FEA1aaaaaaaaFEA1")]) {
      expect(await readRefusal(put("bad.arrow", bytes))).toMatch(
        /^SL3054 '\/bad\.arrow' does not describe a model: it is not an Arrow file, an Arrow stream or a Feather V2 file \(/,
      );
    }
  });
});
