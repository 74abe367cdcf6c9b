import { TargetError } from "../../../dsl/errors.js";
import type { Engine, Inference } from "../../engine/engine.js";
import { idleQueue } from "../../engine/scheduling/idle-queue.js";
import type { ChallengerNote, LogBatch, LogQuery, PipelineLog, RowMeta } from "../../logs/pipeline-log.js";
import type { Store } from "../../logs/store.js";
import { PendingWork } from "../../util/pending-work.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import type { AlertWatchLease } from "./shared-alert-watch.js";
import type { LocalSettings } from "./options/local-options.js";

/** How long `logs()` waits for challengers under way, so that it shows what was just inferred. */
const LOG_WAIT_MS = 1000;

/** All that run. One listener writes out what is pending when the process has nothing left to do. */
const activeRunners = new Set<PipelineRunner>();
let listening = false;

function flushAll(): void {
  for (const runner of activeRunners) runner.flush();
}

/** An engine and its log: infers, logs, and lets challengers follow. It is what a deployment holds while it runs. */
export class PipelineRunner {
  readonly engine: Engine;
  /** null where the pipeline has no alerts. */
  readonly alerts: AlertWatchLease | null;
  readonly #store: Store;
  readonly #log: PipelineLog | null;
  readonly #settings: Pick<LocalSettings, "durability" | "concurrency">;
  readonly #label: string;
  readonly #backgroundWork = new Set<Promise<void>>();
  readonly #reads = new PendingWork();
  #activeRequests = 0;
  #onIdle = (): void => undefined;
  #unflushed = false;
  #closed: Promise<void> | undefined;

  constructor(
    engine: Engine,
    store: Store,
    log: PipelineLog | null,
    alerts: AlertWatchLease | null,
    settings: Pick<LocalSettings, "durability" | "concurrency">,
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

  /** What waits: requests begun, and runs of challengers. */
  get queue(): { readonly requests: number; readonly challengers: number } {
    return { requests: this.#activeRequests, challengers: this.engine.pendingChallengers };
  }

  /**
   * A request begins; `leave` is its end.
   *
   * @throws TargetError SL6013 when there are as many requests as may be
   */
  beginRequest(): void {
    const { concurrency } = this.#settings;
    if (this.#activeRequests >= concurrency) {
      throw new TargetError(
        "SL6013",
        `${this.#label} is busy: ${concurrency} requests are being answered; try again when one has its answer, send more rows in one request, or deploy with a higher local({ concurrency })`,
        { concurrency },
      );
    }
    this.#activeRequests++;
    idleQueue.requestStarted();
  }

  endRequest(): void {
    idleQueue.requestEnded();
    if (--this.#activeRequests === 0) this.#onIdle();
  }

  /** What is to be done before an answer goes out, and how it is followed. null: nothing is waited for. */
  logInference(inference: Inference): Promise<void> | null {
    const log = this.#log;
    if (log === null) {
      if (inference.deferred.length > 0) this.#startChallengers(inference, 0n);
      return null;
    }
    if (this.#settings.durability === "relaxed") return this.#logRelaxed(log, inference, log.whenRoom());
    this.#unflushed = true;
    const { batch, deadline } = inference;
    return deadline
      .whileLogging(this.#label, log.append(batch, rowMeta(inference)))
      .then(({ firstRow }) => this.#afterAppend(log, inference, firstRow));
  }

  /** Waits for room in the log, but no longer than the request may take. */
  #logRelaxed(log: PipelineLog, inference: Inference, room: Promise<void> | null): Promise<void> | null {
    if (room !== null)
      return inference.deadline
        .whileRunning(this.#label, room)
        .then(() => this.#logRelaxed(log, inference, log.whenRoom()) ?? undefined);
    this.#unflushed = true;
    this.#afterAppend(log, inference, log.appendRelaxed(inference.batch, rowMeta(inference)).firstRow);
    return null;
  }

  /** The rows are in the log's hands. */
  #afterAppend(log: PipelineLog, inference: Inference, firstRow: bigint): void {
    this.alerts?.watch.rowsLogged();
    for (const { name } of log.layout.challengers) {
      const outputs = inference.batch.challengers.get(name)?.outputs;
      if (outputs === undefined) continue;
      const note = inference.notes.get(name);
      this.#appendChallenger(name, firstRow, inference.batch.rows, note === undefined ? outputs : { note });
    }
    // After the caller has gone on with the answer.
    if (inference.deferred.length > 0) this.#startChallengers(inference, firstRow);
  }

  #startChallengers({ deferred, batch }: Inference, firstRow: bigint): void {
    this.#track(
      new Promise<void>((resolve) => idleQueue.enqueue(resolve)).then(async () => {
        await Promise.all(
          deferred.map(async (challenge) => {
            const startedAt = performance.now();
            const { outputs, note } = await this.engine.runChallenger(challenge);
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
    answer: ReadonlyMap<string, TensorData> | ChallengerNote,
    elapsedNs: number | null = null,
  ): void {
    if (this.#log === null) return;
    this.#unflushed = true;
    // A log that cannot be written tells the champion's rows; a challenger's must not bring the process down.
    this.#track(
      this.#log.appendChallenger(challenger, firstRow, rows, answer, elapsedNs).catch((error: unknown) => {
        process.emitWarning(
          `pipeline '${this.engine.config.name}': what challenger '${challenger}' gave is not logged: ${error instanceof Error ? error.message : String(error)}`,
          "ShapelineLogWarning",
        );
      }),
    );
  }

  #track(work: Promise<void>): void {
    this.#backgroundWork.add(work);
    void work.finally(() => this.#backgroundWork.delete(work));
  }

  /** The log's rows, those included that were answered before. Null where there is no log. */
  async read(query: LogQuery): Promise<LogBatch[] | null> {
    const log = this.#log;
    if (log === null) return null;
    return this.#reads.run(async () => {
      await this.whenLogged();
      return log.read(query);
    });
  }

  /** Waits, but not for long, until the log holds what was answered. */
  async whenLogged(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, LOG_WAIT_MS)));
    await Promise.race([this.#waitUntilLogged(), enough]);
    clearTimeout(timer);
  }

  /** What was under way when it was asked has ended, and is on disk. */
  async #waitUntilLogged(): Promise<void> {
    // A challenger's run leads to its log entry, hence twice.
    await Promise.allSettled(this.#backgroundWork);
    await this.#log?.flush();
    await Promise.allSettled(this.#backgroundWork);
  }

  /** Begins to write out what the log holds back, if anything. */
  flush(): void {
    if (!this.#unflushed) return;
    this.#unflushed = false;
    this.#log?.flush().catch((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)));
  }

  /** Ends what is under way, writes it out and gives models and folder back. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    activeRunners.delete(this);
    if (this.#activeRequests > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await this.#reads.settled();
    // What follows an answer has begun after this, and its run leads to a log entry, hence before the log is closed.
    idleQueue.flush();
    await new Promise(setImmediate);
    await this.engine.close();
    while (this.#backgroundWork.size > 0) await Promise.allSettled(this.#backgroundWork);
    await this.alerts?.release();
    await this.#log?.close();
    await this.#store.close();
  }
}

function rowMeta({ lastModel, elapsedNs, metadata }: Inference): RowMeta {
  return { lastModel, elapsed: elapsedNs, metadata: metadata.size === 0 ? null : Object.fromEntries(metadata) };
}
