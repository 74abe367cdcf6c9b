import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFromIPC, tableToIPC } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createServer, type ShapelineServer } from "shapeline/server";
import { stringifyConfig } from "shapeline/config";
import type { Config } from "../../../src/config/schema.js";
import { config, folder, run, validation, writeFixedModel } from "../../engine/make-config.js";

const models = folder();
const numbers = writeFixedModel(models, "numbers", 1, {
  inputs: [
    { name: "x", dtype: "float32", shape: ["batch", 2] },
    { name: "n", dtype: "int64", shape: ["batch", 1] },
  ],
  outputs: [
    { name: "y", dtype: "float32", shape: ["batch", 2] },
    { name: "m", dtype: "int64", shape: ["batch", 1] },
  ],
  nodes: [
    { op: "Identity", inputs: ["x"], outputs: ["y"] },
    { op: "Identity", inputs: ["n"], outputs: ["m"] },
  ],
});
const same: Config = config(
  "same",
  [numbers],
  [run("numbers"), validation("low", "(x) => x.out.y[0] < 5", { inputs: numbers.inputs, outputs: numbers.outputs })],
);

let server: ShapelineServer;
let url = "";
const call = async (path: string, init?: RequestInit) => {
  const response = await fetch(`${url}/api/v1/${path}`, init);
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
};
const post = (path: string, body: string | Uint8Array, type = "application/json") =>
  call(path, { method: "POST", body: body as string, headers: { "content-type": type } });

beforeAll(async () => {
  server = await createServer({ data: mkdtempSync(join(tmpdir(), "shapeline-api-")), models });
  url = await server.listen({ port: 0 });
  const { status, text } = await post("pipelines", stringifyConfig(same));
  expect([status, JSON.parse(text)]).toEqual([
    201,
    expect.objectContaining({ pipeline: "same", version: "1", state: "running" }),
  ]);
});
afterAll(() => server.close());

test("infers with records, without loss", async () => {
  const body = '{"records": [{"x": [1.5, "NaN"], "n": [9007199254740993]}, {"x": ["-Infinity", -0], "n": 7}]}';
  const { status, text } = await post("pipelines/same/infer", body);
  expect(status).toBe(200);
  expect(text.replaceAll(/"time":"\d[^"]+"/g, '"time":"…"')).toBe(
    '{"records":[{"time":"…","in":{"x":[1.5,"NaN"],"n":[9007199254740993]},"out":{"y":[1.5,"NaN"],"m":[9007199254740993]},' +
      '"anomaly":{"count":0,"low":false},"check_failures":0},' +
      '{"time":"…","in":{"x":["-Infinity",-0],"n":[7]},"out":{"y":["-Infinity",-0],"m":[7]},' +
      '"anomaly":{"count":0,"low":false},"check_failures":0}],' +
      '"types":{"time":"time","in":{"x":"float32","n":"int64"},"out":{"y":"float32","m":"int64"},' +
      '"anomaly":{"count":"int32","low":"bool"},"check_failures":"int32"}}',
  );
});

test("infers with columns, and typed arrays as base64", async () => {
  const floats = { array: "Float32Array", base64: Buffer.from(Float32Array.of(1, 2, 3, 4).buffer).toString("base64") };
  const body = JSON.stringify({ columns: { x: floats, n: [1, 2] }, dataset: ["out.y"], values: "typed" });
  expect(JSON.parse((await post("pipelines/same/infer", body)).text)).toEqual({
    columns: {
      out: {
        y: [
          { data: { array: "Float32Array", base64: "AACAPwAAAEA=" }, shape: [2] },
          { data: { array: "Float32Array", base64: "AABAQAAAgEA=" }, shape: [2] },
        ],
      },
    },
    types: { out: { y: "float32" } },
  });
});

test("infers with an Arrow stream", async () => {
  const logged = await fetch(`${url}/api/v1/pipelines/same/logs?limit=2&dataset=in`, {
    headers: { accept: "application/vnd.apache.arrow.stream" },
  });
  const rows = tableFromIPC(await logged.arrayBuffer());
  const sent = tableToIPC(rows, "stream");
  const renamed = Buffer.from(sent).toString("latin1").replaceAll("in.x", "x\0\0\0").replaceAll("in.n", "n\0\0\0");
  expect(rows.schema.fields.map(({ name }) => name)).toEqual(["in.x", "in.n"]);
  // The names of another table are refused as `infer` refuses them.
  expect(JSON.parse((await post("pipelines/same/infer", sent, "application/vnd.apache.arrow.stream")).text)).toEqual({
    error: expect.objectContaining({ code: "SL5003" }) as unknown,
  });
  expect(renamed).toHaveLength(sent.length);
});

test("streams the log as lines, with the types before the rows and what is withheld at the end", async () => {
  const { type, text } = await call("pipelines/same/logs?limit=1&dataset=out&datasetSeparator=/");
  expect(type).toBe("application/x-ndjson");
  expect(
    text
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line)),
  ).toEqual([
    { types: { "out/y": "float32", "out/m": "int64" } },
    { row: { "out/y": [3, 4], "out/m": [2] } },
    { end: { rows: 1, withheld: { excluded: [], redacted: [], digested: [] } } },
  ]);
});

