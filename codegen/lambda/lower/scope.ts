/** What a name inside a lambda stands for. */
export type Binding =
  /** A parameter or a `const` whose value is known; `name` is what the surface tree calls it. */
  | { readonly kind: "local"; readonly name: string }
  /** Declared further down in the same block. */
  | { readonly kind: "pending" }
  /** A function or class declared inside the lambda: refused where it stands. */
  | { readonly kind: "declaration" }
  /** The lambda's own name. */
  | { readonly kind: "self" };

/** The names of one block, inside those of the blocks around it. */
export class Scope {
  readonly #parent: Scope | null;
  readonly #bindings = new Map<string, Binding>();
  readonly #source: string;

  constructor(parent: Scope | null, source: string) {
    this.#parent = parent;
    this.#source = source;
  }

  inner(): Scope {
    return new Scope(this, this.#source);
  }

  set(name: string, binding: Binding): void {
    this.#bindings.set(name, binding);
  }

  find(name: string): Binding | undefined {
    return this.#bindings.get(name) ?? this.#parent?.find(name);
  }

  /**
   * Binds a local and answers its name in the surface tree. It differs from the author's where that is in use around
   * it: `if (a) { const t = 1; if (t > x.out) return true; } return t > 2` puts the last line inside the block.
   */
  bind(name: string): string {
    const free = this.#inUse(name) ? this.fresh(name) : name;
    this.set(name, { kind: "local", name: free });
    return free;
  }

  /** A name that neither the author nor a scope around uses. */
  fresh(base: string): string {
    for (let n = 1; ; n += 1) {
      const name = `${base}_${n}`;
      if (!this.#source.includes(name) && !this.#inUse(name)) {
        // Known here under a key that no identifier can have.
        this.set(`#${name}`, { kind: "local", name });
        return name;
      }
    }
  }

  #inUse(name: string): boolean {
    for (const binding of this.#bindings.values()) if (binding.kind === "local" && binding.name === name) return true;
    return this.#parent !== null && this.#parent.#inUse(name);
  }
}
