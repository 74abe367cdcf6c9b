import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createServer, type ServerOptions } from "shapeline/server";

const [reading, admin] = ["reads-0123456789", "all-0123456789abc"];

async function startAt(options: ServerOptions = {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-server-"));
  const server = await createServer({ data: folder, models: "examples/fraud/models", ...options });
  onTestFinished(() => server.close());
  return server.listen({ port: 0 });
}

async function start(options: ServerOptions = {}): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const url = await startAt(options);
  return (path, init) => fetch(url + path, init);
}

describe("model files", () => {
  const file = readFileSync("examples/fraud/models/champ.onnx");

  test("are served under their exact names", async () => {
    const models = mkdtempSync(join(tmpdir(), "shapeline-models-"));
    const names = ["piper_like", "Two_Files", "two-Files", "v1.2", "zwei Wörter%", "-"];
    for (const name of names) writeFileSync(join(models, `${name}.onnx`), file);
    const get = await start({ models });
    expect(await (await get("/v2")).json()).toMatchObject({ models: [...names].sort() });
    for (const name of names)
      expect(await (await get(`/v2/models/${encodeURIComponent(name)}`)).json()).toMatchObject({ name });
    // Handles have another name; it serves where it names one file.
    expect(await (await get("/v2/models/piper-like")).json()).toMatchObject({ name: "piper_like" });
    expect((await get("/v2/models/two-files")).status).toBe(404);
    expect((await get("/openapi.json")).status).toBe(200);
  });

  test("of one name in two folders are not served", async () => {
    const models = mkdtempSync(join(tmpdir(), "shapeline-models-"));
    for (const folder of ["a", "b"]) mkdirSync(join(models, folder));
    for (const name of ["a/m", "b/m", "good"]) writeFileSync(join(models, `${name}.onnx`), file);
    const data = mkdtempSync(join(tmpdir(), "shapeline-server-"));
    const server = await createServer({ data, models });
    onTestFinished(() => server.close());
    expect(server.problems).toEqual([
      "model file 'a/m.onnx' is not served: 'b/m.onnx' has the same name, 'm'. Rename one of the files.",
      "model file 'b/m.onnx' is not served: 'a/m.onnx' has the same name, 'm'. Rename one of the files.",
    ]);
  });
});

test("serves each model file under its file's name", async () => {
  const get = await start();
  expect(await (await get("/v2")).json()).toMatchObject({
    name: "shapeline",
    extensions: ["binary_tensor_data"],
    models: expect.arrayContaining(["champ"]) as unknown,
  });
});

test("answers health probes with a status and a body, also without a token", async () => {
  const get = await start({ token: admin });
  for (const path of ["/v2/health/live", "/v2/health/ready"]) {
    const response = await get(path);
    expect([response.status, await response.json()]).toEqual([200, { [path.split("/").at(-1) ?? ""]: true }]);
  }
});

test("answers 405 and the methods that a path has to another method", async () => {
  const get = await start();
  const cases = [
    ["PUT", "/v2/models/champ/infer", "POST"],
    ["DELETE", "/api/v1/pipelines?a=b", "GET, HEAD, POST"],
    ["PUT", "/api/v1/pipelines/fraud/undeploy", "POST"],
  ] as const;
  for (const [method, path, allow] of cases) {
    const response = await get(path, { method });
    expect([path, response.status, response.headers.get("allow")]).toEqual([path, 405, allow]);
  }
  expect((await get("/api/v1/pipelines/fraud/undeploy/more", { method: "PUT" })).status).toBe(404);
});

describe("a server without tokens", () => {
  const statusFor = (url: string, host: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request(`${url}/v2`, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });

  test("answers as localhost only: pages could let their own names lead to it", async () => {
    const url = await startAt();
    for (const host of ["localhost", "LocalHost:8080", "127.0.0.1:1", "[::1]:8080", "127.8.8.8"])
      expect([host, await statusFor(url, host)]).toEqual([host, 200]);
    for (const host of ["evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example", "192.168.0.1", "[::2]"])
      expect([host, await statusFor(url, host)]).toEqual([host, 421]);
    const response = await fetch(`${url}/v2`);
    expect(response.status).toBe(200);
  });

  test("has more names by option; with a token it has any", async () => {
    expect(await statusFor(await startAt({ hosts: ["Gateway.internal"] }), "gateway.internal:80")).toBe(200);
    expect(await statusFor(await startAt({ token: admin }), "evil.example")).toBe(401);
  });
});

test("holds its data folder when nothing is deployed", async () => {
  const data = mkdtempSync(join(tmpdir(), "shapeline-server-"));
  await startAt({ data });
  const opening = `require("@duckdb/node-api").DuckDBInstance.create(${JSON.stringify(join(data, "shapeline.duckdb"))})`;
  const { stderr } = spawnSync(process.execPath, ["-e", `${opening}.catch((error) => console.error(error.message))`]);
  expect(String(stderr)).toMatch(`PID ${process.pid}`);
});

describe("tokens", () => {
  const tokens = [
    { token: reading, role: "read" },
    { token: admin, role: "admin" },
  ] as const;
  const withToken = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  test("are asked for", async () => {
    const get = await start({ token: tokens });
    const response = await get("/v2");
    expect([response.status, response.headers.get("www-authenticate"), await response.json()]).toEqual([
      401,
      'Bearer realm="shapeline"',
      { error: "this server needs a token: send the header 'Authorization: Bearer <token>'" },
    ]);
    expect((await get("/v2", withToken(`${reading}x`))).status).toBe(401);
    expect((await get("/v2", withToken(reading))).status).toBe(200);
    expect((await get("/v2", withToken(admin))).status).toBe(200);
  });

  test("are needed for addresses that others can reach", async () => {
    const server = await createServer({ data: mkdtempSync(join(tmpdir(), "shapeline-server-")), models: "none" });
    onTestFinished(() => server.close());
    await expect(server.listen({ host: "0.0.0.0", port: 0 })).rejects.toMatchObject({ code: "SL6030" });
  });
});

test("lets pages of listed origins call it, and no others", async () => {
  const get = await start({ token: admin, cors: ["https://app.example"] });
  const preflight = (origin: string) =>
    get("/v2", { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
  const allowed = await preflight("https://app.example");
  expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([204, "https://app.example"]);
  expect((await preflight("https://evil.example")).headers.get("access-control-allow-origin")).toBeNull();
});

test("refuses what pages of other origins send to a server without tokens", async () => {
  const send = await start();
  const infer = (origin: string) => send("/v2/models/champ/infer", { method: "POST", headers: { origin }, body: "{}" });
  const refused = await infer("https://evil.example");
  expect([refused.status, await refused.json()]).toEqual([
    403,
    {
      error:
        "the server does not take requests of pages of 'https://evil.example'; allow them with the option 'cors' (--cors)",
    },
  ]);
});

test.each([
  [{ token: "short" }, "token"],
  [{ cors: ["example.com"] }, "cors"],
  [{ maxBody: "much" }, "maxBody"],
  [{ timeoutMs: 0 }, "timeoutMs"],
  [{ durability: "never" }, "durability"],
])("refuses the options %j", async (options, name) => {
  await expect(createServer(options as ServerOptions)).rejects.toMatchObject({
    code: "SL6011",
    message: expect.stringContaining(`'${name}`) as unknown,
  });
});
