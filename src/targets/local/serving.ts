import type { InferOptions } from "../../../dsl/deployment.js";
import type { Engine, Inference } from "../../engine/engine.js";
import type { ChallengerNote, LogBatch, LogQuery, PipelineLog } from "../../logs/pipeline-log.js";
import type { Store } from "../../logs/store.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import type { LocalOptions } from "./options.js";

type Durability = NonNullable<LocalOptions["durability"]>;

/** How long `logs()` waits for challengers under way, so that it shows what was just inferred. */
const CHALLENGERS_WAIT_MS = 1000;

/** All that run. One listener writes out what is pending when the process has nothing left to do. */
const running = new Set<Serving>();
let listening = false;

function writeOutAtEnd(): void {
  for (const serving of running) serving.writeOut();
}

/** An engine and its log: infers, logs, and lets challengers follow. It is what a deployment holds while it runs. */
export class Serving {
  readonly engine: Engine;
  readonly #store: Store;
  readonly #log: PipelineLog | null;
  readonly #durability: Durability;
  readonly #requests = new Set<Promise<Inference>>();
  readonly #following = new Set<Promise<void>>();
  #unflushed = false;

  constructor(engine: Engine, store: Store, log: PipelineLog | null, durability: Durability) {
    this.engine = engine;
    this.#store = store;
    this.#log = log;
    this.#durability = durability;
    running.add(this);
    if (!listening) process.on("beforeExit", writeOutAtEnd);
    listening = true;
  }

  async infer(input: unknown, options: InferOptions): Promise<Inference> {
    const request = this.#infer(input, options);
    this.#requests.add(request);
    try {
      return await request;
    } finally {
      this.#requests.delete(request);
    }
  }

  async #infer(input: unknown, options: InferOptions): Promise<Inference> {
    const inference = await this.engine.infer(input, options);
    const firstRow = await this.#logged(inference);
    for (const { name } of this.#log?.layout.challengers ?? []) {
      const outputs = inference.batch.challengers.get(name)?.outputs;
      if (outputs === undefined) continue;
      const note = inference.notes.get(name);
      this.#append(name, firstRow, inference.batch.rows, note === undefined ? outputs : { note });
    }
    // After the caller has gone on with the answer.
    if (inference.later.length > 0) this.#follow(inference, firstRow);
    return inference;
  }

  async #logged({ batch, metadata, lastModel, elapsed, clock }: Inference): Promise<bigint> {
    if (this.#log === null) return 0n;
    const meta = { lastModel, elapsed, metadata: metadata.size === 0 ? null : Object.fromEntries(metadata) };
    this.#unflushed = true;
    if (this.#durability === "relaxed") return this.#log.appendRelaxed(batch, meta).firstRow;
    const { firstRow } = await clock.whileLogging(`pipeline '${this.engine.config.name}'`, this.#log.append(batch, meta));
    return firstRow;
  }

  #follow({ later, batch }: Inference, firstRow: bigint): void {
    this.#track(
      new Promise((resolve) => setImmediate(resolve)).then(async () => {
        await Promise.all(
          later.map(async (challenge) => {
            const begun = performance.now();
            const { outputs, note } = await this.engine.challenge(challenge);
            this.#append(challenge.challenger, firstRow, batch.rows, outputs ?? { note }, outputs === null ? null : (performance.now() - begun) * 1e6);
          }),
        );
      }),
    );
  }

  #append(challenger: string, firstRow: bigint, rows: number, answer: ReadonlyMap<string, TensorData> | ChallengerNote, took: number | null = null): void {
    if (this.#log === null) return;
    this.#unflushed = true;
    // A log that cannot be written tells the champion's rows; a challenger's must not bring the process down.
    this.#track(
      this.#log.appendChallenger(challenger, firstRow, rows, answer, took).catch((error: unknown) => {
        process.emitWarning(`pipeline '${this.engine.config.name}': what challenger '${challenger}' gave is not logged: ${error instanceof Error ? error.message : String(error)}`, "ShapelineLogWarning");
      }),
    );
  }

  #track(work: Promise<void>): void {
    this.#following.add(work);
    void work.finally(() => this.#following.delete(work));
  }

  /** The log's rows, those included that were answered before. Null where there is no log. */
  async read(query: LogQuery): Promise<LogBatch[] | null> {
    if (this.#log === null) return null;
    await this.settled();
    return this.#log.read(query);
  }

  /** Waits, but not for long, until the log holds what was answered. */
  async settled(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, CHALLENGERS_WAIT_MS)));
    await Promise.race([this.#settled(), enough]);
    clearTimeout(timer);
  }

  /** What was under way when it was asked has ended, and is on disk. */
  async #settled(): Promise<void> {
    // A challenger's run leads to its log entry, hence twice.
    await Promise.allSettled(this.#following);
    await this.#log?.flush();
    await Promise.allSettled(this.#following);
  }

  /** Begins to write out what the log holds back, if anything. */
  writeOut(): void {
    if (!this.#unflushed) return;
    this.#unflushed = false;
    this.#log?.flush().catch((error: unknown) => process.emitWarning(error instanceof Error ? error : String(error)));
  }

  /** Ends what is under way, writes it out and gives models and folder back. */
  async close(): Promise<void> {
    running.delete(this);
    while (this.#requests.size > 0 || this.#following.size > 0) await Promise.allSettled([...this.#requests, ...this.#following]);
    await this.#log?.close();
    await this.engine.close();
    await this.#store.close();
  }
}
