import { execFile, spawn, type ChildProcess } from "node:child_process";
import { createReadStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { makeData, makeVector, Field, FixedSizeList, Float32, RecordBatchReader, Table } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pipeline } from "shapeline";
import { wallaroo } from "shapeline/wallaroo";
import { champ } from "../../../examples/fraud/models.gen.js";
import { main } from "../../cli/shapeline.js";
import { root } from "../local-engine.js";
import { slow } from "../../slow.js";
import { models } from "./fraud-platform.js";

const total = 1_000_000;
const perRequest = 50_000;
const mib = 2 ** 20;

interface Cost {
  readonly rows: number;
  readonly isOrdered: boolean;
  readonly early: number;
  readonly peak: number;
  readonly cpuMs: number;
}

describe.skipIf(!slow)("a log of a million rows", { tags: ["slow"] }, () => {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-million-"));
  let server: ChildProcess;
  let url: string;

  const serverMiB = (): number => {
    const [, kib = "0"] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${server.pid ?? 0}/status`, "utf8")) ?? [];
    return Number(kib) / 1024;
  };
  const cost = async (...how: readonly string[]): Promise<Cost> => {
    const script = join(root, "test/targets/wallaroo/log-reader.mjs");
    const { stdout } = await promisify(execFile)(process.execPath, [script, url, ...how]);
    const found = JSON.parse(stdout) as Cost;
    const { rows, early, peak, cpuMs } = found;
    console.log(
      `${how[0] ?? ""}: ${rows} rows, ${Math.round(early / mib)} MiB after the first tenth, at most ${Math.round(peak / mib)} MiB, ${cpuMs} ms of CPU; the server has ${Math.round(serverMiB())} MiB`,
    );
    return found;
  };

  beforeAll(async () => {
    const args = ["serve", "--wallaroo", "--port", "0", "--data", join(folder, "data"), "--log-level", "error"];
    server = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    const [chunk] = (await once(server.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    url = /http:\/\/[\d.:]+/.exec(chunk.toString())?.[0] ?? "";
    const live = await pipeline("million")
      .model(champ)
      .deploy(wallaroo({ url, testAuth: true, models }));
    const type = new FixedSizeList(16, new Field("item", new Float32()));
    for (let at = 0; at < total; at += perRequest) {
      const values = Float32Array.from({ length: 16 * perRequest }, (_, i) => ((at * 16 + i) % 997) / 997);
      const child = makeData({ type: new Float32(), data: values });
      const embedding = makeVector(makeData({ type, length: perRequest, nullCount: 0, child }));
      await live.infer(new Table({ embedding }), { dataset: ["out"], timeoutMs: 120_000 });
    }
  }, 600_000);

  afterAll(async () => {
    const ended = once(server, "exit");
    server.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  it("is read in bounded memory", async () => {
    const { rows, isOrdered, early, peak } = await cost("read");
    expect([rows, isOrdered]).toEqual([total, true]);
    expect((peak - early) / mib).toBeLessThan(150);
    expect(peak / mib).toBeLessThan(500);
  }, 600_000);

  it("is exported in bounded memory, as JSON lines and as Arrow, every row once", async () => {
    for (const how of ["export", "export-arrow"]) {
      const { rows, early, peak } = await cost(how, join(folder, how));
      expect(rows).toBe(total);
      expect((peak - early) / mib).toBeLessThan(150);
      expect(peak / mib).toBeLessThan(500);
    }
    let lines = 0;
    let first: unknown = null;
    for await (const line of createInterface({ input: createReadStream(join(folder, "export", "million-1.json")) })) {
      first ??= JSON.parse(line);
      lines++;
    }
    expect([lines, first]).toEqual([total, expect.objectContaining({ "out.risk": [expect.any(Number)] })]);
    let exported = 0;
    const reader = await RecordBatchReader.from(createReadStream(join(folder, "export-arrow", "million-1.arrow")));
    for await (const batch of reader) exported += batch.numRows;
    expect(exported).toBe(total);
  }, 900_000);
});
