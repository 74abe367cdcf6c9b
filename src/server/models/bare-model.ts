import { createHash } from "node:crypto";
import type { InferOptions } from "../../../dsl/deployment.js";
import type { Config } from "../../config/schema.js";
import { type Engine, openEngine } from "../../engine/engine.js";
import { readModelFiles } from "../../engine/session/model-files.js";
import type { LocalSettings } from "../../targets/local/options/local-options.js";
import { tooManyRequests } from "../../engine/scheduling/too-many-requests.js";
import type { ServedAnswer, ServedModel } from "./served-model.js";

/** A model file that is served without a pipeline. Its rows are not logged. */
export class BareModel implements ServedModel {
  readonly kind = "model";
  readonly name: string;
  readonly version: string;
  readonly config: Config;
  readonly #files: ReadonlyMap<string, string>;
  readonly #settings: LocalSettings;
  #engine: Promise<Engine> | null = null;
  #opened: Engine | null = null;
  #inFlight = 0;

  /**
   * @param config the pipeline that consists of this model
   * @param files the paths of model files by digest
   */
  constructor(config: Config, files: ReadonlyMap<string, string>, settings: LocalSettings) {
    this.name = config.name;
    this.config = config;
    this.version = createHash("sha256").update(config.hash).digest("hex").slice(0, 12);
    this.#files = files;
    this.#settings = settings;
  }

  async infer(input: unknown, options: InferOptions): Promise<ServedAnswer> {
    const { concurrency, observer } = this.#settings;
    const startedAt = performance.now();
    this.#inFlight++;
    try {
      if (this.#inFlight > concurrency)
        throw tooManyRequests(`model '${this.name}'`, concurrency, "or send more rows per request");
      const engine = this.#opened ?? (await this.#open());
      const inference = await engine.infer(input, options);
      observer?.answered(this.config, inference, performance.now() - startedAt);
      return { batch: inference.batch, config: this.config, version: this.version };
    } catch (error) {
      observer?.failed(this.name, error, performance.now() - startedAt);
      throw error;
    } finally {
      this.#inFlight--;
    }
  }

  async start(): Promise<void> {
    await this.#open();
  }

  /** Loads the model at the first request; a failed attempt is repeated at the next one. */
  #open(): Promise<Engine> {
    return (this.#engine ??= readModelFiles(this.#files, this.config.models)
      .then((files) => openEngine(this.config, files, this.#settings))
      .then((engine) => (this.#opened = engine))
      .catch((error: unknown) => {
        this.#engine = null;
        throw error;
      }));
  }

  async close(): Promise<void> {
    const engine = await this.#engine?.catch(() => null);
    await engine?.close();
  }
}
