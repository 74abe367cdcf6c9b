import { errorMessage } from "../../util/error-message.js";
import type { Constants, Diagnostic, SourceLocation, Surface, SurfaceLambda } from "./surface.js";

/**
 * The key of what a build-time front-end attaches to a lambda: the surface tree, or the errors, and thunks for its free
 * variables, so that imported values stay exact. The symbol is registered: emitted code needs no import, and two copies
 * of the package understand each other.
 */
export const attachedKey: unique symbol = Symbol.for("shapeline.lambda") as never;

/** What every attachment has beside the tree. Diagnostics are displayed with the source text and its location. */
interface Attached {
  readonly source: string;
  readonly location: SourceLocation;
  readonly diagnostics: readonly Diagnostic[];
  readonly constants: Readonly<Record<string, () => unknown>>;
}

export interface AttachedLambda extends Attached {
  readonly lambda: SurfaceLambda | null;
}

/**
 * The key of what it attaches to a function that lambdas may call. A separate key, because the function may also be a
 * validation.
 */
export const helperKey: unique symbol = Symbol.for("shapeline.helper") as never;

export interface AttachedHelper extends Attached {
  /** A `lambda` node whose spans are offsets into `source`, or null if it cannot be compiled. */
  readonly helper: Surface | null;
}

/** What a front-end attached to a function, or undefined. */
export function attachedHelper(value: object): AttachedHelper | undefined {
  return (value as { readonly [helperKey]?: AttachedHelper })[helperKey];
}

/** The values of the thunks, or the first that cannot be read yet: a `const` that is declared after the pipeline. */
export function readConstants(
  thunks: Readonly<Record<string, () => unknown>>,
): { readonly values: Constants } | { readonly unreadable: string; readonly reason: string } {
  const values: [string, unknown][] = [];
  for (const [name, read] of Object.entries(thunks)) {
    try {
      values.push([name, read()]);
    } catch (error) {
      return { unreadable: name, reason: errorMessage(error) };
    }
  }
  return { values: Object.fromEntries(values) };
}
