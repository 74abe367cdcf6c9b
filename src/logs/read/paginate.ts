import type { LogBatch, LogQuery } from "../pipeline-log.js";

/** Reads rows, like `PipelineLog.read`. */
type ReadLog = (query: LogQuery) => Promise<readonly LogBatch[]>;

/**
 * Reads the rows of a query page by page. Rows that are logged or deleted meanwhile are not included.
 *
 * @param query without a limit, all rows are read
 * @param pageRows maximum rows of a page
 */
export async function* paginate(
  read: ReadLog,
  query: LogQuery,
  pageRows: number,
): AsyncGenerator<readonly LogBatch[], void, undefined> {
  let left = query.limit ?? Infinity;
  let after = query.after;
  while (left > 0) {
    const limit = Math.min(pageRows, left);
    const page = await read({ ...query, limit, ...(after === undefined ? {} : { after }) });
    const rows = page.reduce((sum, batch) => sum + batch.rows, 0);
    const last = page.at(-1);
    // A page may have fewer rows than requested, because its size in bytes is limited. Only an empty page is the end.
    if (last === undefined) return;
    yield page;
    left -= rows;
    after = last.rowIds[last.rows - 1] ?? 0n;
  }
}

/** Fetches the next page while the caller processes the current one. */
export async function* prefetch<Page>(
  pages: AsyncGenerator<Page, void, undefined>,
): AsyncGenerator<Page, void, undefined> {
  const fetch = () => {
    const page = pages.next();
    // The error is thrown when the page is awaited; until then it must not be an unhandled rejection.
    page.catch(() => undefined);
    return page;
  };
  let next = fetch();
  try {
    for (;;) {
      const page = await next;
      if (page.done === true) return;
      next = fetch();
      yield page.value;
    }
  } finally {
    await pages.return();
  }
}
