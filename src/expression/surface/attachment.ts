import { errorMessage } from "../../util/error-message.js";
import type { Constants, Diagnostic, SourceLocation, Surface, SurfaceLambda } from "./surface.js";

/**
 * What a build-time front-end leaves on a lambda: the surface tree (or why there is none) and thunks for the names
 * it takes from outside, so that imported values stay exact. It is a property under a registered symbol, so that emitted code needs no import and two copies of
 * the package understand each other.
 */
export const attachedKey: unique symbol = Symbol.for("shapeline.lambda") as never;

/** What every attachment carries beside the tree, and also where there is none: diagnostics are shown with the text and its place. */
interface Attached {
  readonly source: string;
  readonly location: SourceLocation;
  readonly diagnostics: readonly Diagnostic[];
  readonly constants: Readonly<Record<string, () => unknown>>;
}

export interface AttachedLambda extends Attached {
  readonly lambda: SurfaceLambda | null;
}

/** What it leaves on a function that lambdas may call, under a symbol of its own: the function may be a validation, too. */
export const helperKey: unique symbol = Symbol.for("shapeline.helper") as never;

export interface AttachedHelper extends Attached {
  /** A `lambda` node whose spans are offsets into `source`; null where it cannot be compiled. */
  readonly helper: Surface | null;
}

/** What a front-end left on a function, or undefined. */
export function attachedHelper(value: object): AttachedHelper | undefined {
  return (value as { readonly [helperKey]?: AttachedHelper })[helperKey];
}

/** The values behind the thunks; a `const` that stands after the pipeline cannot be read yet. */
export function readConstants(
  thunks: Readonly<Record<string, () => unknown>>,
): { readonly values: Constants } | { readonly unread: string; readonly why: string } {
  const values: [string, unknown][] = [];
  for (const [name, read] of Object.entries(thunks)) {
    try {
      values.push([name, read()]);
    } catch (error) {
      return { unread: name, why: errorMessage(error) };
    }
  }
  return { values: Object.fromEntries(values) };
}
