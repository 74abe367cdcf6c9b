import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer } from "shapeline/server";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { watchBody } from "../../../src/server/operations/http-limits.js";
import { folder } from "../../engine/make-config.js";
import { models } from "../deployed-fraud.js";
import { headers, upload, workspaceIn } from "./platform-client.js";

afterEach(() => vi.useRealTimers());

test("an upload may take longer than other requests, as long as bytes arrive", async () => {
  // Other requests have to arrive in 200 ms; node:http looks every two seconds.
  const server = await createServer({ data: folder(), models: "none", wallaroo: true, timeoutMs: 100 });
  onTestFinished(() => server.close());
  const url = await server.listen({ port: 0 });
  const { type, body } = upload("slow", await workspaceIn(url), readFileSync(join(models, "champ.onnx")));
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let answer = "";
  const closed = new Promise((resolve) => socket.on("error", () => undefined).once("close", resolve));
  socket.on("data", (bytes: Buffer) => (answer += bytes.toString()));
  const head = { host: "127.0.0.1", connection: "close", "content-type": type, "content-length": body.length };
  const lines = Object.entries({ ...headers, ...head }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST /v1/api/models/upload HTTP/1.1\r\n${lines.join("")}\r\n`);
  const part = Math.ceil(body.length / 12);
  for (let from = 0; from < body.length; from += part) {
    socket.write(body.subarray(from, from + part));
    await sleep(220);
  }
  await closed;
  expect(answer).toContain("HTTP/1.1 200 OK");
});

test("a connection without a byte for the whole time is given up, but not while nothing is read", () => {
  vi.useFakeTimers();
  const socket = Object.assign(new EventEmitter(), { bytesRead: 0 });
  const onIdle = vi.fn();
  const watch = watchBody(socket as unknown as Socket, 1000, onIdle);
  for (let i = 0; i < 50; i++) {
    socket.bytesRead++;
    vi.advanceTimersByTime(900);
  }
  watch.pause();
  vi.advanceTimersByTime(10_000);
  watch.resume();
  vi.advanceTimersByTime(900);
  expect(onIdle).not.toHaveBeenCalled();
  vi.advanceTimersByTime(5000);
  expect(onIdle).toHaveBeenCalledTimes(1);
  watch.end();
});
