import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createServer, type ServerOptions } from "shapeline/server";

const [reading, admin] = ["reads-0123456789", "all-0123456789abc"];

async function start(options: ServerOptions = {}): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-server-"));
  const server = await createServer({ data: folder, models: "examples/fraud/models", ...options });
  onTestFinished(() => server.close());
  const url = await server.listen({ port: 0 });
  return (path, init) => fetch(url + path, init);
}

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
