import { TargetError } from "../../../../dsl/errors.js";
import { CallDeadline } from "../../../client/http/call-deadline.js";
import { pause } from "../connection/retry.js";

const everyMs = 1000;

/** How long to wait, and who is told. */
export interface WaitOptions {
  /** Milliseconds to wait for the state. */
  readonly timeoutMs?: number;
  /** Ends the waiting, not the work of the platform. */
  readonly signal?: AbortSignal;
  /** Called with the platform's word for each state that was read, and the milliseconds since the beginning. */
  readonly onProgress?: (progress: { readonly status: string; readonly elapsedMs: number }) => void;
}

/**
 * Asks once a second until `ask` says that the state is reached.
 *
 * @param ask `done`, and the platform's word for what it does; throws when the state can no longer be reached
 * @throws TargetError SL6004 at the end of the time, SL6005 when the signal aborts
 */
export async function waitUntil(
  where: string,
  ask: (call: { readonly signal: AbortSignal }) => Promise<{ readonly done: boolean; readonly status: string }>,
  late: (status: string, seconds: number) => string,
  { timeoutMs, signal, onProgress }: WaitOptions & { readonly timeoutMs: number },
): Promise<void> {
  const deadline = new CallDeadline(timeoutMs, signal);
  const began = performance.now();
  let last = "not asked yet";
  try {
    for (;;) {
      const { done, status } = await deadline.during(where, ask(deadline), (error) => error as TargetError);
      last = status;
      onProgress?.({ status, elapsedMs: Math.round(performance.now() - began) });
      if (done) return;
      await pause(everyMs, where, deadline);
    }
  } catch (error) {
    if (!(error instanceof TargetError) || error.code !== "SL6004") throw error;
    throw new TargetError("SL6004", `${where}: ${late(last, timeoutMs / 1000)}`, error.details, { cause: error });
  } finally {
    deadline.end();
  }
}
