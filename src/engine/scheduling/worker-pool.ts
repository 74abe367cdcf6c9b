import { availableParallelism } from "node:os";
import type { InferenceSession } from "onnxruntime-node";
import { TargetError } from "../../../dsl/errors.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import type { RunFeeds } from "../rows/feeds.js";
import { invalidModel, loadRuntime, runFailed } from "../session/onnx-runtime.js";
import type { ThreadWork } from "../session/trial.js";
import { workerFile } from "./worker-file.js";
import { WorkerHandle } from "./worker-handle.js";
import type { ModelPorts, WorkerRun } from "./worker-messages.js";

/** A worker whose result is overdue for this long is retired, and another one replaces it. */
const hungMs = 20_000;
/**
 * The same for a worker that runs only canceled jobs while others wait. Opening its models again takes about as long.
 */
const blockedMs = 100;
/** The most retired workers that still run: each occupies a core, so no further one is retired beyond these. */
const maxRetired = 3;

/** A model file that runs on the workers of a pool. */
export interface WorkerModel {
  readonly name: string;
  /** Of the file and of its session options: models of one key share a session. */
  readonly key: string;
  /** Empty while they are lent to a worker. */
  bytes: Uint8Array;
  readonly options: InferenceSession.SessionOptions;
  /** The file's name in messages. */
  readonly path: string;
  /**
   * Reads and checks the file again, if the bytes were lost with a worker. Null if `open` may not lend the bytes to
   * the worker, because others read them meanwhile.
   */
  readonly reread: (() => Promise<Uint8Array>) | null;
}

/** A model that a worker has open, or opens. */
interface OpenModel {
  readonly ports: Promise<ModelPorts>;
  /** True once it is open. */
  isOpen: boolean;
  readonly cancel: () => void;
}

let ownerIds = 0;

/** A new id for a deployment, to cancel its runs by. */
export function newOwnerId(): number {
  return ownerIds++;
}

/** Worker threads for one kind of work, started on demand. A worker opens a model when it first runs it. */
export class WorkerPool {
  readonly #size: number;
  readonly #start: () => WorkerHandle;
  readonly #workers: WorkerHandle[] = [];
  readonly #retired = new Set<WorkerHandle>();
  readonly #openModels = new WeakMap<WorkerHandle, Map<string, OpenModel>>();
  /** By key: how many deployments use the model. */
  readonly #references = new Map<string, number>();

  /**
   * @param size the most workers
   * @param start starts a worker
   */
  constructor(size: number, start: () => WorkerHandle) {
    this.#size = size;
    this.#start = start;
  }

