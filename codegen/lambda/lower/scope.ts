/** What a name inside a lambda refers to. */
export type Binding =
  /** A parameter or an initialized `const`; `name` is its name in the surface tree. */
  | { readonly kind: "local"; readonly name: string }
  /** Declared later in the same block. */
  | { readonly kind: "pending" }
  /** A function or class declared inside the lambda; its declaration is refused. */
  | { readonly kind: "declaration" }
  /** The lambda's own name. */
  | { readonly kind: "self" };

/** The names of a block, nested in the scopes of the enclosing blocks. */
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
   * Binds a local and returns its name in the surface tree. The name is changed if an enclosing scope uses it already:
   * in `if (a) { const t = 1; if (t > x.out) return true; } return t > 2`, lowering moves the last statement into the
   * block.
   */
  bind(name: string): string {
    const free = this.#inUse(name) ? this.fresh(name) : name;
    this.set(name, { kind: "local", name: free });
    return free;
  }

  /** A name that neither the source nor an enclosing scope uses. */
  fresh(base: string): string {
    for (let n = 1; ; n += 1) {
      const name = `${base}_${n}`;
      if (!this.#source.includes(name) && !this.#inUse(name)) {
        // Reserve the name under a key that is not an identifier.
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
