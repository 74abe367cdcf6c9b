import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { pipeline } from "shapeline";
import { createServer, type ServerOptions } from "shapeline/server";
import { gradientBoosting } from "../../examples/breast-cancer/models.gen.js";
import { Journal } from "../../src/logs/write/journal.js";
import { LocalTargetImpl } from "../../src/targets/local/local-target.js";
import { parseLocalOptions } from "../../src/targets/local/options/local-options.js";
import { folder } from "../engine/make-config.js";
import { deployed, models, rows } from "./deployed-fraud.js";

// By default (`batchWindow: "adaptive"`), requests of several connections share runs of a model. Nobody can tell.

interface Sent {
  readonly path: string;
  readonly body: object;
}
interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function start(options: ServerOptions) {
  const server = await createServer({ data: await deployed(), models, ...options });
  onTestFinished(() => server.close());
  const url = await server.listen({ port: 0 });
  const send = async ({ path, body }: Sent): Promise<Answered> => {
    const response = await fetch(url + path, { method: "POST", body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const logged = async () => {
    const text = await (await fetch(`${url}/api/v1/pipelines/fraud/logs?limit=all&datasetExclude=time`)).text();
    const lines = text.trim().split("\n");
    return lines.filter((line) => line.startsWith('{"row"')).sort();
  };
  /** By model: why requests do not share its runs. */
  const status = async () => {
    const { models } = (await (await fetch(`${url}/api/v1/pipelines/fraud`)).json()) as {
      readonly models: readonly { readonly name: string; readonly separate?: string }[];
    };
    return Object.fromEntries(
      models.flatMap(({ name, separate }) => (separate === undefined ? [] : [[name, separate]])),
    );
  };
  return { send, logged, status };
}

const tensor = (from: number, count: number) => ({
  name: "pixels",
  datatype: "FP32",
  shape: [count, rows[0]?.pixels.length ?? 0],
  data: rows.slice(from, from + count).flatMap(({ pixels }) => pixels),
});

/** Requests that have little in common: one row and more, both interfaces, ids, datasets, mistakes. */
const mixed: readonly Sent[] = Array.from({ length: 96 }, (_, i): Sent => {
  const at = i % 37;
  const infer = "/v2/models/fraud/infer";
  switch (i % 6) {
    case 0:
      return { path: infer, body: { id: `request-${i}`, inputs: [tensor(at, 1)] } };
    case 1:
      return { path: infer, body: { id: `request-${i}`, parameters: { anomaly: true }, inputs: [tensor(at, 1)] } };
    case 2:
      return {
        path: "/api/v1/pipelines/fraud/infer",
        body: { records: [rows[at]], dataset: ["in", "out", "anomaly"], datasetSeparator: "/" },
      };
    case 3:
      return { path: infer, body: { id: `request-${i}`, inputs: [tensor(at, 3)] } };
    case 4:
      return { path: "/v2/models/champ/infer", body: { inputs: [{ ...tensor(at, 1), shape: [1, 9] }] } };
    default:
      return { path: infer, body: { id: `request-${i}`, inputs: [tensor(at, 1)] } };
  }
});

test("answers and log rows are those of requests that run alone, bit for bit", async () => {
  const alone = await start({ batchWindow: "off" });
  const expected: Answered[] = [];
  for (const request of mixed) expected.push(await alone.send(request));
  const together = await start({});
  expect(await Promise.all(mixed.map(together.send))).toEqual(expected);
  expect(await together.logged()).toEqual(await alone.logged());
});

test("the status says why requests do not share runs of a model", async () => {
  const session = { models: { champ: { intraOpNumThreads: 2 } } };
  const quiet = await start({ session });
  await quiet.send(mixed[0] as Sent);
  expect(await quiet.status()).toEqual({});
  const { send, status } = await start({ batchWindow: "adaptive", session });
  await send(mixed[0] as Sent);
  expect(await status()).toEqual({
    champ: "requests do not share runs of model 'champ': it runs on several threads",
  });
});

test.each([true, false])("requests of one turn share a write of the journal, joined or not (%s)", async (joinRuns) => {
  const breastCancer = fileURLToPath(new URL("../../examples/breast-cancer/models", import.meta.url));
  const settings = parseLocalOptions({ models: breastCancer, data: folder() });
  const target = new LocalTargetImpl({ ...settings, joinRuns, runAtOnce: true });
  onTestFinished(() => target.close());
  const live = await pipeline("cancer").model(gradientBoosting).deploy(target);
  const rows = Array.from({ length: 12 }, (_, i) => ({ features: Array.from({ length: 30 }, (_, k) => i + k) }));
  const write = vi.spyOn(Journal.prototype, "write");
  onTestFinished(() => write.mockRestore());
  for (let i = 0; i < 3; i++) {
    const answers: Promise<unknown>[] = [];
    for (const row of rows) {
      answers.push(live.infer([row]));
      // As between the connections of one turn, jobs of promises run.
      for (let job = 0; job < 20; job++) await Promise.resolve();
    }
    await Promise.all(answers);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(write.mock.calls.map(([, count]) => count)).toEqual([12, 12, 12]);
});
