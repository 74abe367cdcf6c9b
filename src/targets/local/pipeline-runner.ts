import type { Engine, Inference } from "../../engine/engine.js";
import { isQueueNote } from "../../engine/scheduling/challenger-queue.js";
import { idleQueue } from "../../engine/scheduling/idle-queue.js";
import type { ChallengerNote, LogBatch, LogLayout, LogQuery, PipelineLog, RowMeta } from "../../logs/pipeline-log.js";
import type { Store } from "../../logs/store.js";
import { PendingWork } from "../../util/pending-work.js";
import type { RowsTensor } from "../../tensors/tensor-data.js";
import type { AlertWatchLease } from "./alerts/shared-alert-watch.js";
import type { LocalSettings } from "./options/local-options.js";

/** How long `logs()` waits for running challengers, so that it includes the latest answers. */
const logWaitMs = 1000;

/** One `beforeExit` listener flushes the pending rows of all active runners. */
const activeRunners = new Set<PipelineRunner>();
let listening = false;

function flushAll(): void {
  for (const runner of activeRunners) runner.flush();
}

/** Runs one version of a pipeline: infers with its engine, appends to its log, then runs the challengers. */
export class PipelineRunner {
  readonly engine: Engine;
  /** null if the pipeline has no alerts. */
  readonly alerts: AlertWatchLease | null;
  readonly #store: Store;
  readonly #log: PipelineLog | null;
  readonly #settings: Pick<LocalSettings, "durability" | "observer">;
  readonly #label: string;
  readonly #backgroundWork = new Set<Promise<void>>();
  readonly #reads = new PendingWork();
  #activeRequests = 0;
  #lastChallengerError: unknown = null;
  #onIdle = (): void => undefined;
  #unflushed = false;
  #closed: Promise<void> | undefined;

  constructor(
    engine: Engine,
    store: Store,
    log: PipelineLog | null,
    alerts: AlertWatchLease | null,
    settings: Pick<LocalSettings, "durability" | "observer">,
  ) {
    this.engine = engine;
    this.alerts = alerts;
    this.#store = store;
    this.#log = log;
    this.#settings = settings;
    this.#label = `pipeline '${engine.config.name}'`;
    activeRunners.add(this);
    if (!listening) process.on("beforeExit", flushAll);
    listening = true;
  }

  /** Why nothing is logged any more; null if rows are logged, or if there is no log. */
  get logProblem(): string | null {
    return this.#log === null ? null : (this.#store.problem()?.message ?? null);
  }

  /** Every call must be paired with `endRequest`. */
  beginRequest(): void {
    this.#activeRequests++;
    idleQueue.requestStarted();
  }

