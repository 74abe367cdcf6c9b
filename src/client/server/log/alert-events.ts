import type { AlertChange } from "../../../../dsl/deployment.js";
import { readError } from "../../../api/errors.js";
import { eventStream } from "../../../api/routes.js";
import type { ApiConnection } from "../http.js";
import { textLines } from "./text-lines.js";

/** A year: an alert may stay silent for long. */
const timeoutMs = 365 * 86_400_000;

/**
 * Reads the state changes of alerts, until the pipeline is undeployed or the signal aborts.
 *
 * @throws the server's error; TargetError SL6055 when the connection ends before
 */
export async function* readAlerts(
  api: ApiConnection,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<AlertChange, void, undefined> {
  if (signal.aborted) return;
  try {
    const { chunks } = await api.stream({ path, accept: eventStream, timeoutMs, signal });
    let event = "";
    for await (const line of textLines(chunks)) {
      if (line.startsWith("event: ")) event = line.slice("event: ".length);
      if (!line.startsWith("data: ")) continue;
      if (event === "end") return;
      const data: unknown = JSON.parse(line.slice("data: ".length));
      if (event === "error") throw readError(data) ?? api.unexpected("it has an unknown error");
      const change = data as AlertChange;
      yield { ...change, time: new Date(change.time) };
    }
  } catch (error) {
    // As with `local()`, an aborted signal ends the iteration.
    if (signal.aborted) return;
    throw error;
  }
  throw api.unexpected("its end is missing");
}
