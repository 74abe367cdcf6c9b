/** Names in order, with their places. Built once for a deployment, because its requests have the same columns. */
export class Names {
  readonly list: readonly string[];
  readonly #places: ReadonlyMap<string, number>;

  constructor(list: readonly string[]) {
    this.list = list;
    this.#places = new Map(list.map((name, place) => [name, place]));
  }

  placeOf(name: string): number | undefined {
    return this.#places.get(name);
  }
}

/**
 * A read-only map of one request. Its keys are shared by all requests, so that it costs no more than a list of values.
 *
 * @example
 * const names = new Names(["age", "income"]);
 * new NamedValues(names, [ages, incomes]).get("income"); // incomes
 */
export class NamedValues<V> implements ReadonlyMap<string, V> {
  readonly #names: Names;
  readonly #values: readonly V[];

  /** @param values one for each name */
  constructor(names: Names, values: readonly V[]) {
    this.#names = names;
    this.#values = values;
  }

  get size(): number {
    return this.#values.length;
  }

  get(name: string): V | undefined {
    const place = this.#names.placeOf(name);
    return place === undefined ? undefined : this.#values[place];
  }

  has(name: string): boolean {
    return this.#names.placeOf(name) !== undefined;
  }

  keys(): MapIterator<string> {
    return this.#names.list.values();
  }

  values(): MapIterator<V> {
    return this.#values.values();
  }

  forEach(use: (value: V, name: string, map: this) => void): void {
    const { list } = this.#names;
    for (let i = 0; i < list.length; i++) use(this.#values[i] as V, list[i] as string, this);
  }

  *entries(): Generator<[string, V], undefined, unknown> {
    for (const [i, name] of this.#names.list.entries()) yield [name, this.#values[i] as V];
    return undefined;
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }
}