  endRequest(): void {
    idleQueue.requestEnded();
    if (--this.#activeRequests === 0) this.#onIdle();
  }

  /**
   * Appends the rows to the log and starts the challengers. The answer waits for the promise; null if it need not wait.
   */
  logInference(inference: Inference): Promise<void> | null {
    const log = this.#log;
    if (log === null) {
      if (inference.deferred.length > 0) this.#startChallengers(inference, 0n);
      return null;
    }
    if (this.#settings.durability === "relaxed")
      return this.#logRelaxed(log, inference, log.whenRoom(inference.batch.rows));
    this.#unflushed = true;
    const { batch, deadline } = inference;
    const startedAt = performance.now();
    return deadline.whileLogging(this.#label, log.append(batch, rowMeta(inference))).then(({ firstRow }) => {
      this.#settings.observer?.logged(this.engine.config.name, performance.now() - startedAt);
      this.#afterAppend(log, inference, firstRow);
    });
  }

  /** Waits for room in the log buffer, at most until the request's deadline. */
  #logRelaxed(log: PipelineLog, inference: Inference, room: Promise<void> | null): Promise<void> | null {
    if (room !== null)
      return inference.deadline
        .whileRunning(this.#label, room)
        .then(() => this.#logRelaxed(log, inference, log.whenRoom(inference.batch.rows)) ?? undefined);
    this.#unflushed = true;
    this.#afterAppend(log, inference, log.appendRelaxed(inference.batch, rowMeta(inference)).firstRow);
    return null;
  }

  /** Called once the log has accepted the rows. */
  #afterAppend(log: PipelineLog, inference: Inference, firstRow: bigint): void {
    this.alerts?.watch.rowsLogged();
    for (const { name } of log.layout.challengers) {
      const outputs = inference.batch.challengers.get(name)?.outputs;
      if (outputs === undefined) continue;
      const note = inference.notes.get(name);
      this.#appendChallenger(name, firstRow, inference.batch.rows, note === undefined ? outputs : { note });
    }
    // Runs after the caller has received the answer.
    if (inference.deferred.length > 0) this.#startChallengers(inference, firstRow);
  }

  #startChallengers({ deferred, batch }: Inference, firstRow: bigint): void {
    const { observer } = this.#settings;
    const answeredAt = performance.now();
    this.#track(
      new Promise<void>((resolve) => idleQueue.enqueue(resolve)).then(async () => {
        await Promise.all(
          deferred.map(async (challenge) => {
            const startedAt = performance.now();
            const { outputs, note } = await this.engine.runChallenger(challenge);
            observer?.challengerEnded(this.engine.config.name, challenge.challenger, performance.now() - answeredAt);
            this.#appendChallenger(
              challenge.challenger,
              firstRow,
              batch.rows,
              outputs ?? { note },
              outputs === null ? null : (performance.now() - startedAt) * 1e6,
            );
          }),
        );
      }),
    );
  }

  #appendChallenger(
    challenger: string,
    firstRow: bigint,
    rows: number,
    answer: ReadonlyMap<string, RowsTensor> | ChallengerNote,
    elapsedNs: number | null = null,
  ): void {
    const log = this.#log;
    if (log === null) return;
    this.#unflushed = true;
    const logged =
      "note" in answer && typeof answer.note === "string" ? { note: loggedNote(answer.note, log.layout) } : answer;
    // A failed append of the champion's rows rejects the request; one of a challenger's must not end the process.
    // It is not tracked: rows that cannot be written for now wait in the log, which a flush or close settles.
    log.appendChallenger(challenger, firstRow, rows, logged, elapsedNs).catch((error: unknown) => {
      // Answers that are written together fail together.
      if (error === this.#lastChallengerError) return;
      this.#lastChallengerError = error;
      process.emitWarning(
        `pipeline '${this.engine.config.name}': the answer of challenger '${challenger}' was not logged: ${error instanceof Error ? error.message : String(error)}`,
        "ShapelineLogWarning",
      );
    });
  }

  #track(work: Promise<void>): void {
    this.#backgroundWork.add(work);
    void work.finally(() => this.#backgroundWork.delete(work));
  }

  /** Reads the log, including all rows answered so far. Resolves to null without a log. */
  async read(query: LogQuery): Promise<LogBatch[] | null> {
    const log = this.#log;
    if (log === null) return null;
    return this.#reads.run(async () => {
      await this.whenLogged();
      return log.read(query);
    });
  }

  /** Waits until the log holds all answered rows, at most `logWaitMs`. */
  async whenLogged(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, logWaitMs)));
    await Promise.race([this.#waitUntilLogged(), timeout]);
    clearTimeout(timer);
  }

  async #waitUntilLogged(): Promise<void> {
    // A challenger run adds its own log entry as new background work, so wait twice.
    await Promise.allSettled(this.#backgroundWork);
    await this.#log?.flush();
    await Promise.allSettled(this.#backgroundWork);
  }

  /** Starts a flush of buffered rows, if any. */
  flush(): void {
    if (!this.#unflushed) return;
    this.#unflushed = false;
    this.#log?.flush().catch((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)));
  }

  /** Waits for pending work, flushes the log, and releases the models and the data folder. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    activeRunners.delete(this);
    if (this.#activeRequests > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await this.#reads.settled();
    // Starts the queued challenger runs: they must finish and append before the log closes.
    idleQueue.flush();
    await new Promise(setImmediate);
    await this.engine.close();
    while (this.#backgroundWork.size > 0) await Promise.allSettled(this.#backgroundWork);
    await this.alerts?.release();
    await this.#log?.close();
    await this.#store.close();
  }
}

/** The note as it may be logged: the message of an error may quote a value that the log leaves out. */
function loggedNote(note: string, { withheld }: LogLayout): string {
  if (withheld === undefined || isQueueNote(note)) return note;
  if (withheld.excluded.length === 0 && withheld.redacted.length === 0) return note;
  return "it failed; its error message is not logged, because it may quote a value that 'log.exclude' or 'log.redact' leaves out";
}

function rowMeta({ lastModel, elapsedNs, metadata }: Inference): RowMeta {
  return { lastModel, elapsed: elapsedNs, metadata: metadata.size === 0 ? null : Object.fromEntries(metadata) };
}
