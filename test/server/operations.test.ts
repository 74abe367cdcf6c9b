import { once } from "node:events";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createServer, type ServerOptions, type ShapelineServer } from "shapeline/server";
import { folder } from "../engine/make-config.js";
import { slow } from "../slow.js";
import { certificate } from "./certificate.js";
import { deployed, models } from "./deployed-fraud.js";

async function start(options: ServerOptions = {}): Promise<{ server: ShapelineServer; url: string }> {
  const server = await createServer({ data: folder(), models: "none", ...options });
  onTestFinished(() => server.close());
  return { server, url: await server.listen({ port: 0 }) };
}

/** The lines about requests that servers write to standard error while the test runs. */
function captureStderr(): () => Record<string, unknown>[] {
  const written: string[] = [];
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
  onTestFinished(() => spy.mockRestore());
  return () =>
    written
      .join("")
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => "status" in line);
}

/** Sends text over TCP and returns all that comes back. */
function exchange(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on("data", (data) => (answer += String(data)));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("the log on standard error", () => {
  test("has one line a request: its route, and neither its path, its query nor its token", async () => {
    const lines = captureStderr();
    const token = "all-0123456789abc";
    const { url } = await start({ logLevel: "info", token });
    const headers = { authorization: `Bearer ${token}`, "x-request-id": "order-17" };
    await fetch(`${url}/v2?customer=4711`, { headers });
    await fetch(`${url}/secret-4711`, { headers: { "x-request-id": "not a plain word" } });
    await expect.poll(lines).toHaveLength(2);
    expect(lines()).toEqual([
      {
        level: "info",
        time: expect.any(String) as unknown,
        id: "order-17",
        method: "GET",
        route: "/v2",
        status: 200,
        ms: expect.any(Number) as unknown,
      },
      expect.objectContaining({ id: expect.stringMatching(/^[\da-f]{12}-\w+$/) as unknown, status: 404 }),
    ]);
    expect(JSON.stringify(lines())).not.toMatch(/4711|0123456789/);
  });

  test("says nothing of health probes, unless asked for", async () => {
    const lines = captureStderr();
    const { url } = await start({ logLevel: "info" });
    await fetch(`${url}/v2/health/live`);
    await fetch(`${url}/v2`);
    await expect.poll(lines).toEqual([expect.objectContaining({ route: "/v2" })]);
  });
});

describe("closing", () => {
  test("answers for a while with readiness false, and asks clients to go elsewhere", async () => {
    const { server, url } = await start();
    const closed = server.close({ drainMs: 200 });
    const ready = await fetch(`${url}/v2/health/ready`);
    expect([ready.status, ready.headers.get("connection")]).toEqual([503, "close"]);
    expect((await fetch(`${url}/v2`)).status).toBe(200);
    await closed;
    await expect(fetch(`${url}/v2`)).rejects.toThrow();
  });
});

describe("reloading", () => {
  test("takes new tokens: the old one is refused at once", async () => {
    const [before, after] = ["before-0123456789", "after-0123456789"];
    const { server, url } = await start({ token: before });
    const status = async (token: string): Promise<number> =>
      (await fetch(`${url}/v2`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect([await status(before), await status(after)]).toEqual([200, 401]);
    await server.reload({ token: after });
    expect([await status(before), await status(after)]).toEqual([401, 200]);
    await expect(server.reload({ token: "short" })).rejects.toMatchObject({ code: "SL6011" });
    await expect(server.reload({ token: [] })).rejects.toMatchObject({ code: "SL6011" });
    expect(await status(after)).toBe(200);
  });

  test("finds pipelines and model files", async () => {
    const data = await deployed();
    const { server, url } = await start({ data });
    expect(server.problems).toEqual([]);
    expect(await (await fetch(`${url}/v2`)).json()).toMatchObject({ models: ["fraud"] });
  });
});

describe("HTTPS", () => {
  /** The status of `/v2`, over a connection that trusts one certificate. */
  const status = (url: string, ca: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(url);
      httpsRequest({ host: "127.0.0.1", servername: "localhost", port, path: "/v2", ca, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });

  test("is spoken with a certificate, which a reload replaces", async () => {
    const [first, second] = [certificate(), certificate()];
    const { server, url } = await start({ tls: first });
    expect(url).toMatch(/^https:/);
    expect(await status(url, first.cert)).toBe(200);
    await server.reload({ tls: second });
    expect(await status(url, second.cert)).toBe(200);
    await expect(status(url, first.cert)).rejects.toThrow();
    await expect(server.reload({ tls: { ...second, key: first.key } })).rejects.toMatchObject({ code: "SL6011" });
    expect(await status(url, second.cert)).toBe(200);
  });

  test("needs a certificate and its key", async () => {
    await expect(createServer({ tls: { cert: "no", key: "no" } })).rejects.toMatchObject({
      code: "SL6011",
      message: expect.stringContaining("'tls' is not valid: give the PEM texts of a certificate") as unknown,
    });
  });
});

describe("limits", () => {
  test("headers have at most 16 KiB", async () => {
    const { url } = await start();
    expect(await exchange(url, `GET /v2 HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(17_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 [^]*\{"error":"the headers of a request may have at most 16384 bytes"\}$/,
    );
  });

  test("what is not HTTP is told so", async () => {
    const { url } = await start();
    expect(await exchange(url, "\u0016\u0003\u0001 hello\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 400 [^]*\{"error":"this is not an HTTP request"\}$/,
    );
  });

  test.runIf(slow)("a request that does not arrive in time is answered with 408", { tags: ["slow"] }, async () => {
    const { url } = await start({ timeoutMs: 50 });
    expect(await exchange(url, "GET /v2 HTTP/1.1\r\nHost: a\r\nX-Slow: ")).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("further connections are closed", async () => {
    const { url } = await start({ maxConnections: 1 });
    const { hostname, port } = new URL(url);
    const held = connect(Number(port), hostname);
    await new Promise((resolve) => held.once("connect", resolve));
    expect(await exchange(url, "GET /v2 HTTP/1.1\r\nHost: a\r\n\r\n").catch(() => "")).toBe("");
    held.destroy();
  });
});

test("the page of metrics says what to install, or shows the process", async () => {
  const { url } = await start();
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  expect(await response.text()).toMatch(/^process_cpu_seconds_total [\d.]+$/m);
});

test("the alerts of the pipelines are a file for Prometheus", async () => {
  const { url } = await start({ data: await deployed(), models });
  const response = await fetch(`${url}/rules`);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/yaml"]);
  expect(await response.text()).toContain("alert: drift");
});

test("a connection without a request does not keep a closing server open", async () => {
  const { server, url } = await start();
  const silent = connect(Number(new URL(url).port), "127.0.0.1");
  const closed = once(silent, "close");
  await once(silent, "connect");
  await server.close();
  await closed;
});
