import { TargetError } from "../../../../dsl/errors.js";
import type { CallDeadline } from "../../../client/http/call-deadline.js";

/**
 * Whether a request may be sent again. `harmless`: it reads, or sets what it would set again. `once`: it creates or
 * infers something; it is repeated only where the platform cannot have begun with it.
 */
export type Repeat = "harmless" | "once";

const baseMs = 200;
const longestMs = 10_000;

/** A random wait, longer on average with each attempt, so that many clients do not come back together. */
export function backOffMs(attempt: number, random = Math.random): number {
  return Math.round(random() * Math.min(longestMs, baseMs * 2 ** attempt));
}

/** The wait that a header Retry-After asks for, in seconds or as a date; null without one. */
export function retryAfterMs(header: string | null, now = Date.now()): number | null {
  if (header === null) return null;
  const seconds = /^\s*\d{1,9}\s*$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.round(seconds * 1000)) : null;
}

/** Network errors before a connection exists: nothing was sent. */
const unsent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Whether a request that failed with an error may be sent again. */
export function mayRepeat(error: unknown, repeat: Repeat): boolean {
  if (!(error instanceof TargetError)) return false;
  if (error.code === "SL6013") return true;
  if (error.code === "SL6050") return repeat === "harmless" || wasNotSent(error.cause);
  if (repeat === "once") return false;
  const { isCutOff, isDamaged } = error.details;
  return error.code === "SL6052" || error.code === "SL6054" || isCutOff === true || isDamaged === true;
}

function wasNotSent(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (code !== undefined && unsent.has(code)) return true;
    if (at instanceof AggregateError) return at.errors.length > 0 && at.errors.every(wasNotSent);
  }
  return false;
}

/**
 * Waits.
 *
 * @throws TargetError SL6004, SL6005 when the deadline comes first
 */
export async function pause(ms: number, where: string, deadline: CallDeadline): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  try {
    await deadline.during(where, over, (error) => error as TargetError);
  } finally {
    clearTimeout(timer);
  }
}
