import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ShapelineError } from "shapeline";
import { wallaroo, type PlatformFetch } from "shapeline/wallaroo";
import { fraud } from "../../../examples/fraud/fraud.pipeline.js";
import { exampleRows, models, servePlatform } from "./fraud-platform.js";

/** Runs of a life with faults; `npm run fuzz:faults` makes 10,000. */
const runs = Number(process.env["SHAPELINE_PLATFORM_FAULTS"] ?? 12);
const together = 8;
const rows = exampleRows(3);

let served: Awaited<ReturnType<typeof servePlatform>>;
let url: string;

beforeAll(async () => {
  served = await servePlatform();
  ({ url } = served);
  await fraud.deploy(wallaroo({ url, testAuth: true, models }));
}, 60_000);

afterAll(() => served.close());

/** Numbers from 0 to 1 that a seed decides. */
function random(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const page = "<html><head><title>502 Bad Gateway</title></head></html>";
const reset = () => new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) });
const answers =
  (status: number, body: string, type = "application/json") =>
  () =>
    new Response(body, { status, headers: { "content-type": type, "retry-after": "0" } });

/** Instead of the server. */
const before: readonly (() => Response | Error)[] = [
  reset,
  answers(401, '{"code":401,"msg":"expired"}'),
  answers(429, '{"code":429,"msg":"slow down"}'),
  answers(500, '[{"error_type":"x","error":"broken"}]'),
  answers(502, page, "text/html"),
  answers(503, ""),
];

/** In place of what the server answers, after it did its work. */
const after: readonly ((bytes: Uint8Array<ArrayBuffer>, answer: Response, share: number) => Response | Error)[] = [
  reset,
  answers(502, page, "text/html"),
  answers(200, page, "text/html"),
  answers(200, "{}"),
  (bytes, { status, headers }, share) => new Response(bytes.slice(0, bytes.length * share), { status, headers }),
  (bytes, { status, headers }, share) =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(bytes.slice(0, bytes.length * share));
          controller.error(reset());
        },
      }),
      { status, headers },
    ),
];

/** What reaches the server in one life, by the end of its path. */
type Reached = Record<string, number>;

function faultyFetch(next: () => number, reached: Reached): PlatformFetch {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const given = (made: Response | Error): Response => {
    if (made instanceof Error) throw made;
    return made;
  };
  return async (to, init) => {
    const chance = next();
    if (chance < 0.05) await sleep(20 * next());
    if (chance > 0.95) return given(pick(before)());
    const path = new URL(to).pathname;
    const call = path.includes("/infer/") ? "infer" : (path.split("/").at(-1) ?? "");
    reached[call] = (reached[call] ?? 0) + 1;
    const answer = await fetch(to, init);
    if (chance < 0.9) return answer;
    return given(pick(after)(new Uint8Array(await answer.arrayBuffer()), answer, next()));
  };
}

it(`ends every call in the right result or one clear error, in ${runs} lives with faults`, async () => {
  const outcomes: Record<string, number> = {};
  const wrong: string[] = [];
  const live = async (seed: number): Promise<void> => {
    const next = random(seed);
    const reached: Reached = {};
    const outcome = async <T>(what: string, work: Promise<T>, isRight: (result: T) => boolean): Promise<T | null> => {
      try {
        const result = await work;
        if (!isRight(result)) wrong.push(`seed ${seed}: ${what} ended in another result`);
        outcomes[`${what} right`] = (outcomes[`${what} right`] ?? 0) + 1;
        return result;
      } catch (error) {
        const code = error instanceof ShapelineError && /^SL60/.test(error.code) ? error.code : null;
        if (code === null) wrong.push(`seed ${seed}: ${what}: ${String((error as Error).stack)}`);
        outcomes[`${what} ${code ?? "wrong"}`] = (outcomes[`${what} ${code ?? "wrong"}`] ?? 0) + 1;
        return null;
      }
    };
    const target = wallaroo({ url, testAuth: true, models, retries: 2, fetch: faultyFetch(next, reached) });
    const deployed = await outcome("deploy", fraud.deploy(target), ({ name }) => name === "fraud");
    const one = deployed ?? (await outcome("connect", fraud.connect(target), ({ name }) => name === "fraud"));
    if (one === null) return;
    const sentBefore = reached["infer"] ?? 0;
    await outcome(
      "infer",
      one.infer(rows),
      (records) =>
        records.length === 3 &&
        Math.abs((records[0]?.out.risk[0] ?? 0) - 0.158211) < 1e-5 &&
        records.every(({ anomaly }) => typeof anomaly.amt === "boolean"),
    );
    if ((reached["infer"] ?? 0) - sentBefore > 1) wrong.push(`seed ${seed}: the rows were sent twice`);
    await outcome("logs", one.logs({ limit: 5 }), (records) => records.length <= 5);
    for (const call of ["upload", "create", "deploy"])
      if ((reached[call] ?? 0) > 0) wrong.push(`seed ${seed}: '${call}' of what the platform has`);
  };
  for (let seed = 0; seed < runs; seed += together)
    await Promise.all(Array.from({ length: Math.min(together, runs - seed) }, (_, i) => live(seed + i)));
  if (runs > 12) console.log(`${runs} lives with faults: ${JSON.stringify(outcomes)}`);
  expect(wrong).toEqual([]);
});
