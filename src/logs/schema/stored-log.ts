import type { LogLayout } from "../pipeline-log.js";

/** The log of one pipeline version. Its id names its tables. */
export interface StoredLog {
  readonly id: number;
  readonly layout: LogLayout;
}

/** The table with the log's rows: inputs, outputs, validation results, metadata. */
export function championTable(id: number): string {
  return `log_${id}`;
}

/** The table with the outputs and notes of one challenger. */
export function challengerTable(id: number, challenger: number): string {
  return `log_${id}_challenger_${challenger}`;
}

/** The names of all tables of a log, the champion's first. */
export function tableNames({ id, layout }: StoredLog): string[] {
  return [championTable(id), ...layout.challengers.map((_, index) => challengerTable(id, index))];
}
