import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Config } from "../../../src/config/schema.js";
import type { LocalDeployment, LocalOptions, LocalTarget } from "../../../src/targets/local/index.js";
import { refusal } from "../../refusal.js";
import { config, folder, run, validation, writeModel } from "../../engine/make-config.js";
import { counting, single } from "../../engine/odd-models.js";
import { openEngine } from "../local-engine.js";

const dir = folder();
const same = writeModel(dir, "same", single("Identity"));
const minus = writeModel(dir, "minus", single("Neg"));
const root = writeModel(dir, "root", single("Sqrt"));
const scope = { inputs: same.inputs, outputs: same.outputs };
const first = config("swapped", [same], [run("same"), validation("kept", "(x) => x.out.y[0] === x.in.x[0]", scope)]);
const second = config(
  "swapped",
  [minus],
  [run("minus"), validation("turned", "(x) => x.out.y[0] === -x.in.x[0]", scope)],
);

const engine = (options: LocalOptions = {}): LocalTarget => openEngine({ models: dir, ...options });

/** Sends requests from four loops until `stop`, which resolves to the number of each kind of answer. */
function startLoad(live: LocalDeployment): { stop(): Promise<Record<string, number>> } {
  let running = true;
  const counts: Record<string, number> = {};
  const sendRequests = async (): Promise<void> => {
    for (let i = 1; running; i++) {
      const answer = await live.infer([{ x: [i] }]).then(
        ([row]) => {
          const sign = row?.out["y"] instanceof Array && row.out["y"][0] === i ? "same" : "minus";
          return `${sign} ${Object.keys(row?.anomaly ?? {}).join()} ${row?.check_failures}`;
        },
        (error: unknown) => String(error),
      );
      counts[answer] = (counts[answer] ?? 0) + 1;
    }
  };
  const loops = Promise.all(Array.from({ length: 4 }, sendRequests));
  return {
    async stop() {
      running = false;
      await loops;
      return counts;
    },
  };
}

describe("a new version", () => {
  test("replaces the old one under load without a failed or mixed request", async () => {
    const target = engine({ durability: "relaxed" });
    await (await target.deploy(first)).close();
    const live = await target.pipeline("swapped");
    await live.infer([{ x: [1] }]);
    const load = startLoad(live);
    for (let i = 0; i < 10; i++) await (await target.deploy(i % 2 === 0 ? second : first)).close();
    const counts = await load.stop();
    expect(Object.keys(counts).sort()).toEqual(["minus count,turned 0", "same count,kept 0"]);
    expect(await live.status()).toMatchObject({ version: "1", hash: first.hash });
    const rows = Object.values(counts).reduce((sum, count) => sum + count, 1);
    expect(await live.logs({ limit: rows + 10 })).toHaveLength(rows);
  });

  test("that cannot be deployed leaves the old one serving under load", async () => {
    const target = engine({ durability: "relaxed" });
    await target.deploy(first);
    const live = await target.pipeline("swapped");
    const load = startLoad(live);
    const broken: Config = config("swapped", [{ ...same, sha256: "0".repeat(64) }], [run("same")]);
    for (let i = 0; i < 5; i++) expect(await refusal(target.deploy(broken))).toMatch(/^SL3022 /);
    expect(Object.keys(await load.stop())).toEqual(["same count,kept 0"]);
    expect((await live.status()).version).toBe("1");
  });

  test("is none for the config of an older version, which gets its number back", async () => {
    const data = folder();
    const target = engine({ data });
    await target.deploy(first);
    const live = await target.deploy(second);
    const again = await target.deploy(await live.configuration("1"));
    expect((await again.infer([{ x: [3] }]))[0]?.out).toEqual({ y: [3] });
    expect((await again.versions()).map(({ version, hash }) => [version, hash])).toEqual([
      ["2", second.hash],
      ["1", first.hash],
    ]);
    expect(await again.status()).toMatchObject({ version: "1", hash: first.hash });
    expect((await again.configuration()).hash).toBe(first.hash);
    // Another process finds the version that is deployed, not the newest.
    expect((await (await engine({ data }).pipeline("swapped")).status()).version).toBe("1");
    // The handle from the second deploy keeps its version.
    expect((await live.infer([{ x: [3] }]))[0]?.out).toEqual({ y: [-3] });
  });

  test("reaches a handle that was stopped", async () => {
    const target = engine();
    const live = await target.deploy(first);
    const byName = await target.pipeline("swapped");
    await live.undeploy();
    expect(await refusal(byName.infer([{ x: [1] }]))).toMatch(/^SL6008 /);
    await target.deploy(second);
    expect((await byName.infer([{ x: [1] }]))[0]?.out).toEqual({ y: [-1] });
  });
});

test("undeploy through a symbolic link stops the handles on the folder itself", async () => {
  const data = folder();
  const link = join(folder(), "link");
  symlinkSync(data, link);
  const live = await engine({ data }).deploy(first);
  await (await engine({ data: link }).pipeline("swapped")).undeploy();
  expect(await refusal(live.infer([{ x: [1] }]))).toMatch(/^SL6008 /);
});

