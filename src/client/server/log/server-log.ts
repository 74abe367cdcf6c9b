import type {
  AlertChange,
  AlertsOptions,
  AnyInferRecord,
  ArrowTable,
  ExportedLogs,
  ExportOptions,
  LogBatchesOptions,
  LogRows,
  LogsOptions,
} from "../../../../dsl/deployment.js";
import { arrowStream, pipelinePath } from "../../../api/routes.js";
import { requireKnownOptions } from "../../../util/options/known-options.js";
import { readAlerts } from "./alert-events.js";
import type { ApiConnection } from "../http.js";
import { readLogLines } from "./log-rows.js";
import { nodeFiles } from "../files/load-node-files.js";

// What a deployment logged. Loaded by the first call that reads it: most apps only infer.

/** Of `logs()` without `limit`. */
const defaultLimit = 100;

/** `logs()` of a deployment. */
export async function readLogs(
  api: ApiConnection,
  name: string,
  { arrow: isArrow, ...rest }: LogsOptions,
): Promise<ArrowTable | LogRows<AnyInferRecord>> {
  const query = { ...rest, limit: rest.limit ?? defaultLimit };
  const path = pipelinePath(name, "logs");
  if (isArrow !== true) return readLogLines(api, { path, query });
  const bytes = await api.bytes({ path, query, accept: arrowStream });
  return (await import("../arrow-tables.js")).readTable(bytes);
}

/** `logBatches()` of a deployment. */
export async function* readLogBatches(
  api: ApiConnection,
  name: string,
  { signal: _, ...rest }: LogBatchesOptions,
  signal: AbortSignal,
): AsyncGenerator<ArrowTable, void, undefined> {
  const query = { ...rest, limit: rest.limit ?? "all" };
  const { chunks } = await api.stream({ path: pipelinePath(name, "logs"), query, accept: arrowStream, signal });
  const { readTables } = await import("../arrow-tables.js");
  yield* readTables(chunks);
}

/** `exportLogs()` of a deployment. */
export async function exportLogs(api: ApiConnection, name: string, options: ExportOptions): Promise<ExportedLogs> {
  const { writeExport } = await nodeFiles("exportLogs()", "read the rows with logBatches()");
  return writeExport(api, pipelinePath(name, "export"), options);
}

/** `alerts()` of a deployment. */
export async function* readAlertChanges(
  api: ApiConnection,
  name: string,
  options: AlertsOptions,
  signal: AbortSignal,
): AsyncGenerator<AlertChange, void, undefined> {
  requireKnownOptions("alerts()", options, ["signal"]);
  yield* readAlerts(api, pipelinePath(name, "alerts"), signal);
}
