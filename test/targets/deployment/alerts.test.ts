import { describe, expect, test } from "vitest";
import { type AlertChange, build, pipeline } from "shapeline";
import type { LocalOptions, LocalTarget } from "shapeline/local";
import type { Engine } from "../../../src/engine/engine.js";
import type { LogLayout, PipelineLog } from "../../../src/logs/pipeline-log.js";
import type { Store, StoredAlert } from "../../../src/logs/store.js";
import { AlertWatch, type Clock, type WatchedAlert } from "../../../src/targets/local/alerts/alert-watch.js";
import { acquireAlertWatch } from "../../../src/targets/local/alerts/shared-alert-watch.js";
import { PipelineRunner } from "../../../src/targets/local/pipeline-runner.js";
import { folder } from "../../engine/make-config.js";
import { refusal } from "../../refusal.js";
import { boosting, models, regression, rows } from "../breast-cancer.js";
import { openEngine } from "../local-engine.js";

/** A clock that advances only by `pass`; `setBack` is how far the machine's time is then set back. */
class TestClock implements Clock {
  setBack = 0;
  #now = 0;
  readonly #timers = new Set<{ at: number; call: () => void }>();
  now = (): number => this.#now - this.setBack;
  elapsed = (): number => this.#now;
  setTimer(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + ms, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    while (true) {
      const next = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.call();
      await new Promise(setImmediate);
    }
    this.#now = end;
  }
}

const minutes = 60_000;

/** Creates a watch of one alert; the test sets its condition in `truth.holds`. */
function createWatch({ forMs = 0, before = [] as readonly StoredAlert[] } = {}) {
  const clock = new TestClock();
  const stored: StoredAlert[] = [];
  const truth = { holds: false, evaluatedAt: [] as number[], fails: false };
  const alert: WatchedAlert = { name: "drift", sql: "…", overMs: 5 * minutes, forMs };
  const source = {
    async evaluate(_: unknown, now: Date) {
      if (truth.fails) throw new RangeError("no log");
      truth.evaluatedAt.push(now.getTime());
      return [truth.holds];
    },
    async save(changes: readonly StoredAlert[]) {
      stored.push(...changes);
    },
  };
  const watch = new AlertWatch([alert], before, source, clock);
  return { clock, stored, truth, watch, changes: () => stored.map(({ state, time }) => `${state} ${time.getTime()}`) };
}

describe("the state of an alert", () => {
  test("is firing while its condition holds, then resolved", async () => {
    const { clock, truth, watch, changes } = createWatch();
    await clock.pass(1000);
    expect(changes()).toEqual([]);
    truth.holds = true;
    watch.rowsLogged();
    await clock.pass(1000);
    truth.holds = false;
    await clock.pass(60_000);
    expect(changes()).toEqual(["firing 1100", "resolved 16100"]);
  });

  test("is pending until the condition has held for the whole `for` period", async () => {
    const { clock, truth, changes } = createWatch({ forMs: 1 * minutes });
    truth.holds = true;
    await clock.pass(59_000);
    expect(changes()).toEqual(["pending 0"]);
    await clock.pass(1000);
    expect(changes()).toEqual(["pending 0", "firing 60000"]);
  });

  test("goes from pending to resolved if the condition stops holding", async () => {
    const { clock, truth, changes } = createWatch({ forMs: 1 * minutes });
    truth.holds = true;
    await clock.pass(10_000);
    truth.holds = false;
    await clock.pass(10_000);
    truth.holds = true;
    await clock.pass(59_000);
    expect(changes()).toEqual(["pending 0", "resolved 15000", "pending 30000"]);
  });

  test("continues from the state that an earlier process stored", async () => {
    const before = [{ alert: "drift", state: "pending", time: new Date(-50_000) }] as const;
    const { clock, truth, changes, watch } = createWatch({ forMs: 1 * minutes, before });
    truth.holds = true;
    const first = (await watch.changes().next()).value;
    expect(first).toEqual(before[0]);
    await clock.pass(15_000);
    expect(changes()).toEqual(["firing 15000"]);
  });

  test("fires after its period, also if the machine's time is set back meanwhile", async () => {
    const { clock, truth, changes } = createWatch({ forMs: 1 * minutes });
    truth.holds = true;
    await clock.pass(1000);
    clock.setBack = 60 * minutes;
    await clock.pass(2 * minutes);
    expect(changes()).toEqual(["pending 0", `firing ${60_000 - 60 * minutes}`]);
  });

  test("is evaluated once for many batches in quick succession", async () => {
    const { clock, truth, watch } = createWatch();
    await clock.pass(10);
    for (let i = 0; i < 1000; i++) watch.rowsLogged();
    await clock.pass(1000);
    expect(truth.evaluatedAt).toEqual([0, 110]);
  });

  test("a failed evaluation emits a warning, and the watch continues", async () => {
    const { clock, truth, changes } = createWatch();
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    truth.fails = true;
    await clock.pass(10);
    expect((await warned).message).toBe("the alerts were not evaluated: no log");
    Object.assign(truth, { fails: false, holds: true });
    await clock.pass(15_000);
    expect(changes()).toEqual(["firing 15000"]);
  });

  test("the iteration ends when the watch stops or its signal aborts", async () => {
    const { watch } = createWatch();
    const controller = new AbortController();
    const [byStop, bySignal] = [watch.changes().next(), watch.changes(controller.signal).next()];
    controller.abort();
    expect(await bySignal).toEqual({ done: true, value: undefined });
    await watch.stop();
    expect(await byStop).toEqual({ done: true, value: undefined });
  });
});

