import { afterEach, describe, expect, test } from "vitest";
import { type AlertChange, build, pipeline, ShapelineError } from "shapeline";
import { local, type LocalOptions, type LocalTarget } from "shapeline/local";
import type { Engine } from "../../../src/engine/engine.js";
import type { LogLayout, PipelineLog } from "../../../src/logs/pipeline-log.js";
import type { Store, StoredAlert } from "../../../src/logs/store.js";
import { AlertWatch, type Clock, type WatchedAlert } from "../../../src/targets/local/alert-watch.js";
import { acquireAlertWatch } from "../../../src/targets/local/shared-alert-watch.js";
import { PipelineRunner } from "../../../src/targets/local/pipeline-runner.js";
import { folder } from "../../engine/make-config.js";
import { boosting, models, regression, rows } from "../breast-cancer.js";

/** A clock that goes when it is told to. */
class TestClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ at: number; call: () => void }>();
  now = (): number => this.#now;
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

/** A watch whose condition is what the test says. */
function watched({ forMs = 0, before = [] as readonly StoredAlert[] } = {}) {
  const clock = new TestClock();
  const stored: StoredAlert[] = [];
  const truth = { holds: false, asked: [] as number[], fails: false };
  const alert: WatchedAlert = { name: "drift", sql: "…", overMs: 5 * minutes, forMs };
  const source = {
    async evaluate(_: unknown, now: Date) {
      if (truth.fails) throw new RangeError("no log");
      truth.asked.push(now.getTime());
      return [truth.holds];
    },
    async save(changes: readonly StoredAlert[]) {
      stored.push(...changes);
    },
  };
  const watch = new AlertWatch([alert], before, source, clock);
  return { clock, stored, truth, watch, told: () => stored.map(({ state, time }) => `${state} ${time.getTime()}`) };
}

describe("the state of an alert", () => {
  test("fires when its condition holds and is resolved when it no longer does", async () => {
    const { clock, truth, watch, told } = watched();
    await clock.pass(1000);
    expect(told()).toEqual([]);
    truth.holds = true;
    watch.rowsLogged();
    await clock.pass(1000);
    truth.holds = false;
    await clock.pass(60_000);
    expect(told()).toEqual(["firing 1100", "resolved 16100"]);
  });

  test("is pending until the condition has held for as long as it must", async () => {
    const { clock, truth, told } = watched({ forMs: 1 * minutes });
    truth.holds = true;
    await clock.pass(59_000);
    expect(told()).toEqual(["pending 0"]);
    await clock.pass(1000);
    expect(told()).toEqual(["pending 0", "firing 60000"]);
  });

  test("a pending one that no longer holds never fires", async () => {
    const { clock, truth, told } = watched({ forMs: 1 * minutes });
    truth.holds = true;
    await clock.pass(10_000);
    truth.holds = false;
    await clock.pass(10_000);
    truth.holds = true;
    await clock.pass(59_000);
    expect(told()).toEqual(["pending 0", "resolved 15000", "pending 30000"]);
  });

  test("goes on where an earlier process left it", async () => {
    const before = [{ alert: "drift", state: "pending", time: new Date(-50_000) }] as const;
    const { clock, truth, told, watch } = watched({ forMs: 1 * minutes, before });
    truth.holds = true;
    const first = (await watch.changes().next()).value;
    expect(first).toEqual(before[0]);
    await clock.pass(15_000);
    expect(told()).toEqual(["firing 15000"]);
  });

  test("many batches cost one evaluation", async () => {
    const { clock, truth, watch } = watched();
    await clock.pass(10);
    for (let i = 0; i < 1000; i++) watch.rowsLogged();
    await clock.pass(1000);
    expect(truth.asked).toEqual([0, 110]);
  });

  test("a log that cannot be asked is a warning, and the watch goes on", async () => {
    const { clock, truth, told } = watched();
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    truth.fails = true;
    await clock.pass(10);
    expect((await warned).message).toBe("the alerts were not evaluated: no log");
    Object.assign(truth, { fails: false, holds: true });
    await clock.pass(15_000);
    expect(told()).toEqual(["firing 15000"]);
  });

  test("listeners end with the watch, and with their signal", async () => {
    const { watch } = watched();
    const controller = new AbortController();
    const [byStop, bySignal] = [watch.changes().next(), watch.changes(controller.signal).next()];
    controller.abort();
    expect(await bySignal).toEqual({ done: true, value: undefined });
    await watch.stop();
    expect(await byStop).toEqual({ done: true, value: undefined });
  });
});

