import type { FastifyInstance } from "fastify";
import type { LongReads } from "./api/long-reads.js";
import type { ModelHost } from "./models/model-host.js";
import type { LocalCommands } from "./local-commands.js";
import type { ServerMetrics } from "./metrics/server-metrics.js";
import type { ServerSettings } from "./options.js";

/** What all routes share. */
export interface ServerContext {
  readonly settings: ServerSettings;
  readonly host: ModelHost;
  /** How commands of the same user reach the server. */
  readonly localCommands: LocalCommands;
  /** Exports and reports of all clients. */
  readonly longReads: LongReads;
  /** Null without the package `prom-client`. */
  readonly metrics: ServerMetrics | null;
  /** False while pipelines load, and from the moment the server shuts down. */
  readonly isReady: () => boolean;
}

/** Adds one subject's routes. */
export type RegisterRoutes = (app: FastifyInstance, context: ServerContext) => void;
