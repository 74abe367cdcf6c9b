import { createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { openInference, type AnyConnectedModel, type Fetch, type OpenInferenceOptions } from "shapeline/client";
import { TargetError } from "shapeline";
import { refusal, refusalError } from "../refusal.js";
import { identity } from "./all-datatypes.js";
import { type Intercept, type Received, startServer } from "./protocol-server.js";

const handle = identity("float32", "m");
const port = [{ name: "x", datatype: "FP32", shape: [-1, -1] }];
const rows = [{ x: [1, 2] }];

/** A model whose server answers inference as `intercept` does. */
async function connected(intercept: Intercept, options: Omit<OpenInferenceOptions, "url"> = {}) {
  const server = await startServer(
    { m: { inputs: port, outputs: port, run: (inputs) => inputs } },
    (request, response) => (request.path.endsWith("/infer") ? intercept(request, response) : false),
  );
  const live = await openInference({ url: server.url, ...options }).connect(handle);
  return { ...server, live: live as unknown as AnyConnectedModel };
}

/** How `infer` fails with this answer; the server's address is `URL`. */
async function failure(
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
  options: Omit<OpenInferenceOptions, "url"> = {},
): Promise<string> {
  const { live, url } = await connected((_, response) => {
    response.writeHead(status, headers).end(body);
    return true;
  }, options);
  return refusal(live.infer(rows), [url, "URL"]);
}

describe("statuses", () => {
  test.each<[status: number, body: string, headers: Record<string, string>, message: string]>([
    [
      400,
      '{"error":"unexpected shape"}',
      {},
      "SL6053 model 'm' on URL: the server refuses the request (400); the server says: unexpected shape",
    ],
    [
      401,
      "",
      {},
      "SL6051 model 'm' on URL: the server needs a token; give one with openInference({ token }), or other credentials with openInference({ headers }) (401)",
    ],
    [
      403,
      "no",
      {},
      "SL6051 model 'm' on URL: the server does not allow this with these credentials; use those of another role (403); the server says: no",
    ],
    [
      404,
      '{"error":"no model \'m\'"}',
      {},
      "SL6007 model 'm' on URL: the server has no such model; check the url, and the model's name and version on the server: connect(…, { model, version }) (404); the server says: no model 'm'",
    ],
    [
      413,
      "",
      {},
      "SL6053 model 'm' on URL: the request is larger than the server takes; send fewer rows at a time (413)",
    ],
    [
      422,
      '{"detail":[{"loc":["body","inputs",0,"datatype"],"msg":"Input should be \'FP32\'","type":"enum"}]}',
      {},
      "SL6053 model 'm' on URL: the server refuses the request (422); the server says: body.inputs.0.datatype: Input should be 'FP32'",
    ],
    [
      429,
      "",
      { "retry-after": "3" },
      "SL6013 model 'm' on URL: the server has too many requests; retry after 3 s (Retry-After) (429)",
    ],
    [
      500,
      'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: x is odd\n',
      {},
      "SL6054 model 'm' on URL: the server failed; its log has more (500); the server says: ValueError: x is odd",
    ],
    [
      502,
      "<html><head><title>502 Bad Gateway</title></head></html>",
      { "content-type": "text/html" },
      "SL6054 model 'm' on URL: the server failed; its log has more (502); the server says: an HTML page, 502 Bad Gateway",
    ],
    [503, "", {}, "SL6052 model 'm' on URL: the server is not ready or is overloaded; retry later (503)"],
    [
      504,
      "upstream timed out",
      {},
      "SL6004 model 'm' on URL: the server's own time ran out; send fewer rows at a time, or let the server take longer (504); the server says: upstream timed out",
    ],
    [
      302,
      "",
      { location: "https://elsewhere.example/" },
      "SL6055 model 'm' on URL: the server redirects to https://elsewhere.example/, and redirects are not followed; give the url that it leads to",
    ],
  ])("%i has a sentence of its own", async (status, body, headers, message) => {
    expect(await failure(status, body, headers)).toBe(message);
  });

  test("a wrong token is named as such", async () => {
    expect(await failure(401, "", {}, { token: "secret-token" })).toBe(
      "SL6051 model 'm' on URL: the server does not accept the token; give a valid one with openInference({ token }) (401)",
    );
  });

  test("Retry-After is in the details, also as a date", async () => {
    for (const [value, least] of [
      ["120", 120_000],
      [new Date(Date.now() + 90_000).toUTCString(), 80_000],
    ] as const) {
      const { live } = await connected((_, response) => {
        response.writeHead(503, { "retry-after": value }).end();
        return true;
      });
      const { details } = await refusalError(live.infer(rows));
      expect(details["retryAfterMs"]).toBeGreaterThanOrEqual(least);
    }
  });

  test("a server's long or invisible text is cut and escaped", async () => {
    const message = await failure(400, JSON.stringify({ error: `\u001b[2J${"x".repeat(10_000)}` }));
    expect(message).toContain("the server says: \\u001b[2Jxxx");
    expect(message.length).toBeLessThan(500);
  });
});

const answer = (output: object, more: object = {}) =>
  JSON.stringify({ outputs: [{ name: "x", datatype: "FP32", shape: [1, 2], ...output }], ...more });

describe("answers", () => {
  test.each<[what: string, body: string, message: string]>([
    [
      "an HTML page",
      "<!DOCTYPE html><title>Sign in</title>",
      "the answer is an HTML page, Sign in; check that the url",
    ],
    ["nothing", "", "the answer is empty; check"],
    ["text", "hello", "the answer is not JSON: at character 0; check"],
    ["JSON that is cut off", '{"outputs":[{"na', "the answer is not JSON: it ends after 16 characters; check"],
    ["no outputs", '{"a":1}', "the answer has no list 'outputs'; check"],
    ["an error with status 200", '{"error":"boom"}', "the answer has no list 'outputs'; the server says: boom; check"],
    ["an output without a name", '{"outputs":[{}]}', "output 0 of the answer has no name"],
    ["another output", '{"outputs":[{"name":"y"}]}', "the answer has no output 'x'; it has 'y'"],
    [
      "another datatype",
      answer({ datatype: "FP64", data: [1, 2] }),
      `output 'x' of the answer should be FP32 and is the string "FP64"`,
    ],
    [
      "no shape",
      answer({ shape: null, data: [1, 2] }),
      "output 'x' of the answer has null as its shape, which must be a list of sizes",
    ],
    [
      "a negative size",
      answer({ shape: [-1, 2], data: [1, 2] }),
      "output 'x' of the answer has a list of 2 as its shape, which must be",
    ],
    [
      "too many dimensions",
      answer({ shape: new Array(33).fill(1), data: [1] }),
      "output 'x' of the answer: a shape may have at most 32 dimensions, and this one has 33",
    ],
    [
      "too few elements",
      answer({ data: [1] }),
      "output 'x' of the answer has 1 element where its shape [1, 2] needs 2",
    ],
    [
      "a shape of 2^62",
      answer({ shape: [2 ** 31, 2 ** 21], data: [1] }),
      "output 'x' of the answer has 1 element where its shape [2147483648, 2097152] needs 4503599627370496",
    ],
    [
      "lists of another length",
      answer({ data: [[1, 2, 3]] }),
      "output 'x' of the answer has a list of 3 where its shape [1, 2] has 2",
    ],
    [
      "lists too deep",
      answer({ data: [[[1], [2]]] }),
      `output 'x' of the answer has a list of 1 at element 0, which is not a number (float32)`,
    ],
    ["no data", answer({}), "output 'x' of the answer has undefined as its data, which must be a list"],
    [
      "a text for a number",
      answer({ data: [1, "2"] }),
      `output 'x' of the answer has the string "2" at element 1, which is not a number (float32)`,
    ],
    [
      "null for a number",
      answer({ data: [1, null] }),
      "output 'x' of the answer has null at element 1, which is not a number (float32); some servers write NaN and infinities so: use openInference({ encoding: \"binary\" })",
    ],
    [
      "a number too large for float32",
      answer({ data: [1, 1e39] }),
      "output 'x' of the answer has the number 1e+39 at element 1, which is not a number (float32)",
    ],
    [
      "the id of another request",
      answer({ data: [1, 2] }, { id: "other" }),
      "the answer has the id 'other' and belongs to another request",
    ],
    [
      "JSON nested too deeply",
      `${'{"outputs":'.repeat(100)}NaN${"}".repeat(100)}`,
      "the answer is not JSON: the JSON of an Open Inference server's answer may have at most 64 levels",
    ],
  ])("%s is refused", async (_, body, message) => {
    const found = await failure(200, body, { "content-type": "application/json" });
    expect(found).toContain(`SL6055 model 'm' on URL: ${message}`);
  });

  test("other dimensions than those of the rows are refused", async () => {
    expect(await failure(200, answer({ shape: [2, 1], data: [1, 2] }))).toMatch(
      /^SL6003 model 'm' output 'x' should be float32\[1, n\] for 1 row but is float32\[2, 1\]/,
    );
  });

  test("forms that servers use are accepted: nested data, bare NaN, texts for infinities", async () => {
    for (const [data, x] of [
      ["[[1,2]]", [1, 2]],
      ["[NaN,-Infinity]", [NaN, -Infinity]],
      ['["NaN","Infinity"]', [NaN, Infinity]],
      ["[1e20,100000000000000000000]", [Math.fround(1e20), Math.fround(1e20)]],
    ] as const) {
      const { live } = await connected((_, response) => {
        response.end(`{"outputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":${data}}]}`);
        return true;
      });
      const [row] = await live.infer(rows);
      expect(row?.["out"]).toEqual({ x });
    }
  });
});

describe("binary answers", () => {
  const json = (size: unknown) =>
    JSON.stringify({
      outputs: [{ name: "x", datatype: "FP32", shape: [1, 2], parameters: { binary_data_size: size } }],
    });
  const binary = async (head: string, tail: Buffer, length: string | null = String(head.length)) =>
    failure(200, Buffer.concat([Buffer.from(head), tail]), {
      "content-type": "application/octet-stream",
      ...(length !== null && { "inference-header-content-length": length }),
    });

  test.each<[what: string, work: () => Promise<string>, message: string]>([
    [
      "bytes that are missing",
      () => binary(json(8), Buffer.alloc(4)),
      "output 'x' has the number 8 as its size in bytes, with 4 bytes left; the answer was cut off",
    ],
    ["bytes too many", () => binary(json(8), Buffer.alloc(9)), "1 byte after the outputs of the answer"],
    [
      "a size that is not its shape's",
      () => binary(json(4), Buffer.alloc(4)),
      "output 'x' of the answer has 4 bytes where its shape needs 8",
    ],
    ["a negative size", () => binary(json(-8), Buffer.alloc(8)), "output 'x' has the number -8 as its size in bytes"],
    [
      "a header that is too long",
      () => binary(json(8), Buffer.alloc(8), "9999"),
      "the header Inference-Header-Content-Length says 9999, and the answer has",
    ],
    [
      "a header that is no number",
      () => binary(json(8), Buffer.alloc(8), "1e3"),
      "the header Inference-Header-Content-Length says 1e3, and the answer has",
    ],
    [
      "JSON that does not end",
      () => binary(json(8).slice(0, -2), Buffer.alloc(0), null),
      "the answer ends inside its JSON",
    ],
    ["bytes that are no UTF-8", () => failure(200, Buffer.from([0xff, 0xfe])), "the answer is no UTF-8"],
  ])("%s are refused", async (_, work, message) => {
    expect(await work()).toContain(`SL6055 model 'm' on URL: ${message}`);
  });

  test("a browser that hides the length of the JSON still finds the tensors", async () => {
    const { live } = await connected((_, response) => {
      response
        .writeHead(200, { "content-type": "application/octet-stream" })
        .end(
          Buffer.concat([
            Buffer.from(json(8).replace('"outputs"', '"note":"} \\\\\\" {","outputs"')),
            Buffer.from(Float32Array.of(3, 4).buffer),
          ]),
        );
      return true;
    });
    const [row] = await live.infer(rows);
    expect(row?.["out"]).toEqual({ x: [3, 4] });
  });
});

describe("connections", () => {
  test("a server that does not run", async () => {
    const message = await refusal(openInference({ url: "http://127.0.0.1:9" }).connect(handle));
    expect(message).toMatch(
      /^SL6050 model 'm' on http:\/\/127.0.0.1:9: the server cannot be reached: .*; check that it runs, and the url/,
    );
  });

  test("an answer that is cut off", async () => {
    const { live, url } = await connected((_, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("{");
      setTimeout(() => response.destroy(), 10);
      return true;
    });
    expect(await refusal(live.infer(rows), [url, "URL"])).toMatch(
      /^SL6055 model 'm' on URL: the answer was cut off after 1 byte: .*; send the request again/,
    );
  });

  test("a server that is no HTTP server", async () => {
    const server = createServer((socket) => socket.end("hello\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port: at } = server.address() as { port: number };
    expect(await refusal(openInference({ url: `http://127.0.0.1:${at}` }).connect(handle))).toMatch(/^SL6050 /);
  });

  test("the time runs out, before and inside an answer, also if fetch ignores the signal", async () => {
    const silent = await connected(() => true);
    const slow = await connected((_, response) => {
      response.writeHead(200).write("{");
      return true;
    });
    const never: Fetch = () => new Promise(() => undefined);
    const deaf = openInference({ url: "http://127.0.0.1:9", fetch: never });
    const late = [silent, slow].map(({ live }) => live.infer(rows, { timeoutMs: 30 }));
    for (const work of [...late, deaf.connect(handle, { timeoutMs: 30 })])
      expect(await refusal(work)).toMatch(
        /^SL6004 .*: no answer within 30 ms; the server may still do what it was asked/,
      );
  });

  test("the signal aborts, and its reason is the cause", async () => {
    const { live, received } = await connected(() => true);
    const controller = new AbortController();
    const work = live.infer(rows, { signal: controller.signal });
    const reason = new TypeError("closed");
    await expect.poll(() => received.length).toBe(2);
    controller.abort(reason);
    const error = await refusalError(work);
    expect(error).toBeInstanceOf(TargetError);
    expect(error.code).toBe("SL6005");
    expect(error.cause).toBe(reason);
    expect(await refusal(live.infer(rows, { signal: controller.signal }))).toMatch(/^SL6005 /);
  });

  test("an answer larger than the limit", async () => {
    const work = failure(200, "x".repeat(2000), {}, { maxAnswerBytes: 1000 });
    expect(await work).toBe(
      "SL6055 model 'm' on URL: the answer of an Open Inference server may have at most 1,000 bytes; send fewer rows at a time, or raise the limit with openInference({ maxAnswerBytes })",
    );
  });

  test("compressed answers are counted unpacked", async () => {
    const { gzipSync } = await import("node:zlib");
    const packed = gzipSync(Buffer.alloc(100_000, "x"));
    expect(packed.length).toBeLessThan(1000);
    expect(await failure(200, packed, { "content-encoding": "gzip" }, { maxAnswerBytes: 1000 })).toContain(
      "may have at most 1,000 bytes",
    );
  });
});

describe("requests", () => {
  test("carry the token, the headers, an id of their own and the metadata", async () => {
    const received: Received[] = [];
    const note: Intercept = (request) => {
      received.push(request);
      return false;
    };
    const { live } = await connected(note, { token: "secret", headers: { "x-team": "fraud" } });
    await live.infer(rows, { metadata: { segment: "gold", vip: true, n: 3 } });
    await live.infer(rows);
    expect(received[0]?.headers).toMatchObject({ authorization: "Bearer secret", "x-team": "fraud" });
    expect(received[0]?.json.parameters).toEqual({ segment: "gold", vip: true, n: 3 });
    expect(new Set(received.map(({ json }) => json.id)).size).toBe(2);
  });

  test("rows of different sizes are grouped, and may travel one by one", async () => {
    const { live, received, url } = await connected(() => false);
    const ragged = [{ x: [1] }, { x: [2, 3] }, { x: [4] }];
    expect((await live.infer(ragged)).map((row) => row["out"])).toEqual(ragged);
    expect(received.filter(({ method }) => method === "POST")).toHaveLength(2);
    const alone = await openInference({ url }).connect(handle, { oneRowPerRequest: true });
    await alone.infer(ragged);
    expect(received.filter(({ method }) => method === "POST")).toHaveLength(5);
  });

  test("requests of one call are sent together, and end together after an error", async () => {
    let [running, most] = [0, 0];
    const slow: Intercept = ({ method }, response) => {
      if (method !== "POST") return false;
      most = Math.max(most, ++running);
      response.on("close", () => running--);
      // The first is refused after the others arrived, which are never answered.
      if (running === 3) setTimeout(() => response.writeHead(400).end('{"error":"no"}'), 0);
      return true;
    };
    const { url, received } = await connected(slow);
    const alone = await openInference({ url }).connect(handle, { oneRowPerRequest: true, concurrency: 3 });
    const many = Array.from({ length: 20 }, (_, i) => ({ x: [i] }));
    expect(await refusal(alone.infer(many), [url, "URL"])).toBe(
      "SL6053 model 'm' on URL: the server refuses the request (400); the server says: no",
    );
    await expect.poll(() => running).toBe(0);
    expect(most).toBe(3);
    expect(received.filter(({ method }) => method === "POST")).toHaveLength(3);
  });

  test("rows that do not fit and Arrow tables never reach the server", async () => {
    const { live, received } = await connected(() => false);
    const { tableFromArrays } = await import("apache-arrow");
    expect(await refusal(live.infer([{ x: ["a"] }]))).toMatch(/^SL5006 row 0, input 'x'/);
    expect(await refusal(live.infer([{ y: [1] }]))).toMatch(/^SL5003 /);
    expect(await refusal(live.infer(tableFromArrays({ x: Float32Array.of(1) }) as never))).toBe(
      "SL5000 'm' on an Open Inference server takes records or columns, not an Arrow table; give columns such as { column: table.getChild(\"column\").toArray() }",
    );
    expect(received).toHaveLength(1);
  });

  test.each<[options: object, message: RegExp]>([
    [{ timeout: 3 }, /^SL6011 infer\(\) has no option 'timeout' \(did you mean 'timeoutMs'\?\)/],
    [{ timeoutMs: 0 }, /^SL6011 timeoutMs is 0/],
    [{ values: "flat" }, /^SL6011 infer\(\): the option 'values' is "nested" or "typed", got "flat"/],
    [{ metadata: { anomaly: true } }, /^SL5040 the metadata cannot have 'anomaly'/],
    [{ metadata: { a: [1] } }, /^SL5040 the metadata 'a' must be a string, a finite number or a boolean/],
    [{ dataset: ["out.y"] }, /^SL5031 the dataset names 'out.y'/],
    [{ dataset: ["metadata"] }, /^SL5031 the dataset names 'metadata'/],
  ])("infer refuses %o", async (options, message) => {
    const { live, received } = await connected(() => false);
    expect(await refusal(live.infer(rows, options))).toMatch(message);
    expect(received).toHaveLength(1);
  });

  test("the dataset selects columns, as in other deployments", async () => {
    const { live } = await connected(() => false);
    expect(await live.infer(rows, { dataset: ["out"], datasetSeparator: "." })).toEqual([{ "out.x": [1, 2] }]);
    expect(await live.infer({ x: [[1, 2]] }, { datasetExclude: ["time", "in"] })).toEqual({
      out: { x: [[1, 2]] },
      anomaly: { count: [0] },
      check_failures: [0],
    });
  });
});

test.each<[options: object, message: RegExp]>([
  [{}, /url' is undefined|the option 'url'/],
  [{ url: "localhost:8080" }, /the option 'url' must start with http: or https:, not localhost:/],
  [{ url: "http://me:pass@host" }, /the option 'url' has a user name or password/],
  [{ url: "http://host?a=1" }, /the option 'url' must have no '\?' and no '#'/],
  [{ url: "http://host", token: "a b" }, /the option 'token' is not a token/],
  [
    { url: "http://host", token: "a", headers: { Authorization: "x" } },
    /'token' and the header Authorization are both/,
  ],
  [{ url: "http://host", headers: { "a b": "x" } }, /the option 'headers' has "a b", which is no header/],
  [{ url: "http://host", encoding: "arrow" }, /the option 'encoding' is "json" or "binary", got "arrow"/],
  [{ url: "http://host", fetch: 1 }, /the option 'fetch' is a function/],
  [{ url: "http://host", maxAnswerBytes: 0 }, /the option 'maxAnswerBytes' is a whole number of bytes, got 0/],
  [{ url: "http://host", tokens: "a" }, /has no option 'tokens' \(did you mean 'token'\?\)/],
])("openInference refuses %o", async (options, message) => {
  const text = await refusal(() => openInference(options as OpenInferenceOptions));
  expect(text).toMatch(message);
  expect(text).toMatch(/^SL6011 /);
  expect(text).not.toContain("pass@");
});

test.each<[handle: unknown, options: object, message: RegExp]>([
  ["m", {}, /^SL6011 connect\(\) takes a model handle of 'shapeline generate' or a pipeline, got the string "m"/],
  [handle, { model: "" }, /^SL6011 connect\(\): the option 'model' is a text, got ""/],
  [handle, { checkMetadata: "no" }, /^SL6011 connect\(\): the option 'checkMetadata' is true or false/],
  [handle, { name: "m" }, /^SL6011 connect\(\) has no option 'name'/],
])("connect refuses %o with %o", async (given, options, message) => {
  expect(await refusal(openInference({ url: "http://127.0.0.1:9" }).connect(given as typeof handle, options))).toMatch(
    message,
  );
});

test("the url may have a path, and /v2 at its end", async () => {
  for (const at of ["http://host:1/models/", "http://host:1/models/v2", "http://host:1/models/v2/"])
    expect(openInference({ url: at }).url).toBe("http://host:1/models");
});