const engine = (options: LocalOptions = {}): LocalTarget => openEngine({ models, ...options });

async function next(changes: AsyncIterator<AlertChange>): Promise<string> {
  const { value } = await changes.next();
  return value === undefined ? "end" : `${value.alert} ${value.state}`;
}

describe("alerts of a deployment", () => {
  const busy = pipeline("watched")
    .model(boosting)
    .alert("busy", (all) => all.count() >= 20, { over: "4s" });

  test("fire after the rows, and resolve after the window, also for a new handle", async () => {
    const data = folder();
    const live = await engine({ data }).deploy(busy);
    const changes = live.alerts()[Symbol.asyncIterator]();
    const first = next(changes);
    await live.infer(rows);
    expect(await first).toBe("busy firing");
    await live.close();
    expect(await next(changes)).toBe("end");
    const again = await engine({ data }).pipeline("watched");
    const later = again.alerts()[Symbol.asyncIterator]();
    expect(await next(later)).toBe("busy firing");
    expect(await next(later)).toBe("busy resolved");
  });

  test("read challenger columns once the challengers have answered", async () => {
    const apart = pipeline("apart")
      .shadow(boosting, [regression])
      .alert("apart", (all) => all.max((x) => x.models["logistic-regression"].probabilities[0]) > 0, { over: "1h" });
    const live = await engine().deploy(apart);
    const changes = live.alerts()[Symbol.asyncIterator]();
    await live.infer(rows);
    expect(await next(changes)).toBe("apart firing");
  });

  test("count rows of earlier versions", async () => {
    const target = engine();
    const before = await target.deploy(
      pipeline("watched")
        .model(boosting)
        .validate("sure", (x) => x.out.probabilities[0] < 2),
    );
    await before.infer(rows);
    const live = await target.deploy(
      pipeline("watched")
        .model(boosting)
        .alert("busy", (all) => all.count() >= 20, { over: "1h" })
        .alert("likely", (all) => all.max((x) => x.out.probabilities[0]) > 0.5, { over: "1h" }),
    );
    const changes = live.alerts()[Symbol.asyncIterator]();
    expect([await next(changes), await next(changes)]).toEqual(["busy firing", "likely firing"]);
    expect(await live.logs({ start: (await live.status()).since })).toEqual([]);
  });

  test("ignore earlier versions without the columns that they read", async () => {
    const target = engine();
    const before = await target.deploy(pipeline("watched").model(regression));
    await before.infer(rows);
    const live = await target.deploy(
      pipeline("watched")
        .shadow(boosting, [regression])
        .alert("apart", (all) => all.max((x) => x.models["logistic-regression"].probabilities[0]) > 0, { over: "1h" })
        .alert("any", (all) => all.count() > 0, { over: "1h" }),
    );
    const changes = live.alerts()[Symbol.asyncIterator]();
    expect(await next(changes)).toBe("any firing");
    await live.infer(rows);
    expect(await next(changes)).toBe("apart firing");
  });

  test("send the same changes to both handles of a deployment", async () => {
    const target = engine();
    const [one, other] = [await target.deploy(busy), await target.pipeline("watched")];
    const received = Promise.all([one, other].map((live) => next(live.alerts()[Symbol.asyncIterator]())));
    await one.infer(rows);
    expect(await received).toEqual(["busy firing", "busy firing"]);
  });

  test("keep the shared watch running if another handle is closed twice", async () => {
    const config = await build(busy);
    const layout: LogLayout = {
      pipeline: "watched",
      version: 1,
      inputs: [],
      outputs: [],
      challengers: [],
      validations: [],
    };
    const evaluatedBy: string[] = [];
    const createParts = (name: string) => {
      const log = {
        layout,
        evaluateAlerts: async () => (evaluatedBy.push(name), [true]),
        close: async () => undefined,
      } as unknown as PipelineLog;
      const store = {
        file: "alerts.test.ts",
        alertChanges: async () => [],
        saveAlerts: async () => undefined,
        close: async () => undefined,
      } as unknown as Store;
      return {
        log,
        store,
        engine: { config, close: async () => undefined, challengersWaiting: 0 } as unknown as Engine,
      };
    };
    const [one, other] = [createParts("one"), createParts("other")];
    const runner = new PipelineRunner(
      one.engine,
      one.store,
      one.log,
      await acquireAlertWatch(config, one.store, one.log),
      { durability: "commit" },
    );
    const lease = await acquireAlertWatch(config, other.store, other.log);
    await Promise.all([runner.close(), runner.close()]);
    await runner.close();
    const before = evaluatedBy.length;
    lease?.watch.rowsLogged();
    expect(await next(lease?.watch.changes()[Symbol.asyncIterator]() as AsyncIterator<AlertChange>)).toBe(
      "busy firing",
    );
    expect(evaluatedBy.slice(before)).toContain("other");
    expect(evaluatedBy.slice(before)).not.toContain("one");
    await lease?.release();
  });

  test("need a log: a deployment without one is refused", async () => {
    expect(await refusal(engine({ durability: "off" }).deploy(busy))).toMatchInlineSnapshot(
      `"SL6014 alert 'busy' of pipeline 'watched' cannot be evaluated: the deployment keeps no log; deploy it with local({ durability: "commit" }) or "relaxed", or without the alert"`,
    );
  });

  test("end at once for a pipeline without alerts", async () => {
    const live = await engine().deploy(pipeline("none").model(boosting));
    expect(await next(live.alerts()[Symbol.asyncIterator]())).toBe("end");
  });
});
