import type { Config } from "../../config/schema.js";
import type { LocalDeploymentImpl } from "../../targets/local/local-deployment.js";
import type { ServedAnswer, ServedModel } from "./served-model.js";

/** A deployed pipeline. A request runs on the version that its handle has when the request starts. */
export class ServedPipeline implements ServedModel {
  readonly kind = "pipeline";
  readonly name: string;
  readonly live: LocalDeploymentImpl;

  constructor(live: LocalDeploymentImpl) {
    this.name = live.name;
    this.live = live;
  }

  get version(): string {
    return this.live.current.version;
  }

  get config(): Config {
    return this.live.current.config;
  }

  infer(input: unknown, options: Parameters<ServedModel["infer"]>[1]): Promise<ServedAnswer> {
    return this.live.inferBatch(input, options);
  }

  start(): Promise<void> {
    return this.live.start();
  }

  close(): Promise<void> {
    return this.live.close();
  }
}
