import type { Diagnostic, SourceLocation, SurfaceLambda } from "./surface.js";

/**
 * What a build-time front-end leaves on a lambda: the surface tree (or why there is none) and thunks for the names
 * it takes from outside, so that imported values stay exact. It is a property under a registered symbol, so that emitted code needs no import and two copies of
 * the package understand each other.
 */
export const attachedKey: unique symbol = Symbol.for("shapeline.lambda") as never;

export interface AttachedLambda {
  readonly lambda: SurfaceLambda | null;
  /** The lambda's text and place, there even where `lambda` is null: diagnostics are shown with them. */
  readonly source: string;
  readonly location: SourceLocation;
  readonly diagnostics: readonly Diagnostic[];
  readonly constants: Readonly<Record<string, () => unknown>>;
}