test("sends an export as an archive of files", async () => {
  const response = await fetch(`${url}/api/v1/pipelines/same/export?limit=2&dataset=out.m`);
  const bytes = Buffer.from(await response.arrayBuffer());
  expect([response.headers.get("content-type"), bytes.length % 512]).toEqual(["application/x-tar", 0]);
  expect(bytes.subarray(0, 11).toString()).toBe("same-1.json");
  expect(bytes.subarray(512, 540).toString()).toBe('{"out.m":[2]}\n{"out.m":[1]}\n');
});

test("tells of alerts as events, until the pipeline is undeployed", async () => {
  const response = await fetch(`${url}/api/v1/pipelines/same/alerts`);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(await response.text()).toBe(": connected\n\nevent: end\ndata: {}\n\n");
});

test.each([
  ["pipelines", { pipelines: [expect.objectContaining({ name: "same", state: "running", version: "1" })] }],
  ["models", { models: [{ name: "numbers", version: "1", sha256: numbers.sha256, pipelines: ["same"] }] }],
  ["pipelines/same", expect.objectContaining({ target: "local", version: "1", hash: same.hash })],
  ["pipelines/same/versions", { versions: [expect.objectContaining({ version: "1", hash: same.hash })] }],
  ["pipelines/same/configuration?version=1", JSON.parse(stringifyConfig(same))],
  ["pipelines/same/report", expect.objectContaining({ pipeline: "same", versions: [1] })],
])("GET %s", async (path, expected) => {
  const { status, text } = await call(path);
  expect([status, JSON.parse(text)]).toEqual([200, expected]);
});

describe("refuses with the code and message of local()", () => {
  const infer = "pipelines/same/infer";
  test.each([
    [
      "GET",
      "pipelines/sme",
      "",
      404,
      "SL6007 no pipeline 'sme' is deployed in '…'; deployed there: 'same' (did you mean 'same'?)",
    ],
    [
      "GET",
      "pipelines/same/configuration?version=9",
      "",
      404,
      "SL6012 pipeline 'same' has no version '9'; its versions are '1'",
    ],
    [
      "GET",
      "pipelines/same/logs?limt=3",
      "",
      400,
      /^SL6011 the request has no parameter 'limt' \(did you mean 'limit'\?\); they are 'dataset', /,
    ],
    [
      "GET",
      "pipelines/same/logs?limit=x",
      "",
      400,
      "SL6011 logs(): the option 'limit' is \"x\"; give a number of rows, 0 or more",
    ],
    ["GET", "pipelines/same/logs?batchRows=5", "", 400, /^SL6011 logs\(\) has no option 'batchRows'; /],
    ["GET", "pipelines/same/logs?dataset=outs", "", 400, /^SL5031 the dataset names 'outs', which the result has not/],
    ["GET", "pipelines/same/export?directory=/etc", "", 400, /^SL6011 the request has no parameter 'directory'/],
    [
      "GET",
      "pipelines/same/export?filePrefix=../x",
      "",
      400,
      /^SL7031 exportLogs\(\): the option 'filePrefix' is "..\/x"/,
    ],
    [
      "GET",
      "pipelines/same/export?dataSizeLimit=2GiB",
      "",
      400,
      /^SL6011 exportLogs\(\): an export of logs by the server may have at most/,
    ],
    ["POST", infer, '{"records": [{"x": [1, 2]}]}', 400, /^SL5003 row 0/],
    ["POST", infer, '{"records": [{"x": ["1", 2], "n": 1}]}', 400, /^SL5006 row 0, input 'x'/],
    ["POST", infer, '{"records": [], "rows": []}', 400, /^SL6011 the request has no member 'rows'/],
    ["POST", infer, '{"records": [{"x": [1, NaN], "n": 1}]}', 400, /^SL5030 the request's body is not complete JSON/],
    [
      "POST",
      infer,
      '{"columns": {"x": {"array": "Float32Array", "base64": "AA"}, "n": [1]}}',
      400,
      /^SL5006 input 'x': a typed array is written as/,
    ],
    ["POST", infer, "{}", 400, /^SL5000 the body of the request needs one of/],
    ["POST", infer, '{"records": [{"x": [1, 2], "n": 1}], "metadata": {"a": 1}}', 400, /^SL5041/],
    ["POST", infer, '{"records": [{"x": [1, 2], "n": 1}], "timeoutMs": "1"}', 400, /^SL6011 timeoutMs is/],
    ["POST", "pipelines", "{", 400, /^SL4001/],
    ["POST", "pipelines", '{"shapeline": 1}', 400, /^SL4002/],
    [
      "POST",
      "pipelines?logExclude=in.z",
      stringifyConfig(same),
      400,
      /^SL6011 local\(\): 'in.z' in 'log.exclude' is no column/,
    ],
    ["POST", "pipelines?models=/tmp", stringifyConfig(same), 400, /^SL6011 the parameter 'models'/],
  ])("%s %s %s", async (method, path, body, status, expected) => {
    const answer = await (method === "GET" ? call(path) : post(path, body));
    const { error } = JSON.parse(answer.text) as { error: { code: string; message: string } };
    const text = `${error.code} ${error.message}`;
    if (typeof expected === "string") expect(text.replace(/'\/[^']+shapeline-api-[^']+'/, "'…'")).toBe(expected);
    else expect(text).toMatch(expected);
    expect(answer.status).toBe(status);
  });

  test("a body that is no JSON, and pages of other origins", async () => {
    expect((await post(infer, "x", "text/plain")).status).toBe(415);
    const origin = { method: "POST", headers: { origin: "https://evil.example" } };
    expect((await call("pipelines/same/undeploy", origin)).status).toBe(403);
  });
});