  /** Starts a worker if there is none, so that it is ready when the first model is opened. */
  warmUp(): void {
    if (this.#workers.length === 0) this.#workers.push(this.#start());
  }

  /**
   * Keeps a model open on the workers that ran it, until `release`.
   *
   * @throws TargetError SL6000 if the worker's file does not exist
   */
  retain({ key }: WorkerModel): void {
    workerFile();
    this.#references.set(key, (this.#references.get(key) ?? 0) + 1);
  }

  release({ key }: WorkerModel): void {
    const references = (this.#references.get(key) ?? 1) - 1;
    if (references > 0) return void this.#references.set(key, references);
    this.#references.delete(key);
    for (const worker of this.#workers) {
      const open = this.#openModels.get(worker);
      if (open?.delete(key) === true && !worker.ended) worker.send({ kind: "close", key }).done.catch(() => undefined);
    }
  }

  /**
   * Opens a model on the worker with the fewest jobs. Loading runs parts of the model, so that it may take for ever.
   * The worker borrows the bytes where it may: until the promise settles, no one else may use them.
   *
   * @throws ModelError SL3023 if the runtime cannot load the model
   */
  open(model: WorkerModel): ThreadWork<ModelPorts> {
    let opening: { readonly worker: WorkerHandle; readonly cancel: () => void } | null = null;
    let canceled = false;
    const openOnce = async (): Promise<ModelPorts> => {
      await loadRuntime();
      for (;;) {
        if (model.reread !== null && model.bytes.length === 0) model.bytes = await model.reread();
        const worker = this.#leastLoaded(model.key);
        try {
          const { ports, cancel } = this.#open(worker, model, model.reread !== null);
          opening = { worker, cancel };
          this.#retireIfBlocked(worker);
          return await ports;
        } catch (error) {
          if (canceled || !this.#retired.has(worker)) throw error;
        }
      }
    };
    return {
      done: openOnce(),
      cancel: () => {
        canceled = true;
        opening?.cancel();
        if (opening !== null) this.#retireIfBlocked(opening.worker);
      },
    };
  }

  /**
   * Runs a model on the worker with the fewest jobs. If that one has to load the model first, the run waits on a worker
   * that has it, and moves once it is loaded: loading may take longer than the runs ahead.
   *
   * @param until time by `machineNow()`: a run that has not started by then is not started
   * @throws TargetError SL6002 with the model's name
   */
  run(
    model: WorkerModel,
    owner: number,
    feeds: RunFeeds,
    fetches: readonly string[],
    until: number,
  ): ThreadWork<WorkerRun> {
    let cancelSent = (): void => undefined;
    let canceled = false;
    const runOnce = async (): Promise<WorkerRun> => {
      for (;;) {
        const free = this.#leastLoaded(model.key);
        const opening = this.#open(free, model);
        const worker = opening.isOpen ? free : (this.#holderOf(model.key) ?? free);
        let started = (): boolean => false;
        let moved = false;
        try {
          this.#retireIfBlocked(worker);
          if (worker === free) await opening.ports;
          if (canceled) throw new TargetError("SL6002", "the run was canceled");
          const { key } = model;
          const sent = worker.send({ kind: "run", key, owner, until, feeds: compact(feeds), fetches });
          started = () => sent.started();
          this.#retireIfBlocked(worker);
          cancelSent = () => {
            sent.cancel();
            this.#retireIfBlocked(worker);
          };
          if (worker !== free) {
            const move = (): void => {
              moved = !canceled && !sent.started();
              if (moved) sent.cancel();
            };
            opening.ports.then(move, () => undefined);
          }
          return await sent.done;
        } catch (error) {
          // A run that had not started on a worker that was retired is sent to another one.
          if (canceled || (!moved && (started() || !this.#retired.has(worker)))) throw error;
        }
      }
    };
    const done = runOnce().catch((cause: unknown) => {
      throw runFailed(model.name, cause);
    });
    return {
      done,
      cancel: () => {
        canceled = true;
        cancelSent();
      },
    };
  }

  /** Cancels the runs of an owner that have not started. */
  cancelOwner(owner: number): void {
    for (const worker of this.#workers) worker.cancelOwner(owner);
  }

  #open(worker: WorkerHandle, model: WorkerModel, lent = false): OpenModel {
    const { name, key, bytes, path, options } = model;
    const open = this.#openModels.get(worker) ?? new Map<string, OpenModel>();
    this.#openModels.set(worker, open);
    let opening = open.get(key);
    if (opening === undefined) {
      const sent = worker.send({ kind: "open", key, bytes, lent, options });
      const ports = sent.done.then(
        (opened) => {
          if (opened.bytes !== null) model.bytes = opened.bytes;
          return opened;
        },
        (cause: unknown) => {
          open.delete(key);
          throw invalidModel(name, path, cause);
        },
      );
      const opened: OpenModel = { ports, isOpen: false, cancel: () => sent.cancel() };
      ports.then(
        () => (opened.isOpen = true),
        () => undefined,
      );
      opening = opened;
      open.set(key, opening);
    }
    return opening;
  }

  /** The worker with the fewest jobs of those that have the model open. */
  #holderOf(key: string): WorkerHandle | undefined {
    return this.#workers
      .filter((worker) => !worker.ended && this.#openModels.get(worker)?.get(key)?.isOpen === true)
      .reduce<WorkerHandle | undefined>(
        (least, worker) => (least === undefined || worker.load < least.load ? worker : least),
        undefined,
      );
  }

  /**
   * The worker with the fewest jobs, of equal ones one that has the model open; a new one if all are busy and the pool
   * is not full.
   */
  #leastLoaded(key: string): WorkerHandle {
    for (const [i, worker] of this.#workers.entries()) {
      if (!worker.ended && worker.silentMs > hungMs && this.#retired.size < maxRetired)
        this.#retire(worker, `a run on it has not ended in ${hungMs / 1000} s`);
      if (worker.ended) this.#workers.splice(i, 1, this.#start());
    }
    const isOpen = (worker: WorkerHandle): boolean => this.#openModels.get(worker)?.has(key) ?? false;
    let best = this.#workers.reduce<WorkerHandle | undefined>((least, worker) => {
      if (least === undefined || worker.load < least.load) return worker;
      return worker.load === least.load && isOpen(worker) && !isOpen(least) ? worker : least;
    }, undefined);
    if (best === undefined || (best.load > 0 && this.#workers.length < this.#size)) {
      best = this.#start();
      this.#workers.push(best);
    }
    return best;
  }

  /** Retires a worker that runs only canceled jobs while others wait, if that is still so after `blockedMs`. */
  #retireIfBlocked(worker: WorkerHandle): void {
    if (worker.blockedMs === null) return;
    setTimeout(() => {
      if (!worker.ended && (worker.blockedMs ?? 0) >= blockedMs && this.#retired.size < maxRetired)
        this.#retire(worker, "it was still running a canceled request");
    }, blockedMs + 1).unref();
  }

  #retire(worker: WorkerHandle, why: string): void {
    this.#retired.add(worker);
    worker.onceExited(() => this.#retired.delete(worker));
    worker.retire(why);
  }
}

/** Challengers share one worker, so that together they never use more than one core. */
export const challengerWorkers = new WorkerPool(1, () => new WorkerHandle("shapeline-challengers", 16, true));

/** Challengers that an answer waits for share another worker. */
export const awaitedWorkers = new WorkerPool(1, () => new WorkerHandle("shapeline-awaited-challengers", 16));

/** Large batches of champions. One core stays free for the event loop. */
export const championWorkers = new WorkerPool(
  Math.min(4, Math.max(1, availableParallelism() - 1)),
  () => new WorkerHandle("shapeline-batches", 1),
);

/** Copies views of larger buffers: posting a view would copy its whole buffer. */
function compact(feeds: RunFeeds): Record<string, TensorData> {
  const out: Record<string, TensorData> = {};
  for (const [name, tensor] of Object.entries(feeds)) {
    const { data } = tensor;
    out[name] =
      ArrayBuffer.isView(data) && data.byteLength < data.buffer.byteLength ? { ...tensor, data: data.slice() } : tensor;
  }
  return out;
}
