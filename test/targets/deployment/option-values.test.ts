import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ShapelineError } from "../../../dsl/errors.js";
import { local, type LocalDeployment } from "../../../src/targets/local/index.js";
import { config, folder, run, writeModel } from "../../engine/make-config.js";
import { float32 } from "../../engine/recorded-models.js";

const dir = folder();
const model = writeModel(dir, "plain", {
  inputs: [float32("x", "batch", 2)],
  outputs: [float32("y", "batch", 2)],
  nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
});
const target = local({ models: dir, data: join(dir, "data") });
let live: LocalDeployment;

beforeAll(async () => {
  live = await target.deploy(config("plain", [model], [run("plain")]));
});
afterAll(() => target.close());

/** The result of `work`, or its error as `CODE message`. */
async function outcome(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return error instanceof ShapelineError ? `${error.code} ${error.message}` : error;
  }
}

const rows = (options: unknown) => outcome(async () => (await live.logs(options as object)).length);

describe("times", () => {
  test("accept ISO 8601 strings, dates and milliseconds", async () => {
    await live.infer([{ x: [1, 2] }]);
    const past = [
      "2026",
      "2026-01",
      "2026-01-31",
      "2026-01-31T12:00Z",
      "2026-01-31 12:00:00",
      "2026-01-31T12:00:00.123456+05:30",
      "+002026-01-31T12:00:00Z",
      "2024-02-29",
      new Date(5),
      0,
      1.5e12,
      -8.64e15,
    ];
    const types: unknown[] = [];
    // Not the row count: a time may be later than this machine's clock.
    for (const start of past) types.push(typeof (await rows({ start })));
    expect(types).toEqual(past.map(() => "number"));
  });

  test("refuse strings that only `new Date` accepts, and other values", async () => {
    const refused = await Promise.all(
      [
        "last 5",
        "1",
        "Nov 22 2026",
        "2026-02-30",
        "2026-02-29T00:00:00Z",
        "2026-13-01",
        "2026-01T12:00Z",
        "2026-1-1",
        "12:00",
        "",
        null,
        true,
        [2020],
        {},
        new Date(NaN),
        NaN,
        8.65e15,
        5n,
      ].map((start) => rows({ start })),
    );
    expect(refused).toMatchInlineSnapshot(`
      [
        "SL6011 logs(): the option 'start' is "last 5"; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is "1"; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is "Nov 22 2026"; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is "2026-02-30"; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is "2026-02-29T00:00:00Z"; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is "2026-13-01"; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is "2026-01T12:00Z"; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is "2026-1-1"; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is "12:00"; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is ""; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is null; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is true; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is a list of 1; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is an object; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is an invalid Date; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is NaN; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is 8650000000000000; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
        "SL6011 logs(): the option 'start' is the bigint 5n; give a Date, milliseconds since 1970 UTC, or a string such as "2026-01-31T12:00:00Z"",
      ]
    `);
  });
});

describe("a value that is not an object of options is refused", () => {
  test.each([null, 5, "limit", [], new Date(0), new Map([["limit", 1]]), () => 1])("%o", async (options) => {
    const value = options as object;
    const all = await Promise.all([
      outcome(() => live.logs(value)),
      outcome(() => live.logBatches(value).next()),
      outcome(() => live.exportLogs(value)),
      outcome(() => live.compare(value)),
      outcome(() => live.infer([{ x: [1, 2] }], value)),
      outcome(() => live.alerts(value)[Symbol.asyncIterator]().next()),
    ]);
    expect(all.map((each) => String(each).replace(/, got .*$/, ""))).toEqual([
      ...["logs", "logBatches", "exportLogs", "compare"].map(
        (method) => `SL6011 ${method}() takes an object of options`,
      ),
      "SL6011 infer() takes an object of options",
      "SL6011 alerts() takes an object of options",
    ]);
  });

  test("infer reads no option from a Map", async () => {
    expect(
      await outcome(() => live.infer([{ x: [1, 2] }], { metadata: new Map([["session_id", "a"]]) as never })),
    ).toMatchInlineSnapshot(`"SL5040 the metadata of a request must be an object { key: value }, got an object (Map)"`);
    expect(await outcome(() => live.infer([{ x: [1, 2] }], { signal: null as never }))).toMatchInlineSnapshot(
      `"SL6011 signal is null: give an AbortSignal"`,
    );
  });

  test("messages show the wrong value", async () => {
    expect(
      await Promise.all([
        rows({ limit: "2" }),
        rows({ limit: 5n }),
        rows({ valid: "true" }),
        outcome(() => live.exportLogs({ dataSizeLimit: Infinity })),
        outcome(() => live.configuration(1 as never)),
        outcome(() => live.inferFromFile(null as never)),
      ]),
    ).toMatchInlineSnapshot(`
      [
        "SL6011 logs(): the option 'limit' is "2"; give a number of rows, 0 or more",
        "SL6011 logs(): the option 'limit' is the bigint 5n; give a number of rows, 0 or more",
        "SL6011 logs(): the option 'valid' is "true"; give true or false",
        "SL6011 exportLogs(): the option 'dataSizeLimit' is Infinity; give a number of bytes, or a string such as "100MB" or "1.5 GiB"",
        "SL6012 configuration() takes a version as a string, such as "1", got the number 1",
        "SL5017 inferFromFile() takes the path of a file, got null",
      ]
    `);
    expect(await outcome(async () => local({ concurrency: Infinity }))).toMatchInlineSnapshot(
      `"SL6011 local(): the option 'concurrency' is Infinity; give a whole number of requests, 1 or more"`,
    );
  });
});

test("an Arrow table without rows has the same columns", async () => {
  const names = async (options: object) => (await live.logs({ ...options, arrow: true })).schema.fields.map(String);
  const columns = [
    "time: Timestamp<MILLISECOND>",
    "in.x: List<Float32>",
    "out.y: List<Float32>",
    "anomaly.count: Int32",
    "check_failures: Int32",
  ];
  expect(await names({ limit: 0 })).toEqual(columns);
  expect(await names({ end: 0, dataset: ["in.x"] })).toEqual(["in.x: List<Float32>"]);
  expect(await live.logs({ end: 0, dataset: ["in.x"] })).toEqual([]);
  expect(await outcome(() => live.logs({ end: 0, dataset: ["in.z"] }))).toMatchInlineSnapshot(
    `"SL5031 the dataset names 'in.z', which the result has not: it has time, in.x, out.y, anomaly.count, check_failures, metadata.last_model, metadata.pipeline_version, metadata.elapsed, metadata.request, metadata.notes"`,
  );
});
