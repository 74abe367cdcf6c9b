import { StorageError } from "../../../dsl/errors.js";
import type { LogQuery } from "../pipeline-log.js";

/** The SQL condition of a query on a champion's table, without its limit. */
export function whereClause({ start, end, valid, after, oldestFirst }: LogQuery): string {
  const parts: string[] = [];
  if (start !== undefined) parts.push(`time >= ${sqlTimestamp(millis("start", start))}`);
  if (end !== undefined) parts.push(`time <= ${sqlTimestamp(millis("end", end))}`);
  if (valid !== undefined) parts.push(`"anomaly.count" ${valid ? "=" : ">"} 0`);
  if (after !== undefined) parts.push(`row ${oldestFirst === true ? ">" : "<"} ${after}`);
  return parts.length === 0 ? "true" : parts.join(" AND ");
}

/** A SQL timestamp from milliseconds since 1970 UTC. */
export function sqlTimestamp(ms: number): string {
  return `make_timestamp_ms(${ms})::TIMESTAMP_MS`;
}

function millis(name: string, time: Date): number {
  const ms = time.getTime();
  if (Number.isFinite(ms)) return ms;
  throw new StorageError("SL7013", `${name} is not a valid Date; give one like new Date("2026-01-31T12:00:00Z")`, {
    name,
  });
}
