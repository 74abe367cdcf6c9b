import { availableParallelism } from "node:os";
import type { InferenceSession } from "onnxruntime-node";
import { TargetError } from "../../../dsl/errors.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import { ModelWorker } from "./worker.js";
import type { Feeds } from "../session/model-runner.js";
import { loadRuntime, invalidModel, runFailed, sessionOptions } from "../session/onnx-runtime.js";

/** A thread that owes an answer for this long is given up; another takes its place. */
const HUNG_MS = 20_000;
/** The same of a thread that runs what nobody waits for any more, while others wait for it: opening its models anew costs about as long. */
const HELD_UP_MS = 100;
/** Threads given up that still run: beyond these none is given up, for each holds a core. */
const MOST_GIVEN_UP = 3;

/** A model file that runs on the threads of a pool. */
export interface WorkerModel {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: Uint8Array;
  /** How messages call the file. */
  readonly path: string;
}

interface WorkerRun {
  readonly outputs: TensorData[];
  /** Milliseconds of the run alone. */
  readonly ms: number;
}

type Ports = Pick<InferenceSession, "inputMetadata" | "outputMetadata">;
interface Opened {
  readonly inputs: Ports["inputMetadata"];
  readonly outputs: Ports["outputMetadata"];
}

let owners = 0;

/** A number that no other owner has. */
export function newOwnerId(): number {
  return owners++;
}

/** Threads for one kind of work, made when they are needed. A model is opened on a thread when it first runs there. */
export class WorkerPool {
  readonly #size: number;
  readonly #make: () => ModelWorker;
  readonly #threads: ModelWorker[] = [];
  readonly #givenUp = new Set<ModelWorker>();
  readonly #opened = new WeakMap<ModelWorker, Map<string, Promise<Opened>>>();
  readonly #holds = new Map<string, number>();

  /**
   * @param size the most threads
   * @param make makes one
   */
  constructor(size: number, make: () => ModelWorker) {
    this.#size = size;
    this.#make = make;
  }

  /** Keeps a model open from its first run on; to be given back with `release`. */
  hold({ sha256 }: WorkerModel): void {
    this.#holds.set(sha256, (this.#holds.get(sha256) ?? 0) + 1);
  }

  release({ sha256 }: WorkerModel): void {
    const left = (this.#holds.get(sha256) ?? 1) - 1;
    if (left > 0) return void this.#holds.set(sha256, left);
    this.#holds.delete(sha256);
    for (const thread of this.#threads) {
      const opened = this.#opened.get(thread);
      if (opened?.delete(sha256) === true && !thread.ended)
        thread.send({ kind: "close", sha256 }).done.catch(() => undefined);
    }
  }

  /** @throws ModelError SL3023 when the bytes are no whole ONNX model */
  async open(model: WorkerModel): Promise<Opened> {
    await loadRuntime();
    return this.#open(this.#thread(), model);
  }

  /**
   * Runs a model on the thread with the fewest jobs.
   *
   * @param until by `Date.now()`: a run that has not begun by then is not begun
   * @throws TargetError SL6002 with the model's name
   */
  run(
    model: WorkerModel,
    owner: number,
    feeds: Feeds,
    fetches: readonly string[],
    until: number,
  ): { readonly done: Promise<WorkerRun>; readonly forget: () => void } {
    let forget = (): void => undefined;
    let forgotten = false;
    const go = async (): Promise<WorkerRun> => {
      for (;;) {
        const thread = this.#thread();
        let begun = (): boolean => false;
        try {
          const opening = this.#open(thread, model);
          this.#relieve(thread);
          await opening;
          if (forgotten) throw new TargetError("SL6002", "it was taken back");
          const sent = thread.send({ kind: "run", sha256: model.sha256, owner, until, feeds: compact(feeds), fetches });
          begun = () => sent.begun();
          this.#relieve(thread);
          forget = () => {
            sent.forget();
            this.#relieve(thread);
          };
          return (await sent.done) as WorkerRun;
        } catch (error) {
          // What had not begun on a thread that was given up goes to another one.
          if (forgotten || begun() || !this.#givenUp.has(thread)) throw error;
        }
      }
    };
    const done = go().catch((cause: unknown) => {
      throw runFailed(model.name, cause);
    });
    return {
      done,
      forget: () => {
        forgotten = true;
        forget();
      },
    };
  }

  /** What an owner has not seen begun will not be run. */
  drop(owner: number): void {
    for (const thread of this.#threads) thread.drop(owner);
  }

  #open(thread: ModelWorker, { name, sha256, bytes, path }: WorkerModel): Promise<Opened> {
    const opened = this.#opened.get(thread) ?? new Map<string, Promise<Opened>>();
    this.#opened.set(thread, opened);
    let opening = opened.get(sha256);
    if (opening === undefined) {
      opening = thread.send({ kind: "open", sha256, bytes, options: sessionOptions }).done.catch((cause: unknown) => {
        opened.delete(sha256);
        throw invalidModel(name, path, cause);
      }) as Promise<Opened>;
      opened.set(sha256, opening);
    }
    return opening;
  }

  #thread(): ModelWorker {
    for (const [i, thread] of this.#threads.entries()) {
      if (!thread.ended && thread.silentMs > HUNG_MS && this.#givenUp.size < MOST_GIVEN_UP) this.#giveUp(thread);
      if (thread.ended) this.#threads.splice(i, 1, this.#make());
    }
    let best = this.#threads.reduce<ModelWorker | undefined>(
      (least, thread) => (least === undefined || thread.load < least.load ? thread : least),
      undefined,
    );
    if (best === undefined || (best.load > 0 && this.#threads.length < this.#size)) {
      best = this.#make();
      this.#threads.push(best);
    }
    return best;
  }

  /** Gives a thread up soon, if it is then still held up by what nobody waits for. */
  #relieve(thread: ModelWorker): void {
    if (thread.heldUpMs === null) return;
    setTimeout(() => {
      if (!thread.ended && (thread.heldUpMs ?? 0) >= HELD_UP_MS && this.#givenUp.size < MOST_GIVEN_UP)
        this.#giveUp(thread, "it still ran what its request no longer waited for");
    }, HELD_UP_MS + 1).unref();
  }

  #giveUp(thread: ModelWorker, why = `a run on it has not ended in ${HUNG_MS / 1000} s`): void {
    this.#givenUp.add(thread);
    thread.whenGone(() => this.#givenUp.delete(thread));
    thread.retire(why);
  }
}

/** Challengers share one thread, so that they never hold more than one core. */
export const challengerWorkers = new WorkerPool(1, () => new ModelWorker("shapeline-challengers", 16, true));

/** Those that an answer waits for share another one. */
export const awaitedWorkers = new WorkerPool(1, () => new ModelWorker("shapeline-awaited-challengers", 16));

/** Big batches of champions: a core stays for the event loop. */
export const championWorkers = new WorkerPool(
  Math.min(4, Math.max(1, availableParallelism() - 1)),
  () => new ModelWorker("shapeline-batches", 1),
);

/** A view of a larger buffer would take the whole buffer along. */
function compact(feeds: Feeds): Record<string, TensorData> {
  const out: Record<string, TensorData> = {};
  for (const [name, tensor] of Object.entries(feeds)) {
    const { data } = tensor;
    out[name] =
      ArrayBuffer.isView(data) && data.byteLength < data.buffer.byteLength ? { ...tensor, data: data.slice() } : tensor;
  }
  return out;
}
