// @module-tag slow
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { folder } from "../../engine/make-config.js";
import { slow } from "../../slow.js";
import { models } from "../deployed-fraud.js";
import { root } from "../../targets/local-engine.js";
import {
  createVersion,
  deploymentOf,
  deployVersion,
  graphql,
  infer,
  modelStep,
  outputsOf,
  recordFor,
  send,
  upload,
  uploaded,
  uploadedId,
  type Version,
  workspaceIn,
} from "./platform-client.js";

/** `SHAPELINE_PLANE_KILLS=100` makes a long run of it. */
const kills = Number(process.env["SHAPELINE_PLANE_KILLS"] ?? (slow ? 8 : 1));

/** `shapeline serve --wallaroo` in a process of its own. */
async function startServer(data: string, empty: string): Promise<{ child: ChildProcess; url: string }> {
  const options = ["serve", "--wallaroo", "--port", "0", "--data", data, "--models", empty, "--log-level", "error"];
  const child = spawn(process.execPath, [join(root, "dist/cli.js"), ...options], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/[\d.:]+/.exec(line)?.[0];
    if (url !== undefined) return { child, url };
  }
  throw new Error(`the server did not start: ${stderr}`);
}

/** Deploys in the order in which they began. */
interface Attempt {
  readonly version: number;
  readonly model: "champ" | "c1";
  readonly begun: number;
  /** When the answer came; null: it never came. */
  acknowledged: number | null;
}

/** The same model in a file with another digest: the last `producer_version` of a file counts. */
function anotherFile(): Buffer {
  const text = randomBytes(8).toString("hex");
  return Buffer.concat([readFileSync(join(models, "champ.onnx")), Buffer.from([0x1a, text.length]), Buffer.from(text)]);
}

const never = (): null => null;

test(
  `a killed server loses no upload that was acknowledged, and leaves no deploy half done (${kills})`,
  { timeout: 60_000 + kills * 10_000 },
  async () => {
    const data = folder();
    const empty = join(data, "none");
    mkdirSync(empty);
    let server = await startServer(data, empty);
    const workspace = await workspaceIn(server.url);
    const champ = await uploaded(server.url, workspace, "champ", "champ.onnx");
    const c1 = await uploaded(server.url, workspace, "c1", "c1.onnx");
    const steps = { champ: [modelStep("champ", champ)], c1: [modelStep("c1", c1)] };
    const uploads: { readonly id: number; readonly sha: string }[] = [champ, c1].map(({ id, sha }) => ({ id, sha }));
    const attempts: Attempt[] = [];
    let pipeline = 0;
    let clock = 0;

    const uploading = async (url: string): Promise<void> => {
      for (;;) {
        const bytes = anotherFile();
        const answer = await send(url, upload("many", workspace, bytes)).catch(never);
        if (answer?.status !== 200) return;
        uploads.push({ id: uploadedId(answer), sha: createHash("sha256").update(bytes).digest("hex") });
      }
    };
    const deploying = async (url: string, model: "champ" | "c1"): Promise<void> => {
      for (;;) {
        const created = await createVersion(url, "raced", workspace, steps[model]).catch(never);
        if (created === null) return;
        ({ pipeline } = created);
        const attempt: Attempt = { version: created.version, model, begun: clock++, acknowledged: null };
        attempts.push(attempt);
        const answer = await deployVersion(url, "raced", created.version).catch(never);
        if (answer?.status !== 200) return;
        attempt.acknowledged = clock++;
      }
    };
    const check = async (url: string): Promise<void> => {
      const { data: found } = await graphql(url, "{ model { id sha } pipeline_version { id created_by } }");
      const rows = found as { model: Version[]; pipeline_version: { id: number; created_by: string }[] };
      for (const each of uploads) expect(rows.model).toContainEqual(each);
      // No version appeared that nobody created: the one that runs is one of those that were asked for.
      expect(rows.pipeline_version.filter(({ created_by: by }) => by === "shapeline")).toEqual([]);
      const store = join(data, "shapeline.wallaroo-models");
      const files = readdirSync(store);
      expect(files.sort()).toEqual([...new Set(rows.model.map(({ sha }) => `${sha}.onnx`))].sort());
      for (const file of files)
        expect(
          `${createHash("sha256")
            .update(readFileSync(join(store, file)))
            .digest("hex")}.onnx`,
        ).toBe(file);
      if (attempts.length === 0) return;
      const last = await deploymentOf(url, pipeline);
      const isAcknowledged = attempts.some(({ acknowledged }) => acknowledged !== null);
      if (isAcknowledged) expect(last?.deployed).toBe(true);
      if (last?.deployed !== true) return;
      const runs = attempts.find(({ version }) => version === last.version);
      expect(runs, `version ${last.version} runs`).toBeDefined();
      // Nothing that was deployed after it had been answered may be lost.
      const end = runs?.acknowledged ?? Number.POSITIVE_INFINITY;
      expect(attempts.filter((each) => each.acknowledged !== null && each.begun > end)).toEqual([]);
      // The models take different columns: another one than that of the version refuses the record.
      const { model } = runs as Attempt;
      const [row] = await infer(url, "raced", last.id, [recordFor[model]]);
      expect(Object.keys(outputsOf(row))).toHaveLength(1);
    };

    for (let kill = 0; kill < kills; kill++) {
      const { url, child } = server;
      const clients = [uploading(url), deploying(url, "champ"), deploying(url, "c1")];
      await sleep(50 + Math.random() * 700);
      child.kill("SIGKILL");
      await Promise.all(clients);
      server = await startServer(data, empty);
      await check(server.url);
    }
    if (slow || kills > 10) console.log(`${uploads.length} uploads, ${attempts.length} deploys`);
    expect(attempts.length).toBeGreaterThan(0);
  },
);
