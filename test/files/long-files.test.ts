import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { tableFromArrays, tableToIPC } from "apache-arrow";
import type { Port } from "../../dsl/tensor.js";
import { ReadingPace } from "../../src/files/reading-pace.js";
import { readRows } from "../../src/files/read-rows.js";
import { RequestDeadline } from "../../src/engine/request-deadline.js";
import { refusal } from "../refusal.js";

const inputs: readonly Port[] = [{ name: "x", dtype: "float32", shape: ["batch"] }];

function read(bytes: string | Uint8Array, pace = new ReadingPace()): Promise<{ readonly request: unknown }> {
  const content = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  return readRows(
    { name: "rows.df.json", bytes: content },
    { pipeline: "p", inputs, ignoreUnknown: false, maxBytes: 2 ** 30, pace },
  );
}

const count = 400_000;
const list = (separator: string) => Array.from({ length: count }, (_, i) => `{"x": ${i}}`).join(separator);
const json = `[${list(", ")}]`;
const long: readonly (readonly [string, string | Uint8Array])[] = [
  ["a JSON list", json],
  ["JSON lines", list("\n")],
  ["CSV", `x\n${Array.from({ length: count }, (_, i) => i).join("\n")}\n`],
  ["packed CSV", gzipSync(`x\n${"1\n".repeat(count)}`)],
];

describe("a long file", () => {
  test.each(long)("of %s leaves the event loop free, and ends with its request", async (_what, bytes) => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const { request } = await read(bytes).finally(() => clearInterval(timer));
    expect(request).toHaveLength(count);
    expect(turns).toBeGreaterThan(2);

    const deadline = new RequestDeadline(30);
    const pace = new ReadingPace(() => {
      deadline.readTime();
      deadline.check("p");
    });
    const started = performance.now();
    expect(await refusal(read(bytes, pace))).toBe("SL6004 p: no answer within 30 ms; nothing was logged");
    // Much less than the whole takes; the machine may be busy.
    expect(performance.now() - started).toBeLessThan(1500);
  });

  test("a list that is parsed in parts has the same values and faults as one that is parsed at once", async () => {
    const text = 'a "quoted" \\ [text], {'.repeat(20);
    const many = Array.from({ length: 9000 }, (_, x) => ({ x, [text]: [[x, text]] }));
    // Not toEqual: a difference would be megabytes long.
    expect(JSON.stringify(await partsOf(JSON.stringify(many, null, 1), text)) === JSON.stringify(many)).toBe(true);
    const json = `[${`{"x":1,"y":"${"z".repeat(100_000)}"},`.repeat(50)}{"x":1,"y":1}]`;
    for (const [end, fault] of [
      [",]", /^SL5030 .* is not complete JSON/],
      ["", /the list does not end/],
      ["}", /the list does not end/],
      ["] 1", /something follows the list/],
      [',{"x": ]', /^SL5030 /],
      [', "open', /a text does not end/],
    ] as const)
      expect(await refusal(partsOf(json.slice(0, -1) + end)), end).toMatch(fault);
  });

  test("an Arrow file of very many columns or batches is read in time that grows with its size", async () => {
    const columns = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`x_${i}`, Float32Array.of(i)]));
    const wide: Port = { name: "x", dtype: "float32", shape: ["batch", 5000] };
    const bytes = tableToIPC(tableFromArrays(columns), "file");
    const wanted = { pipeline: "p", inputs: [wide], ignoreUnknown: false, maxBytes: 2 ** 30, pace: new ReadingPace() };
    const { request } = await readRows({ name: "wide.arrow", bytes }, wanted);
    expect((request as { readonly numRows: number }).numRows).toBe(1);
  });

  async function partsOf(content: string, other = "y"): Promise<unknown> {
    const bytes = Buffer.from(content);
    const wanted = {
      pipeline: "p",
      inputs: ["x", other].map((name) => ({ ...inputs[0], name }) as Port),
      ignoreUnknown: true,
      maxBytes: 2 ** 30,
      pace: new ReadingPace(),
    };
    return (await readRows({ name: "rows.df.json", bytes }, wanted)).request;
  }
});
