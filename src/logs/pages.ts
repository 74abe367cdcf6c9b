import type { LogBatch, LogQuery } from "./pipeline-log.js";

/** Reads a part of a log, as `PipelineLog.read` does. */
export type ReadLog = (query: LogQuery) => Promise<readonly LogBatch[]>;

/**
 * The rows of a query, newest first, a page at a time: one page is in memory. Rows logged meanwhile are not among them, unless
 * they are older than those already given.
 *
 * @param query without a limit: all
 * @param pageRows the most rows of a page; fewer mean that it is the last one
 */
export async function* logPages(read: ReadLog, query: LogQuery, pageRows: number): AsyncGenerator<readonly LogBatch[], void, undefined> {
  let left = query.limit ?? Infinity;
  let after = query.after;
  while (left > 0) {
    const asked = Math.min(pageRows, left);
    const page = await read({ ...query, limit: asked, ...(after === undefined ? {} : { after }) });
    const rows = page.reduce((sum, batch) => sum + batch.rows, 0);
    const last = page.at(-1);
    if (last !== undefined) yield page;
    if (last === undefined || rows < asked) return;
    left -= rows;
    after = { time: last.time[last.rows - 1] ?? 0, row: last.rowIds[last.rows - 1] ?? 0n };
  }
}
