import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ShapelineError } from "shapeline";
import { wallaroo, type PlatformFetch } from "shapeline/wallaroo";
import { fraud } from "../../../examples/fraud/fraud.pipeline.js";
import { exampleRows, models, servePlatform } from "./fraud-platform.js";

/** Runs of a life with faults; `npm run fuzz:faults` makes 10,000. */
const runs = Number(process.env["SHAPELINE_PLATFORM_FAULTS"] ?? 12);
const together = 8;
/** Each life sends three of them, others than its neighbours do: an answer to other rows is wrong. */
const rows = exampleRows(3 * together);

let served: Awaited<ReturnType<typeof servePlatform>>;
let url: string;
/** The risk of each row. */
let risks: readonly number[];

beforeAll(async () => {
  served = await servePlatform();
  ({ url } = served);
  const live = await fraud.deploy(wallaroo({ url, testAuth: true, models }));
  risks = (await live.infer(rows)).map(({ out }) => out.risk[0]);
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

interface WholeAnswer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly status: number;
  readonly headers: Headers;
}

const respond = ({ bytes, status, headers }: WholeAnswer): Response => new Response(bytes, { status, headers });

/** A proxy that mixes up the answers of all lives: it gives one twice, or those of two requests in the other order. */
class MixedAnswers {
  readonly counts = { again: 0, swapped: 0 };
  readonly #last = new Map<string, WholeAnswer>();
  readonly #waiting = new Map<string, (partner: WholeAnswer) => WholeAnswer>();

  /** The answer of the last request of this kind once more, if there was one. */
  again(call: string, own: WholeAnswer): Response {
    const last = this.#last.get(call);
    this.#last.set(call, own);
    if (last !== undefined) this.counts.again++;
    return respond(last ?? own);
  }

  /** Waits a moment for another request of this kind, and exchanges the answers. */
  async swap(call: string, own: WholeAnswer): Promise<Response> {
    const partner = this.#waiting.get(call);
    if (partner !== undefined) {
      this.counts.swapped++;
      this.#waiting.delete(call);
      return respond(partner(own));
    }
    let given = own;
    const met = new Promise<void>((resolve) =>
      this.#waiting.set(call, (other) => {
        given = other;
        resolve();
        return own;
      }),
    );
    const mine = this.#waiting.get(call);
    await Promise.race([met, sleep(50)]);
    if (this.#waiting.get(call) === mine) this.#waiting.delete(call);
    return respond(given);
  }
}

function faultyFetch(next: () => number, reached: Reached, mixed: MixedAnswers): PlatformFetch {
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
    if (chance < 0.84) return answer;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (chance > 0.9) return given(pick(after)(bytes, answer, next()));
    const whole = { bytes, status: answer.status, headers: answer.headers };
    return chance < 0.87 ? mixed.again(call, whole) : mixed.swap(call, whole);
  };
}

it(`ends every call in the right result or one clear error, in ${runs} lives with faults`, async () => {
  const outcomes: Record<string, number> = {};
  const wrong: string[] = [];
  const mixed = new MixedAnswers();
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
    const target = wallaroo({ url, testAuth: true, models, retries: 2, fetch: faultyFetch(next, reached, mixed) });
    const deployed = await outcome("deploy", fraud.deploy(target), ({ name }) => name === "fraud");
    const one = deployed ?? (await outcome("connect", fraud.connect(target), ({ name }) => name === "fraud"));
    if (one === null) return;
    const sentBefore = reached["infer"] ?? 0;
    const first = 3 * (seed % together);
    await outcome(
      "infer",
      one.infer(rows.slice(first, first + 3)),
      (records) =>
        records.length === 3 &&
        records.every(({ out }, i) => Math.abs(out.risk[0] - (risks[first + i] ?? NaN)) < 1e-5) &&
        records.every(({ anomaly }) => typeof anomaly.amt === "boolean"),
    );
    if ((reached["infer"] ?? 0) - sentBefore > 1) wrong.push(`seed ${seed}: the rows were sent twice`);
    await outcome("logs", one.logs({ limit: 5 }), (records) => records.length <= 5);
    for (const call of ["upload", "create", "deploy"])
      if ((reached[call] ?? 0) > 0) wrong.push(`seed ${seed}: '${call}' of what the platform has`);
  };
  for (let seed = 0; seed < runs; seed += together)
    await Promise.all(Array.from({ length: Math.min(together, runs - seed) }, (_, i) => live(seed + i)));
  if (runs > 12) console.log(`${runs} lives with faults: ${JSON.stringify({ ...outcomes, ...mixed.counts })}`);
  expect(wrong).toEqual([]);
});
