// @module-tag slow
// `shapeline serve` as a process of its own: what its signals do. Needs `npm run build`.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { local } from "shapeline/local";
import { expect, onTestFinished, test } from "vitest";
import { folder } from "../engine/make-config.js";
import { deployed, models, rows } from "../server/deployed-fraud.js";
import { slow } from "../slow.js";
import { main } from "./shapeline.js";

/** A started server: its process, URL, and what it has written to standard error. */
interface Served {
  readonly process: ChildProcess;
  readonly url: string;
  readonly errors: () => string;
  /** Its exit code and signal. */
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
}

async function serve(data: string, ...options: readonly string[]): Promise<Served> {
  const args = [
    "serve",
    "--port",
    "0",
    "--data",
    data,
    "--models",
    models,
    "--log-level",
    "error",
    "--json",
    ...options,
  ];
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let errors = "";
  child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const first = await Promise.race([once(child.stdout, "data"), ended]);
  if (typeof first[0] !== "object" || first[0] === null) throw new Error(`serve has ended: ${errors}`);
  const { url } = JSON.parse(String(first[0])) as { url: string };
  return { process: child, url, errors: () => errors, ended };
}

const body = JSON.stringify({ records: rows.slice(0, 2) });
function infer(url: string, token?: string): Promise<Response> {
  const headers = {
    "content-type": "application/json",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  return fetch(`${url}/api/v1/pipelines/fraud/infer`, { method: "POST", headers, body });
}

async function isReady(url: string): Promise<boolean> {
  return (await fetch(`${url}/v2/health/ready`)).status === 200;
}

/** How many rows the data folder's log has. */
async function loggedRows(data: string): Promise<number> {
  const target = local({ data, models });
  const live = await target.pipeline("fraud");
  const { length } = await live.logs({ limit: 1_000_000 });
  await target.close();
  return length;
}

test.skipIf(!slow)(
  "SIGTERM under load loses no request: first it is not ready, then it ends",
  { timeout: 60_000 },
  async () => {
    const data = await deployed();
    const served = await serve(data, "--drain-seconds", "2");
    await infer(served.url);

    // Clients send until readiness is false, as a load balancer lets them.
    let [isSending, answered] = [true, 1];
    const statuses = new Set<number>();
    const client = async (): Promise<void> => {
      while (isSending) {
        const answer = await infer(served.url);
        await answer.arrayBuffer();
        statuses.add(answer.status);
        answered++;
      }
    };
    const clients = Promise.all(Array.from({ length: 8 }, client));
    await expect.poll(() => answered, { timeout: 20_000 }).toBeGreaterThan(50);
    served.process.kill("SIGTERM");
    await expect.poll(() => isReady(served.url)).toBe(false);
    // It answers on, also those that do not know yet.
    const unready = answered;
    await expect.poll(() => answered).toBeGreaterThan(unready);
    isSending = false;
    await clients;
    expect(await served.ended).toEqual([0, null]);
    expect([...statuses]).toEqual([200]);
    expect(await loggedRows(data)).toBe(2 * answered);
  },
);

test.skipIf(!slow)("a second signal ends at once, with all answered rows stored", { timeout: 60_000 }, async () => {
  const data = await deployed();
  const served = await serve(data, "--drain-seconds", "600", "--durability", "relaxed");
  for (let i = 0; i < 5; i++) expect((await infer(served.url)).status).toBe(200);
  served.process.kill("SIGTERM");
  await expect.poll(() => isReady(served.url)).toBe(false);
  const start = Date.now();
  served.process.kill("SIGTERM");
  await served.ended;
  expect(Date.now() - start).toBeLessThan(10_000);
  expect(await loggedRows(data)).toBe(10);
});

test.skipIf(!slow)(
  "SIGHUP reads the tokens again, and keeps the old ones if the file is wrong",
  { timeout: 60_000 },
  async () => {
    const [first, second] = ["first-0123456789abcdef", "second-0123456789abcdef"];
    const file = join(folder(), "tokens");
    writeFileSync(file, `infer ${first}\n`);
    const served = await serve(await deployed(), "--token-file", file);
    const statusOf = async (token: string) => (await infer(served.url, token)).status;
    expect([await statusOf(first), await statusOf(second)]).toEqual([200, 401]);

    writeFileSync(file, `infer ${second}\n`);
    served.process.kill("SIGHUP");
    await expect.poll(() => statusOf(second)).toBe(200);
    expect(await statusOf(first)).toBe(401);

    writeFileSync(file, "superuser x y\n");
    served.process.kill("SIGHUP");
    await expect.poll(served.errors).toMatch(/"message":"not reloaded: --token-file .* has a line that is neither /);
    expect(await statusOf(second)).toBe(200);
    served.process.kill("SIGTERM");
    expect(await served.ended).toEqual([0, null]);
  },
);

test.skipIf(!slow)("says 413, 504, and 503 with the time to try again", { timeout: 60_000 }, async () => {
  const data = await deployed();
  const served = await serve(data, "--max-body", "100kB");
  const post = (path: string, content: string) =>
    fetch(served.url + path, { method: "POST", headers: { "content-type": "application/json" }, body: content });

  const large = await post("/api/v1/pipelines/fraud/infer", body.padEnd(100_001));
  expect([large.status, await large.text()]).toEqual([413, expect.stringContaining("Request body is too large")]);

  const pixels = rows[0]?.pixels ?? [];
  const input = { name: "pixels", datatype: "FP32", shape: [1, pixels.length], data: pixels };
  // Microseconds.
  const hurried = JSON.stringify({ inputs: [input], parameters: { timeout: 0.001 } });
  const late = await post("/v2/models/fraud/infer", hurried);
  expect([late.status, await late.text()]).toEqual([504, expect.stringContaining("no answer within")]);

  // Somebody deletes the data folder: no row may be answered that cannot be logged.
  rmSync(data, { recursive: true });
  await expect.poll(async () => (await infer(served.url)).status).toBe(503);
  const refused = await infer(served.url);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await refused.json()).toMatchObject({ error: { code: expect.stringMatching(/^SL7/) as unknown } });

  served.process.kill("SIGTERM");
  expect(await served.ended).toEqual([0, null]);
});
