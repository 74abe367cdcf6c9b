import { join } from "node:path";
import { notFound } from "../errors.js";
import { Journal } from "./journal.js";
import type { Rows, TableName } from "./rows.js";

/** The new state of one row; null deletes it. */
export type Change = { readonly [T in TableName]: readonly [table: T, id: number, row: Rows[T] | null] }[TableName];

export const stateFile = "shapeline.wallaroo.jsonl";

/** Rows to read, and changes. */
export type TablesView = Pick<Tables, "all" | "get" | "require" | "find" | "filter" | "nextId" | "change" | "whole">;

/** The rows of the control plane in memory, with every change in a journal first. */
export class Tables {
  readonly #tables = new Map<TableName, Map<number, Rows[TableName]>>();
  readonly #last = new Map<TableName, number>();
  #journal: Journal | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #revision = 0;

  /** @throws StorageError SL7001, SL7006 */
  static async open(folder: string): Promise<Tables> {
    const tables = new Tables();
    tables.#journal = await Journal.open(join(folder, stateFile), {
      apply: (entry) => tables.#apply(entry as Change[]),
      snapshot: () => tables.#snapshot(),
    });
    return tables;
  }

  /** The rows of all workspaces: names must be unique across them, also where a user sees only some. */
  get whole(): Tables {
    return this;
  }

  /** Grows with every change. */
  get revision(): number {
    return this.#revision;
  }

  /** All rows of a table, in the order of their ids. */
  all<T extends TableName>(table: T): Rows[T][] {
    return [...this.#rows(table).values()];
  }

  get<T extends TableName>(table: T, id: number): Rows[T] | undefined {
    return this.#rows(table).get(id);
  }

  /**
   * A row that a call names.
   *
   * @param what what the table holds, for the error: "model version"
   * @throws PlatformError 404
   */
  require<T extends TableName>(table: T, id: number, what: string): Rows[T] {
    const found = this.get(table, id);
    if (found === undefined) throw notFound(`${what} ${id}`);
    return found;
  }

  find<T extends TableName>(table: T, matches: (row: Rows[T]) => boolean): Rows[T] | undefined {
    for (const row of this.#rows(table).values()) if (matches(row)) return row;
    return undefined;
  }

  filter<T extends TableName>(table: T, matches: (row: Rows[T]) => boolean): Rows[T][] {
    return this.all(table).filter(matches);
  }

  /** A new id of a table. Ids are never given twice while the server runs. */
  nextId(table: TableName): number {
    const id = (this.#last.get(table) ?? 0) + 1;
    this.#last.set(table, id);
    return id;
  }

  /**
   * Runs one change at a time: `make` sees all earlier ones, and what it returns is stored completely or not at all.
   *
   * @throws StorageError SL7014
   */
  change<A>(make: () => { readonly changes: readonly Change[]; readonly answer: A }): Promise<A> {
    const work = this.#queue.then(async () => {
      const { changes, answer } = make();
      if (changes.length > 0) await this.#journal?.append(changes, () => this.#apply(changes));
      return answer;
    });
    this.#queue = work.catch(() => undefined);
    return work;
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#journal?.close();
    this.#journal = null;
  }

  #rows<T extends TableName>(table: T): Map<number, Rows[T]> {
    let rows = this.#tables.get(table);
    if (rows === undefined) this.#tables.set(table, (rows = new Map<number, never>()));
    return rows as unknown as Map<number, Rows[T]>;
  }

  /** Changes that make the tables as they are, with the last id of each: a row that was deleted keeps its id. */
  *#snapshot(): Generator<readonly Change[]> {
    for (const [table, rows] of this.#tables) {
      for (const [id, row] of rows) yield [[table, id, row] as unknown as Change];
      const last = this.#last.get(table) ?? 0;
      if (!rows.has(last)) yield [[table, last, null]];
    }
  }

  #apply(changes: readonly Change[]): void {
    this.#revision++;
    for (const [table, id, row] of changes) {
      if (row === null) this.#rows(table).delete(id);
      else this.#rows(table).set(id, row);
      this.#last.set(table, Math.max(id, this.#last.get(table) ?? 0));
    }
  }
}
