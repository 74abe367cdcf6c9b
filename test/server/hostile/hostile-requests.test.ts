// @module-tag slow
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { slow } from "../../slow.js";
import { Random } from "../../support/mutants/random.mjs";
import { goodBody, goodPath, mutatedRequest, tokens } from "./mutated-request.js";
import { HostileClient } from "./send-hostile.js";

/** Requests after which the server's memory rises no more: caches, pools and the database's memory are full. */
const warmUp = 2000;
/** `npm run fuzz:server` sets it. */
const count = Number(process.env["SHAPELINE_SERVER_REQUESTS"] ?? (slow ? 5 * warmUp : 80));
const first = Number(process.env["SHAPELINE_SERVER_FIRST"] ?? 1);
const connections = 16;
const mebibyte = 2 ** 20;

interface TestedServer {
  readonly child: ChildProcess;
  readonly url: string;
  readonly stderr: () => string;
}

async function startServer(): Promise<TestedServer> {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-hostile-"));
  writeFileSync(
    join(folder, "tokens.json"),
    JSON.stringify(Object.entries(tokens).map(([role, token]) => ({ role, token }))),
  );
  const script = fileURLToPath(new URL("server-process.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.on("data", (data: Buffer) => (stderr = (stderr + data.toString()).slice(-8000)));
  for await (const url of createInterface({ input: child.stdout })) return { child, url, stderr: () => stderr };
  throw new Error(`the server did not start: ${stderr}`);
}

/** Bytes that the server occupies; 0 where the system does not tell. */
function residentBytes({ pid }: ChildProcess): number {
  if (process.platform !== "linux") return 0;
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

async function ask(url: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${tokens.infer}`, "content-type": "application/json" };
  const response = await fetch(url + goodPath, { method: "POST", headers, body: goodBody });
  const { outputs } = (await response.json()) as { readonly outputs?: unknown };
  return { status: response.status, outputs };
}

test(
  `${count} hostile requests get an answer or a closed connection, and do no harm`,
  { timeout: 14_400_000 },
  async () => {
    const server = await startServer();
    const answer = await ask(server.url);
    const client = new HostileClient(Number(new URL(server.url).port), 20_000);
    onTestFinished(() => client.close());
    const faults: { readonly seed: number; readonly kind: string; readonly what: string }[] = [];
    const statuses: Record<string, number> = {};
    const memory: number[] = [];
    let seed = first;
    const end = first + count;
    const sendRequests = async () => {
      while (seed < end && faults.length < 20) {
        const own = seed++;
        const request = mutatedRequest(new Random(own));
        const fault = (what: string) => faults.push({ seed: own, kind: request.kind, what });
        const outcome = await client.send(request);
        if (server.child.exitCode !== null || server.child.signalCode !== null) return fault("the server ended");
        if ("hangAfter" in outcome) {
          fault(`not closed in time, after the answers [${outcome.hangAfter.join()}]`);
          continue;
        }
        if (request.complete && outcome.length === 0) fault("closed without an answer");
        for (const status of outcome) {
          statuses[status] = (statuses[status] ?? 0) + 1;
          if (status >= 500 && status !== 503 && status !== 504) fault(`status ${status}`);
        }
        if (own % Math.ceil(count / 40) === 0) memory.push(residentBytes(server.child));
        if (own % 100 === 0) expect(await ask(server.url)).toEqual(answer);
      }
      return undefined;
    };
    await Promise.all(Array.from({ length: connections }, sendRequests));
    expect(faults, server.stderr()).toEqual([]);
    expect(await ask(server.url)).toEqual(answer);
    expect(statuses[200]).toBeGreaterThan(0);
    expect(statuses[400]).toBeGreaterThan(0);
    const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
    const [early, late] = [median(memory.slice(8, 16)), median(memory.slice(-8))];
    // The early samples are those of the second fifth.
    if (count >= 5 * warmUp) {
      console.log(JSON.stringify({ statuses, early: early / mebibyte, late: late / mebibyte }));
      expect(late).toBeLessThan(early * 1.25 + 64 * mebibyte);
    }
    expect(Math.max(...memory)).toBeLessThan(1024 * mebibyte);
    expect(server.stderr()).toBe("");
  },
);