describe("too many requests at once", () => {
  test("where one is taken, the message speaks of one", async () => {
    const live = await engine({ concurrency: 1 }).deploy(first);
    const [, second] = await Promise.allSettled([live.infer([{ x: [1] }]), live.infer([{ x: [2] }])]);
    expect(second?.status === "rejected" ? String(second.reason) : "").toBe(
      "TargetError: pipeline 'swapped' is busy with a request; retry when it is done, send more rows per request, or deploy with a higher local({ concurrency })",
    );
  });

  test("are refused with SL6013; accepted requests are answered", async () => {
    const live = await engine({ concurrency: 3 }).deploy(first);
    const answers = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => live.infer([{ x: [i] }])));
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 3 }, () => "fulfilled"),
      ...Array.from({ length: 7 }, () => "rejected"),
    ]);
    expect(
      await refusal(answers[3]?.status === "rejected" ? Promise.reject(answers[3].reason as Error) : Promise.resolve()),
    ).toMatchInlineSnapshot(
      `"SL6013 pipeline 'swapped' is busy with 3 requests; retry when one of them is done, send more rows per request, or deploy with a higher local({ concurrency })"`,
    );
    expect(await live.infer([{ x: [1] }])).toHaveLength(1);
    expect(await live.status()).toMatchObject({
      counts: { requests: 11, rows: 4, failures: 7 },
      queue: { requests: 0, challengers: 0 },
    });
    expect(await live.logs()).toHaveLength(4);
  });
});

describe("requests that come before the models are loaded", () => {
  /** A handle whose models load with its first request, as in a new process. */
  async function coldHandle(concurrency: number): Promise<LocalDeployment> {
    const data = folder();
    const before = engine({ data });
    await before.deploy(first);
    await before.close();
    return engine({ data, concurrency }).pipeline("swapped");
  }

  test("are refused at once, unread, beyond 'concurrency'; the others are answered", async () => {
    const live = await coldHandle(3);
    const order: string[] = [];
    let read = 0;
    const unread = [
      {
        get x() {
          read++;
          return [0];
        },
      },
    ];
    const accepted = Array.from({ length: 3 }, async (_, i) => {
      const [row] = await live.infer([{ x: [i] }]);
      order.push("answered");
      return row?.out["y"];
    });
    const refused = Array.from({ length: 20 }, async () => {
      const text = await refusal(live.infer(unread));
      order.push("refused");
      return text.slice(0, 6);
    });
    expect((await live.status()).queue.requests).toBe(3);
    expect(await Promise.all(accepted)).toEqual([[0], [1], [2]]);
    expect(new Set(await Promise.all(refused))).toEqual(new Set(["SL6013"]));
    expect(order).toEqual([...refused.map(() => "refused"), ...accepted.map(() => "answered")]);
    expect(read).toBe(0);
    expect(await live.logs()).toHaveLength(3);
    expect((await live.status()).queue.requests).toBe(0);
  });

  test("do not count in the latency when they are refused", async () => {
    const live = await coldHandle(1);
    await Promise.allSettled(Array.from({ length: 2000 }, () => live.infer([{ x: [1] }])));
    const { latency, counts } = await live.status();
    expect(counts).toMatchObject({ requests: 2000, rows: 1, failures: 1999 });
    expect(latency.p50).toBe(latency.p99);
    expect(latency.p50).toBeGreaterThan(1);
  });
});

describe("a model file under a running engine", () => {
  test.each(["deleted", "overwritten"])(
    "may be %s: the running deployment continues, a new one is refused",
    async (change) => {
      const models = folder();
      mkdirSync(models, { recursive: true });
      for (const name of ["same.onnx", "minus.onnx"]) copyFileSync(join(dir, name), join(models, name));
      const target = engine({ models, durability: "off" });
      const live = await target.deploy(first);
      if (change === "deleted") rmSync(join(models, "same.onnx"));
      else writeFileSync(join(models, "same.onnx"), "not a model");
      expect((await live.infer([{ x: [5] }]))[0]?.out).toEqual({ y: [5] });
      // A batch of this size runs in a worker thread, which opens the model again.
      const many = await live.infer({ x: new Float32Array(100_000).fill(2) });
      expect(many.check_failures.every((failed) => failed === 0)).toBe(true);
      expect(await refusal(target.deploy(first))).toMatch(change === "deleted" ? /^SL3021 / : /^SL3022 /);
      expect((await live.infer([{ x: [5] }]))[0]?.out).toEqual({ y: [5] });
    },
  );
});

describe("a model that", () => {
  test("returns NaN: the row is answered and logged, and comparisons on it fail", async () => {
    const rule = validation("whole", "(x) => x.out.y[0] >= 0", scope);
    const live = await engine().deploy(config("p", [root], [run("root"), rule]));
    const [row] = await live.infer([{ x: [-1] }]);
    expect(row).toMatchObject({ out: { y: [NaN] }, anomaly: { count: 1, whole: true }, check_failures: 1 });
    expect((await live.logs({ valid: false })).map((record) => record.out)).toEqual([{ y: [NaN] }]);
  });

  test("exceeds the deadline: the request fails, nothing is logged, other requests are answered", async () => {
    const long = writeModel(dir, "long", counting());
    const target = engine();
    const live = await target.deploy(config("long", [long], [run("long")]));
    const other = await target.deploy(first);
    const late = refusal(live.infer([{ x: [400_000] }], { timeoutMs: 50 }));
    for (let i = 0; i < 5; i++) expect(await other.infer([{ x: [i] }])).toHaveLength(1);
    expect(await late).toMatch(/^SL6004 /);
    expect(await live.logs()).toEqual([]);
  });
});

test("options that are null are refused", async () => {
  const live = await engine().deploy(first);
  expect(await refusal(live.infer([{ x: [1] }], null as unknown as undefined))).toMatchInlineSnapshot(
    `"SL6011 infer() takes an object of options, got null"`,
  );
});
