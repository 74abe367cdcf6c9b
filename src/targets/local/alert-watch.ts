import type { AlertChange } from "../../../dsl/deployment.js";
import type { AlertWindow } from "../../logs/pipeline-log.js";
import type { AlertState, StoredAlert } from "../../logs/store.js";
import { errorSummary } from "../../util/error-message.js";

/** The time, and timers; tests have one of their own. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Calls once, after so many milliseconds; what it gives calls it off. */
  setTimer(ms: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  setTimer(ms, call) {
    const timer = setTimeout(call, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** An alert of a config, as the log can be asked for it. */
export interface WatchedAlert extends AlertWindow {
  readonly name: string;
  /** How long the condition must hold before the alert fires. */
  readonly forMs: number;
}

/** What a watch needs of the log. */
export interface AlertSource {
  readonly evaluate: (windows: readonly AlertWindow[], now: Date) => Promise<boolean[]>;
  readonly save: (changes: readonly StoredAlert[]) => Promise<void>;
}

/** Rows change a condition at once, the passing of time only slowly: a tenth of the window, within these. */
const SHORTEST_MS = 1000;
const LONGEST_MS = 15_000;
/** After a batch others are waited for this long. */
const AFTER_BATCH_MS = 100;
/** An evaluation may take up one part in so many of the time. */
const REST_FACTOR = 10;

/** Evaluates a pipeline's alerts, stores what they come to and tells those who listen. */
export class AlertWatch {
  readonly #alerts: readonly WatchedAlert[];
  readonly #source: AlertSource;
  readonly #clock: Clock;
  readonly #states = new Map<string, StoredAlert>();
  readonly #listeners = new Set<(change: AlertChange | null) => void>();
  readonly #intervalMs: number;
  #cancelTimer = (): void => undefined;
  #dueAt = Infinity;
  #earliestEvaluation = 0;
  #evaluating: Promise<void> | null = null;
  #stopped = false;

  /** @param before the states that the alerts came to in earlier processes, oldest first */
  constructor(
    alerts: readonly WatchedAlert[],
    before: readonly StoredAlert[],
    source: AlertSource,
    clock: Clock = systemClock,
  ) {
    this.#alerts = alerts;
    this.#source = source;
    this.#clock = clock;
    for (const change of before)
      if (alerts.some(({ name }) => name === change.alert)) this.#states.set(change.alert, change);
    const shortest = Math.min(LONGEST_MS * 10, ...alerts.map(({ overMs }) => overMs));
    this.#intervalMs = Math.max(SHORTEST_MS, shortest / 10);
    this.#schedule(0);
  }

  /** Rows were logged. */
  rowsLogged(): void {
    if (this.#alerts.length > 0) this.#schedule(AFTER_BATCH_MS);
  }

  /**
   * The alerts that are pending or firing now, then every change as it comes.
   *
   * @param signal ends it, and so does the end of the deployment
   */
  async *changes(signal?: AbortSignal): AsyncGenerator<AlertChange, void, undefined> {
    const waiting: (AlertChange | null)[] = [...this.#states.values()].filter(({ state }) => state !== "resolved");
    let wake = (): void => undefined;
    const listener = (change: AlertChange | null): void => {
      waiting.push(change);
      wake();
    };
    const abort = (): void => listener(null);
    if (this.#stopped || signal?.aborted === true) waiting.push(null);
    this.#listeners.add(listener);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      while (true) {
        const change = waiting.shift();
        if (change === null) return;
        if (change !== undefined) yield change;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.#listeners.delete(listener);
      signal?.removeEventListener("abort", abort);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#evaluating;
    for (const listener of this.#listeners) listener(null);
  }

  /** Evaluates in so many milliseconds, or earlier if that is planned already. */
  #schedule(ms: number): void {
    if (this.#stopped || this.#alerts.length === 0) return;
    const due = Math.max(this.#clock.now() + ms, this.#earliestEvaluation);
    if (due >= this.#dueAt) return;
    this.#cancelTimer();
    this.#dueAt = due;
    this.#cancelTimer = this.#clock.setTimer(due - this.#clock.now(), () => {
      this.#dueAt = Infinity;
      this.#evaluating ??= this.#evaluate().finally(() => {
        this.#evaluating = null;
        this.#schedule(this.#intervalMs);
      });
    });
  }

  async #evaluate(): Promise<void> {
    const now = this.#clock.now();
    try {
      const holds = await this.#source.evaluate(this.#alerts, new Date(now));
      this.#earliestEvaluation = now + (this.#clock.now() - now) * REST_FACTOR;
      const changes = this.#alerts.flatMap((alert, i) => this.#nextState(alert, holds[i] === true, now));
      if (changes.length === 0) return;
      await this.#source.save(changes);
      for (const change of changes) {
        this.#states.set(change.alert, change);
        for (const listener of this.#listeners) listener(change);
      }
    } catch (error) {
      if (!this.#stopped)
        process.emitWarning(`the alerts were not evaluated: ${errorSummary(error)}`, "ShapelineAlertWarning");
    }
  }

  /** The state that an alert comes to, if it is another one. */
  #nextState({ name, forMs }: WatchedAlert, holds: boolean, now: number): StoredAlert[] {
    const before = this.#states.get(name);
    const state = before?.state ?? "resolved";
    const to = (next: AlertState): StoredAlert[] =>
      next === state ? [] : [{ alert: name, state: next, time: new Date(now) }];
    if (!holds) return to("resolved");
    if (state === "firing" || forMs === 0) return to("firing");
    if (before === undefined || state === "resolved") return to("pending");
    return now - before.time.getTime() >= forMs ? to("firing") : [];
  }
}
