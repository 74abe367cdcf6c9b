import type { AlertChange } from "../../../../dsl/deployment.js";
import type { AlertWindow } from "../../../logs/pipeline-log.js";
import type { AlertState, StoredAlert } from "../../../logs/store.js";
import { errorSummary } from "../../../util/error-message.js";
import { onAbort } from "../../../util/on-abort.js";

/** The current time and timers; tests replace it. */
export interface Clock {
  /** Milliseconds since 1970 UTC: the time of rows and changes. It goes back when the machine's clock is set back. */
  now(): number;
  /** Milliseconds of a clock that never goes back: measures periods. */
  elapsed(): number;
  /** Calls `call` once after `ms` milliseconds. Returns a function that cancels the timer. */
  setTimer(ms: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimer(ms, call) {
    const timer = setTimeout(call, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** An alert with its condition in SQL. */
export interface WatchedAlert extends AlertWindow {
  readonly name: string;
  /** How long the condition must hold before the alert fires. */
  readonly forMs: number;
}

/** The log operations that a watch uses. */
export interface AlertSource {
  readonly evaluate: (windows: readonly AlertWindow[], now: Date) => Promise<boolean[]>;
  readonly save: (changes: readonly StoredAlert[]) => Promise<void>;
}

/** Without new rows a condition changes slowly: it is evaluated every tenth of its window, within these bounds. */
const shortestMs = 1000;
const longestMs = 15_000;
/** Delay after a batch, so that batches in quick succession cost one evaluation. */
const afterBatchMs = 100;
/** After an evaluation that took t ms, the next starts at least `restFactor` * t ms after its start. */
const restFactor = 10;

/** Evaluates a pipeline's alerts, stores every change of state and sends it to the listeners. */
export class AlertWatch {
  readonly #alerts: readonly WatchedAlert[];
  readonly #source: AlertSource;
  readonly #clock: Clock;
  readonly #states = new Map<string, StoredAlert>();
  /** By alert, when its state began, by `Clock.elapsed`. */
  readonly #since = new Map<string, number>();
  readonly #listeners = new Set<(change: AlertChange | null) => void>();
  readonly #intervalMs: number;
  #cancelTimer = (): void => undefined;
  #dueAt = Infinity;
  #earliestEvaluation = 0;
  #evaluating: Promise<void> | null = null;
  #stopped = false;

  /** @param savedStates state changes stored by earlier processes, oldest first */
  constructor(
    alerts: readonly WatchedAlert[],
    savedStates: readonly StoredAlert[],
    source: AlertSource,
    clock: Clock = systemClock,
  ) {
    this.#alerts = alerts;
    this.#source = source;
    this.#clock = clock;
    for (const change of savedStates) {
      if (!alerts.some(({ name }) => name === change.alert)) continue;
      this.#states.set(change.alert, change);
      const age = Math.max(0, clock.now() - change.time.getTime());
      this.#since.set(change.alert, clock.elapsed() - age);
    }
    const shortest = Math.min(longestMs * 10, ...alerts.map(({ overMs }) => overMs));
    this.#intervalMs = Math.max(shortestMs, shortest / 10);
    this.#schedule(0);
  }

  /** Call after rows were logged. */
  rowsLogged(): void {
    if (this.#alerts.length > 0) this.#schedule(afterBatchMs);
  }

  /**
   * Yields the alerts that are pending or firing now, then each change of state. Ends when the watch stops.
   *
   * @param signal ends the iteration
   */
  async *changes(signal?: AbortSignal): AsyncGenerator<AlertChange, void, undefined> {
    const queue: (AlertChange | null)[] = [...this.#states.values()].filter(({ state }) => state !== "resolved");
    let wake = (): void => undefined;
    const listener = (change: AlertChange | null): void => {
      queue.push(change);
      wake();
    };
    if (this.#stopped || signal?.aborted === true) queue.push(null);
    this.#listeners.add(listener);
    const removeListener = signal === undefined ? null : onAbort(signal, () => listener(null));
    try {
      while (true) {
        const change = queue.shift();
        if (change === null) return;
        if (change !== undefined) yield change;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.#listeners.delete(listener);
      removeListener?.();
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    await this.#evaluating;
    for (const listener of this.#listeners) listener(null);
  }

  /** Schedules an evaluation in `ms` milliseconds, unless an earlier one is scheduled. */
  #schedule(ms: number): void {
    if (this.#stopped || this.#alerts.length === 0) return;
    const due = Math.max(this.#clock.elapsed() + ms, this.#earliestEvaluation);
    if (due >= this.#dueAt) return;
    this.#cancelTimer();
    this.#dueAt = due;
    this.#cancelTimer = this.#clock.setTimer(due - this.#clock.elapsed(), () => {
      this.#dueAt = Infinity;
      this.#evaluating ??= this.#evaluate().finally(() => {
        this.#evaluating = null;
        this.#schedule(this.#intervalMs);
      });
    });
  }

  async #evaluate(): Promise<void> {
    const [now, startedAt] = [this.#clock.now(), this.#clock.elapsed()];
    try {
      const holds = await this.#source.evaluate(this.#alerts, new Date(now));
      this.#earliestEvaluation = startedAt + (this.#clock.elapsed() - startedAt) * restFactor;
      const changes = this.#alerts.flatMap((alert, i) => this.#nextState(alert, holds[i] === true, now, startedAt));
      if (changes.length === 0) return;
      await this.#source.save(changes);
      for (const change of changes) {
        this.#states.set(change.alert, change);
        this.#since.set(change.alert, startedAt);
        for (const listener of this.#listeners) listener(change);
      }
    } catch (error) {
      if (!this.#stopped)
        process.emitWarning(`the alerts were not evaluated: ${errorSummary(error)}`, "ShapelineAlertWarning");
    }
  }

  /** The change of an alert's state, or an empty list if it stays the same. */
  #nextState({ name, forMs }: WatchedAlert, holds: boolean, now: number, elapsed: number): StoredAlert[] {
    const before = this.#states.get(name);
    const state = before?.state ?? "resolved";
    const to = (next: AlertState): StoredAlert[] =>
      next === state ? [] : [{ alert: name, state: next, time: new Date(now) }];
    if (!holds) return to("resolved");
    if (state === "firing" || forMs === 0) return to("firing");
    if (before === undefined || state === "resolved") return to("pending");
    return elapsed - (this.#since.get(name) ?? elapsed) >= forMs ? to("firing") : [];
  }
}
