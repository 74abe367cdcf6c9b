import type * as Client from "prom-client";
import { optionalPackage } from "../../util/process/require-package.js";

export type PrometheusClient = typeof Client;

/** The optional package `prom-client`; null if it is not installed. */
export function loadPrometheusClient(): PrometheusClient | null {
  return optionalPackage("prom-client") as PrometheusClient | null;
}

let shared: Client.Registry | null = null;

/** Memory, CPU, handles, garbage collection and event-loop delay: of the process, so that all servers share them. */
export function processMetrics(client: PrometheusClient): Client.Registry {
  if (shared !== null) return shared;
  shared = new client.Registry();
  client.collectDefaultMetrics({ register: shared });
  return shared;
}
