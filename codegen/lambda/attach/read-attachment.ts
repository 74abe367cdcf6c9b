import { attachedKey, type AttachedLambda, attachedHelper } from "../../../src/expression/surface/attachment.js";
import { diagnosticAt, refusals } from "../refusals.js";

/** The tree that a build tool attached to a function passed to a step, either as a lambda or as a helper. */
export function readAttachment(fn: object): AttachedLambda | undefined {
  const own = (fn as { readonly [attachedKey]?: AttachedLambda })[attachedKey];
  if (own !== undefined) return own;
  const attached = attachedHelper(fn);
  if (attached === undefined) return undefined;
  const { helper, ...found } = attached;
  if (helper?.kind !== "lambda") return { ...found, lambda: null };
  const {
    params: [param = "row", second],
    body,
  } = helper;
  if (second !== undefined)
    return { ...found, lambda: null, diagnostics: [diagnosticAt(refusals.parameters(), 0, body.span[0])] };
  return { ...found, lambda: { source: found.source, param, body, location: found.location } };
}
