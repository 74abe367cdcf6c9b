import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { mutateBytes, mutateJson, type Random } from "../../support/mutants/random.mjs";

/** A request that a hostile or broken client sends. */
export interface HostileRequest {
  readonly kind: string;
  /** Sent one after the other, with a pause between them. */
  readonly parts: readonly Buffer[];
  readonly pauseMs: number;
  /** Then the client does `wait` for an answer, `half-close` and wait, `leave` the connection open, or `reset` it. */
  readonly then: "wait" | "half-close" | "leave" | "reset";
  /** HTTP in order: it must be answered. Others may be answered, or the connection closed. */
  readonly complete: boolean;
}

/** Tokens of the server that is tested. */
export const tokens = {
  read: "reads-0123456789abc",
  infer: "infers-0123456789abc",
  admin: "administers-0123456789",
} as const;

const row = [
  17.99, 10.38, 122.8, 1001, 0.1184, 0.2776, 0.3001, 0.1471, 0.2419, 0.07871, 1.095, 0.9053, 8.589, 153.4, 0.006399,
  0.04904, 0.05373, 0.01587, 0.03003, 0.006193, 25.38, 17.33, 184.6, 2019, 0.1622, 0.6656, 0.7119, 0.2654, 0.4601,
  0.1189,
];
const tensor = { name: "features", shape: [1, 30], datatype: "FP32" };
const jsonRequest = { id: "1", inputs: [{ ...tensor, data: row }], outputs: [{ name: "probabilities" }] };

/** A request in order, and where it is sent. */
export const goodPath = "/v2/models/cancer/infer";
export const goodBody = JSON.stringify(jsonRequest);

const rowBytes = Buffer.from(Float32Array.from(row).buffer);
const binaryJson = {
  inputs: [{ ...tensor, parameters: { binary_data_size: rowBytes.length } }],
  parameters: { binary_data_output: true, anomaly: true },
};

const models = ["cancer", "gradient-boosting", "logistic-regression", "cancer/versions/1"];
const paths = [
  "/",
  "/v2",
  "/v2/health/live",
  "/v2/health/ready",
  "/v2/models",
  "/v2/models/cancer",
  "/v2/models/cancer/ready",
  "/v2/models/cancer/versions/1",
  "/v2/models/gradient-boosting",
  "/openapi.json",
  "/metrics",
  "/rules",
  "/api/v1/pipelines",
  "/api/v1/models",
  "/api/v1/pipelines/cancer",
  "/api/v1/pipelines/cancer/status",
  "/api/v1/pipelines/cancer/versions",
  "/api/v1/pipelines/cancer/logs",
  "/api/v1/pipelines/cancer/infer",
  "/api/v1/pipelines/cancer/report",
  "/api/v1/pipelines/cancer/alerts",
  "/api/v1/pipelines/cancer/export",
];

/** An export without a limit writes the whole log, which grows with the requests. */
const bounded = (path: string): string => (path.endsWith("/export") ? `${path}?limit=2000` : path);

type Header = readonly [string, string | number];

