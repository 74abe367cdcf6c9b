import type { LocalTargetImpl } from "../../targets/local/local-target.js";
import { ServedPipeline } from "./served-pipeline.js";

/** Models of more versions do not stay in memory. */
const mostOpen = 8;

/** Versions of pipelines that requests name and that are not deployed now. Those used last stay open. */
export class EarlierVersions {
  readonly #target: LocalTargetImpl;
  /** By pipeline and version; the one used longest ago first. */
  readonly #open = new Map<string, { readonly name: string; readonly served: Promise<ServedPipeline> }>();
  readonly #closing = new Set<Promise<void>>();

  constructor(target: LocalTargetImpl) {
    this.#target = target;
  }

  /** @throws TargetError SL6007, SL6012 */
  async open(name: string, version: string): Promise<ServedPipeline> {
    const key = JSON.stringify([name, version]);
    const entry = this.#open.get(key) ?? {
      name,
      served: this.#target.pipeline(name, { version }).then((live) => new ServedPipeline(live)),
    };
    this.#open.delete(key);
    this.#open.set(key, entry);
    try {
      const served = await entry.served;
      this.#closeOldest();
      return served;
    } catch (error) {
      if (this.#open.get(key) === entry) this.#open.delete(key);
      throw error;
    }
  }

  /** Does not wait: a version closes when its last request has ended. */
  #closeOldest(): void {
    for (const key of this.#open.keys()) {
      if (this.#open.size <= mostOpen) return;
      const closing = this.#close(key).catch((error: unknown) =>
        process.emitWarning(error instanceof Error ? error : String(error)),
      );
      this.#closing.add(closing);
      void closing.then(() => this.#closing.delete(closing));
    }
  }

  async #close(key: string): Promise<void> {
    const entry = this.#open.get(key);
    this.#open.delete(key);
    const served = await entry?.served.catch(() => null);
    await served?.close();
  }

  /** Closes the versions of a pipeline that is no longer served. */
  async closePipeline(name: string): Promise<void> {
    for (const [key, entry] of this.#open) if (entry.name === name) await this.#close(key);
  }

  async close(): Promise<void> {
    for (const key of [...this.#open.keys()]) await this.#close(key);
    await Promise.all(this.#closing);
  }
}
