/** A logged row, with its time. */
interface TimedRow {
  readonly time: Date;
}

export interface FollowOptions<Row> {
  /** How many rows that are logged already are shown first. */
  readonly first: number;
  /** The most rows that one reading returns. */
  readonly most: number;
  /** Rows from `start` on, newest first. */
  readonly read: (query: { readonly start?: string; readonly limit: number }) => Promise<readonly Row[]>;
  /** A text that changes when rows are logged. Reading the log may change it too. */
  readonly stamp: () => string;
  /** Waits before the next look. Returns false to end. */
  readonly wait: () => Promise<boolean>;
}

/** Rows that were logged since the last reading, oldest first. */
export interface NewRows<Row> {
  readonly rows: readonly Row[];
  /** Whether there were more rows than one reading returns: then the oldest are missing. */
  readonly cut: boolean;
}

/** A log whose stamp stays the same is read all the same after this many looks: it may change during a reading. */
const looksWithoutReading = 10;

/** Reads a log again and again; yields its newest rows, then those that are logged later. */
export async function* followLog<Row extends TimedRow>({
  first,
  most,
  read,
  stamp,
  wait,
}: FollowOptions<Row>): AsyncGenerator<NewRows<Row>, void, undefined> {
  let seen = stamp();
  let newest = await read({ limit: Math.max(first, 1) });
  if (first > 0) yield { rows: newest.slice(0, first).reverse(), cut: false };
  // Rows of one millisecond are told apart by how many of them were shown.
  let start = newest[0]?.time.getTime();
  if (start !== undefined && newest.every(({ time }) => time.getTime() === start))
    newest = await read({ start: iso(start), limit: most });
  let shown = countAt(newest, start);
  for (let looks = 1; await wait(); looks++) {
    const before = stamp();
    if (before === seen && looks % looksWithoutReading !== 0) continue;
    newest = await read({ ...(start !== undefined && { start: iso(start) }), limit: most });
    const cut = newest.length === most;
    const rows = cut ? newest.filter(({ time }) => time.getTime() !== start) : newest.slice(0, newest.length - shown);
    // A reading without rows may have changed the stamp itself.
    seen = rows.length > 0 ? before : stamp();
    if (rows.length === 0) continue;
    start = newest[0]?.time.getTime();
    shown = countAt(newest, start);
    yield { rows: rows.reverse(), cut };
  }
}

const countAt = (rows: readonly TimedRow[], time: number | undefined): number =>
  rows.filter((row) => row.time.getTime() === time).length;
const iso = (time: number): string => new Date(time).toISOString();
