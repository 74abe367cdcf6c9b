import type { LogLayout } from "../pipeline-log.js";

/** A log's tables are named by its id. */
export interface StoredLog {
  readonly id: number;
  readonly layout: LogLayout;
}

/** The table of a log's rows. */
export function championTable(id: number): string {
  return `log_${id}`;
}

/** The table of what one challenger gave for them. */
export function challengerTable(id: number, challenger: number): string {
  return `log_${id}_challenger_${challenger}`;
}
