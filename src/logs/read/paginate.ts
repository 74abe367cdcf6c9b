import type { LogBatch, LogQuery } from "../pipeline-log.js";

/** Reads a part of a log, as `PipelineLog.read` does. */
type ReadLog = (query: LogQuery) => Promise<readonly LogBatch[]>;

/**
 * The rows of a query by asking for one page after the other. Rows logged meanwhile are not among them, unless they are older
 * than those already given; rows deleted meanwhile are not.
 *
 * @param query without a limit: all
 * @param pageRows the most rows of a page
 */
export async function* paginate(
  read: ReadLog,
  query: LogQuery,
  pageRows: number,
): AsyncGenerator<readonly LogBatch[], void, undefined> {
  let left = query.limit ?? Infinity;
  let after = query.after;
  while (left > 0) {
    const asked = Math.min(pageRows, left);
    const page = await read({ ...query, limit: asked, ...(after === undefined ? {} : { after }) });
    const rows = page.reduce((sum, batch) => sum + batch.rows, 0);
    const last = page.at(-1);
    // A page may have fewer rows than were asked for, since it holds no more than so many bytes.
    if (last === undefined) return;
    yield page;
    left -= rows;
    after = { time: last.time[last.rows - 1] ?? 0, row: last.rowIds[last.rows - 1] ?? 0n };
  }
}

/** Asks for the next page while the last one is being worked on. */
export async function* prefetch<Page>(
  pages: AsyncGenerator<Page, void, undefined>,
): AsyncGenerator<Page, void, undefined> {
  const ask = () => {
    const asked = pages.next();
    // Told when its turn comes, if it comes.
    asked.catch(() => undefined);
    return asked;
  };
  let next = ask();
  try {
    for (;;) {
      const page = await next;
      if (page.done === true) return;
      next = ask();
      yield page.value;
    }
  } finally {
    await pages.return();
  }
}