/** The head of a request, as it is sent; the token is right unless the headers have another. */
function head(method: string, path: string, headers: readonly Header[], token: string = tokens.infer): string {
  const all: Header[] = [
    ["host", "127.0.0.1"],
    ["connection", "close"],
    ["authorization", `Bearer ${token}`],
    ...headers,
  ];
  return `${method} ${path} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const oneOf = (random: Random, share: number): boolean => random.unit() < share;
const inferPath = (random: Random): string => `/v2/models/${random.pick(models)}/infer`;

function whole(kind: string, start: string, body: Uint8Array = Buffer.alloc(0)): HostileRequest {
  return { kind, parts: [bytes(start), Buffer.from(body)], pauseMs: 0, then: "wait", complete: true };
}

/** A request with this body and the right length. */
function post(
  kind: string,
  random: Random,
  body: string | Uint8Array,
  headers: readonly Header[] = [],
): HostileRequest {
  const content = Buffer.from(body);
  return whole(kind, head("POST", inferPath(random), [["content-length", content.length], ...headers]), content);
}

const odd = [
  "4611686018427387904",
  "9223372036854775807",
  "18446744073709551616",
  "-1",
  "0",
  "1e308",
  "1e999",
  "2147483648",
  "0.5",
  '"30"',
  "null",
  "[1,30]",
  "{}",
  "true",
  "-0",
  "NaN",
];
const oddShape = (random: Random): string =>
  `[${Array.from({ length: random.pick([0, 1, 2, 2, 3, 40, 5000]) }, () => random.pick(odd)).join(",")}]`;

const zeros = Buffer.alloc(64 * 2 ** 20);
const bombs = { gzip: gzipSync(zeros), deflate: deflateSync(zeros) };
const nested = gzipSync(bombs.gzip);

/** Kinds of hostile requests. Each is drawn equally often. */
const kinds: Readonly<Record<string, (random: Random) => HostileRequest>> = {
  "mutated JSON": (random) => post("mutated JSON", random, JSON.stringify(mutateJson(random, jsonRequest))),
  "mutated bytes": (random) => post("mutated bytes", random, mutateBytes(random, bytes(goodBody))),
  "mutated binary": (random) => {
    const json = JSON.stringify(oneOf(random, 0.5) ? mutateJson(random, binaryJson) : binaryJson);
    const data = oneOf(random, 0.5) ? mutateBytes(random, rowBytes) : rowBytes;
    const body = Buffer.concat([Buffer.from(json), data]);
    return post("mutated binary", random, body, [["inference-header-content-length", Buffer.byteLength(json)]]);
  },
  "binary sizes that lie": (random) => {
    const size = random.pick([0, 1, -1, 119, 121, 2 ** 31, 2 ** 53, 1e300, "120", null, [120], { a: 1 }, true]);
    const input = {
      ...tensor,
      parameters: { binary_data_size: size },
      shape: random.pick([
        [1, 30],
        [2, 30],
        [0, 30],
      ]),
    };
    const json = JSON.stringify({ inputs: Array.from({ length: random.pick([1, 1, 2, 50]) }, () => input) });
    const length = random.pick([json.length, json.length - 1, 0, json.length + 120, 2 ** 40, -5, "1e3", "0x10", ""]);
    return post("binary sizes that lie", random, Buffer.concat([bytes(json), rowBytes]), [
      ["inference-header-content-length", length],
    ]);
  },
  "texts as bytes": (random) => {
    const data = mutateBytes(
      random,
      Buffer.concat([Buffer.from([3, 0, 0, 0]), bytes("abc"), Buffer.from([255, 255, 255, 255])]),
    );
    const input = {
      name: "features",
      shape: [random.below(3)],
      datatype: "BYTES",
      parameters: { binary_data_size: data.length },
    };
    const json = JSON.stringify({ inputs: [input] });
    return post("texts as bytes", random, Buffer.concat([bytes(json), data]), [
      ["inference-header-content-length", json.length],
    ]);
  },
  "deep JSON": (random) => {
    const depth = random.pick([10, 65, 1000, 20_000, 500_000]);
    const [open, close] = random.pick([
      ["[", "]"],
      ['{"a":', "}"],
      ['[{"a":[', "]}]"],
    ] as const);
    const deep = open.repeat(depth) + (oneOf(random, 0.7) ? `1${close.repeat(depth)}` : "");
    const body = random.pick([
      deep,
      goodBody.replace('"FP32"', deep),
      `{"inputs":[{"name":"features","shape":[1,30],"datatype":"FP32","data":${deep}}]}`,
      goodBody.replace('"1"', `"1","parameters":{"x":${deep}}`),
    ]);
    return post("deep JSON", random, body.slice(0, 3.9e6));
  },
  "odd shapes": (random) =>
    post(
      "odd shapes",
      random,
      goodBody.replace("[1,30]", random.pick([oddShape(random), `[${random.pick(odd)},${random.pick(odd)}]`])),
    ),
  "odd numbers": (random) => {
    const texts = [
      "NaN",
      "Infinity",
      "-Infinity",
      "1e400",
      "-1e-400",
      "null",
      '"NaN"',
      "1".repeat(400),
      "0x1",
      "1.",
      "01",
    ];
    return post(
      "odd numbers",
      random,
      goodBody.replaceAll(/\b\d+\.\d+\b/g, (number) => (oneOf(random, 0.1) ? random.pick(texts) : number)),
    );
  },
  "many members": (random) => {
    const many = random.pick([
      () => `{"inputs":[${Array.from({ length: 20_000 }, () => '{"name":"a"}').join(",")}]}`,
      () => `{${Array.from({ length: 50_000 }, (_, i) => `"k${i}":1`).join(",")},"inputs":[]}`,
      () => goodBody.replace('"outputs":[', `"outputs":[${'{"name":"probabilities"},'.repeat(20_000)}`),
      () => goodBody.replace('"id":"1"', `"id":"${"x".repeat(3e6)}"`),
      () =>
        goodBody.replace(
          "{",
          `{"__proto__":{"inputs":[]},"constructor":1,"parameters":{"__proto__":"x","toString":1},`,
        ),
      () => `{"inputs":[{"name":"features","shape":[20000,30],"datatype":"FP32","data":[${"1,".repeat(599_999)}1]}]}`,
    ]);
    return post("many members", random, many());
  },
  "wrong lengths": (random) => {
    const { length } = goodBody;
    const claimed = random.pick([
      0,
      1,
      length - 1,
      length + 1,
      length + 5000,
      2 ** 40,
      -1,
      "+5",
      "0x10",
      "5, 6",
      "1e3",
      "",
      "99999999999999999999",
    ]);
    const more: Header[] = random.pick([[], [["content-length", length]], [["transfer-encoding", "chunked"]]]);
    return {
      ...whole(
        "wrong lengths",
        head("POST", inferPath(random), [["content-length", claimed], ...more]),
        bytes(goodBody),
      ),
      then: random.pick(["half-close", "reset", "leave"]),
      complete: false,
    };
  },
  "wrong chunks": (random) => {
    const size = random.pick([
      "5",
      "ffffffff",
      "-1",
      "g",
      "7fffffffffffffff",
      "0",
      "5;x=".padEnd(3000, "y"),
      goodBody.length.toString(16),
    ]);
    const body = `${size}\r\n${goodBody}\r\n${random.pick(["0\r\n\r\n", "", "0\r\nx: y\r\n\r\n", "\r\n"])}`;
    return {
      ...whole(
        "wrong chunks",
        head("POST", inferPath(random), [
          ["transfer-encoding", random.pick(["chunked", "gzip, chunked", "identity", "chunked, chunked"])],
        ]),
        bytes(body),
      ),
      then: random.pick(["half-close", "reset", "leave"]),
      complete: false,
    };
  },
  "cut bodies": (random) => {
    const all = bytes(head("POST", inferPath(random), [["content-length", goodBody.length]]) + goodBody);
    return {
      ...whole("cut bodies", ""),
      parts: [all.subarray(0, random.below(all.length))],
      then: random.pick(["half-close", "reset", "leave"]),
      complete: false,
    };
  },
  "slow bodies": (random) => {
    const parts = [bytes(head("POST", inferPath(random), [["content-length", goodBody.length]]))];
    const step = 1 + random.below(60);
    for (let at = 0; at < goodBody.length; at += step) parts.push(bytes(goodBody.slice(at, at + step)));
    const isWhole = oneOf(random, 0.5);
    return {
      kind: "slow bodies",
      parts: isWhole ? parts : parts.slice(0, 1 + random.below(parts.length)),
      pauseMs: 1 + random.below(5),
      then: isWhole ? "wait" : random.pick(["leave", "reset", "half-close"]),
      complete: isWhole,
    };
  },
  "half-open sockets": (random) => ({
    kind: "half-open sockets",
    parts: [bytes(random.pick(["", "P", "POST / HTTP/1.1\r\n", "GET /v2 HTTP/1.1\r\nhost: x\r\n", "\r\n\r\n"]))],
    pauseMs: 0,
    then: random.pick(["leave", "half-close", "reset"]),
    complete: false,
  }),
  paths: (random) => {
    const base = random.pick([...paths, goodPath]);
    const trick = random.pick<(path: string) => string>([
      (path) =>
        path +
        random.pick([
          "/..",
          "/../../../../etc/passwd",
          "/%2e%2e/%2e%2e",
          "/%00",
          "/%ff",
          "/%",
          "/%zz",
          "//",
          "/.",
          "%2f..%2f",
        ]),
      (path) =>
        path.replace(
          "cancer",
          random.pick([
            "..",
            "%2e%2e%2f%2e%2e",
            "a".repeat(5000),
            "%F0%9F%98%80",
            "__proto__",
            "constructor",
            "cancer%0a",
            "'; DROP TABLE log; --",
            "cancer\u0000",
            "*",
            "..%5c..%5cx",
          ]),
        ),
      (path) =>
        `${path}?${random.pick(["a=".repeat(2000), "limit=1e999", "limit=-1", "start=x&start=y", "%00=%ff", "__proto__[x]=1", "&".repeat(3000)])}`,
      (path) => `http://other.example${path}`,
      (path) => path.toUpperCase(),
      () =>
        random.pick([
          "*",
          "",
          "x",
          "//",
          "/".repeat(5000),
          "\\",
          "/v2/models//infer",
          "/v2/models/infer",
          "/v2/models/a/versions//infer",
          "/v2/models/versions/1/infer",
          "/%c0%ae%c0%ae/",
        ]),
      (path) => path,
    ]);
    const method = random.pick([
      "GET",
      "GET",
      "POST",
      "PUT",
      "PATCH",
      "HEAD",
      "OPTIONS",
      "TRACE",
      "CONNECT",
      "get",
      "QUERY",
      "M-SEARCH",
      "\u0001",
    ]);
    // Events are answered without an end.
    const path = bounded(trick(base).replace("/alerts", oneOf(random, 0.9) ? "/status" : "/alerts"));
    return { ...whole("paths", head(method, path, [], random.pick(Object.values(tokens)))), complete: false };
  },
  "our own API": (random) => {
    const rows = [{ features: row }];
    const body = Buffer.from(
      JSON.stringify(
        mutateJson(random, random.pick<unknown>([rows, { features: [row] }, { limit: 5 }, { rows }, { config: {} }])),
      ),
    );
    const path = bounded(random.pick(paths.filter((each) => each.startsWith("/api") && !each.endsWith("/alerts"))));
    const type = random.pick(["application/json", "application/vnd.apache.arrow.stream", "text/plain", "x", ""]);
    const headers: Header[] = [
      ["content-length", body.length],
      ["content-type", type],
    ];
    return whole("our own API", head(random.pick(["POST", "PUT", "GET", "PATCH"]), path, headers, tokens.admin), body);
  },
  "header floods": (random) => {
    const flood: Header[] = random.pick<() => Header[]>([
      () => Array.from({ length: random.pick([100, 1999, 2100, 20_000]) }, (_, i) => [`x-${i}`, "y"] as const),
      () => [["x-long", "y".repeat(random.pick([1000, 15_000, 17_000, 1_000_000]))]],
      () => Array.from({ length: 50 }, () => ["host", "a"] as const),
      () => [["x\u0000", "y"]],
      () => [["x", "y\r\n folded"]],
      () => [["accept-encoding", "gzip;q=,*;q=9,deflate;q=-1,".repeat(300)]],
      () => [
        ["traceparent", `00-${"0".repeat(32)}-zz-01`],
        ["tracestate", ",".repeat(5000)],
      ],
      () => [["expect", random.pick(["100-continue", "200-ok"])]],
      () => [
        ["upgrade", random.pick(["websocket", "h2c"])],
        ["connection", "upgrade"],
      ],
      () => [
        ["content-type", random.pick(["application/json; charset=utf-16", "multipart/form-data", ";;;", "\u00ff"])],
      ],
    ])();
    return {
      ...whole(
        "header floods",
        head("POST", inferPath(random), [["content-length", goodBody.length], ...flood]),
        bytes(goodBody),
      ),
      complete: false,
    };
  },
  "wrong tokens": (random) => {
    const [name, token] = random.pick<Header>([
      ["authorization", "Bearer "],
      ["authorization", `Bearer ${"x".repeat(10_000)}`],
      ["authorization", `Basic ${"\u00ff".repeat(9)}`],
      ["authorization", `bearer  ${tokens.read}`],
      ["x", "y"],
    ]);
    const start = `POST ${inferPath(random)} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${name}: ${token}\r\ncontent-length: ${goodBody.length}\r\n\r\n`;
    return whole("wrong tokens", start, bytes(goodBody));
  },
  "packed bodies": (random) => {
    const good = { gzip: gzipSync(goodBody), deflate: deflateSync(goodBody), raw: deflateRawSync(goodBody) };
    const [encoding, body] = random.pick<() => readonly [string, Uint8Array]>([
      () => ["gzip", bombs.gzip],
      () => ["deflate", bombs.deflate],
      () => ["gzip", nested],
      () => ["gzip, gzip", nested],
      () => ["gzip", mutateBytes(random, good.gzip)],
      () => ["deflate", mutateBytes(random, good.deflate)],
      () => ["deflate", good.raw],
      () => ["gzip", good.gzip.subarray(0, random.below(good.gzip.length))],
      () => ["gzip", Buffer.concat([good.gzip, good.gzip])],
      () => ["gzip", Buffer.concat([good.gzip, bytes("rest")])],
      () => [random.pick(["br", "zstd", "", "x".repeat(500), "identity", "GZIP", "constructor"]), good.gzip],
    ])();
    return post("packed bodies", random, body, [["content-encoding", encoding]]);
  },
  "large bodies": (random) => {
    const body = Buffer.alloc(
      random.pick([4 * 2 ** 20, 4 * 2 ** 20 + 1, 6 * 2 ** 20]),
      random.pick([" ", "[", "\u0000", "9"]),
    );
    return { ...post("large bodies", random, body), complete: false };
  },
  "many requests at once": (random) => {
    const one = head("GET", random.pick(["/v2/health/live", "/v2", "/x"]), []).replace(
      "connection: close",
      "connection: keep-alive",
    );
    return {
      ...whole("many requests at once", one.repeat(random.pick([2, 50, 500]))),
      then: random.pick(["half-close", "reset"]),
      complete: false,
    };
  },
  "no HTTP": (random) => ({
    ...whole("no HTTP", ""),
    parts: [
      random.pick([
        bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        bytes("GET /v2\r\n\r\n"),
        bytes("GET /v2 HTTP/9.9\r\n\r\n"),
        Buffer.from("16030100c8010000c40303", "hex"),
        mutateBytes(random, bytes(head("POST", goodPath, [["content-length", goodBody.length]]) + goodBody)),
        Buffer.from(Array.from({ length: 300 }, () => random.below(256))),
      ]),
    ],
    then: random.pick(["half-close", "reset", "leave"]),
    complete: false,
  }),
};

/** A hostile request: the same for the same random numbers. */
export function mutatedRequest(random: Random): HostileRequest {
  return (kinds[random.pick(Object.keys(kinds))] as (random: Random) => HostileRequest)(random);
}