const open: LocalTarget[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((target) => target.close()));
});
const engine = (options: LocalOptions = {}): LocalTarget => {
  const target = local({ models, data: folder(), ...options });
  open.push(target);
  return target;
};

async function next(changes: AsyncIterator<AlertChange>): Promise<string> {
  const { value } = await changes.next();
  return value === undefined ? "end" : `${value.alert} ${value.state}`;
}

describe("alerts of a deployment", () => {
  const busy = pipeline("watched")
    .model(boosting)
    .alert("busy", (all) => all.count() >= 20, { over: "2s" });

  test("follow the log: firing after the rows, resolved when the window is past them; a new process goes on", async () => {
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

  test("see challengers by row, once they have answered", async () => {
    const apart = pipeline("apart")
      .shadow(boosting, [regression])
      .alert("apart", (all) => all.max((x) => x.models["logistic-regression"].probabilities[0]) > 0, { over: "1h" });
    const live = await engine().deploy(apart);
    const changes = live.alerts()[Symbol.asyncIterator]();
    await live.infer(rows);
    expect(await next(changes)).toBe("apart firing");
  });

  test("count rows of earlier versions: deploying anew empties no window", async () => {
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

  test("leave out earlier versions that lack what they read", async () => {
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

  test("two handles of one deployment tell the same changes, each stored once", async () => {
    const target = engine();
    const [one, other] = [await target.deploy(busy), await target.pipeline("watched")];
    const told = Promise.all([one, other].map((live) => next(live.alerts()[Symbol.asyncIterator]())));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await one.infer(rows);
    expect(await told).toEqual(["busy firing", "busy firing"]);
  });

  test("a handle that is closed twice leaves the watch to the others", async () => {
    const config = await build(busy);
    const layout: LogLayout = {
      pipeline: "watched",
      version: 1,
      inputs: [],
      outputs: [],
      challengers: [],
      validations: [],
    };
    const asked: string[] = [];
    const opened = (name: string) => {
      const log = {
        layout,
        evaluateAlerts: async () => (asked.push(name), [true]),
        close: async () => undefined,
      } as unknown as PipelineLog;
      const store = {
        file: "a file of this test's own",
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
    const [one, other] = [opened("one"), opened("other")];
    const runner = new PipelineRunner(
      one.engine,
      one.store,
      one.log,
      await acquireAlertWatch(config, one.store, one.log),
      {
        durability: "commit",
        concurrency: 1,
      },
    );
    const held = await acquireAlertWatch(config, other.store, other.log);
    await Promise.all([runner.close(), runner.close()]);
    await runner.close();
    const before = asked.length;
    held?.watch.rowsLogged();
    expect(await next(held?.watch.changes()[Symbol.asyncIterator]() as AsyncIterator<AlertChange>)).toBe("busy firing");
    expect(asked.slice(before)).toContain("other");
    expect(asked.slice(before)).not.toContain("one");
    await held?.release();
  });

  test("without a log they cannot be evaluated, and the deployment says so", async () => {
    const error: unknown = await engine({ durability: "off" })
      .deploy(busy)
      .catch((reason: unknown) => reason);
    expect(error instanceof ShapelineError ? `${error.code} ${error.message}` : error).toMatchInlineSnapshot(
      `"SL6014 alert 'busy' of pipeline 'watched' cannot be evaluated: the deployment keeps no log; deploy it with local({ durability: "commit" }) or "relaxed", or without the alert"`,
    );
  });

  test("a pipeline without alerts has none to tell", async () => {
    const live = await engine().deploy(pipeline("none").model(boosting));
    expect(await next(live.alerts()[Symbol.asyncIterator]())).toBe("end");
  });
});
