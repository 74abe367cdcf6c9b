import type { RowScope } from "../../../dsl/row.js";
import type { Surface, SurfaceLambda } from "../surface/surface.js";
import type { Calls } from "./calls.js";
import type { Reporter } from "./reporter.js";
import type { Locals, Resolved } from "./resolved.js";

/** What the typing functions share while they type one lambda. */
export interface Context {
  readonly lambda: SurfaceLambda;
  /** The ports of one row. */
  readonly scope: RowScope;
  readonly reporter: Reporter;
  readonly calls: Calls;
  readonly positions: Positions;
  /** Whether the body of an aggregate is being typed. */
  insideAggregate: boolean;
  /** Resolves a node of any kind. */
  resolve(node: Surface, locals: Locals | null): Resolved;
}

/** The lists that the enclosing `every`, `some` and `includes` iterate over, by binder. */
export class Positions {
  /** The length of each binder's list, or null if it is not known. */
  readonly #lengths: (number | null)[] = [];
  /** The binders whose position an index is calculated from. */
  readonly #calculated = new Set<number>();
  #unrolling = 0;

  /** Adds a list and returns its binder. */
  bind(length: number | null): number {
    return this.#lengths.push(length) - 1;
  }

  /** The number of positions of a binder, or null if it is not known. */
  lengthOf(binder: number): number | null {
    return this.#lengths[binder] ?? null;
  }

  markCalculated(binders: readonly number[]): void {
    for (const binder of binders) this.#calculated.add(binder);
  }

  /** Whether an index was calculated from the binder's position. Forgets it. */
  takeCalculated(binder: number): boolean {
    return this.#calculated.delete(binder);
  }

  /** Whether a list is being unrolled. Branches that JavaScript does not reach at a position are then not typed. */
  get isUnrolling(): boolean {
    return this.#unrolling > 0;
  }

  unroll<T>(work: () => T): T {
    this.#unrolling++;
    const result = work();
    this.#unrolling--;
    return result;
  }
}
