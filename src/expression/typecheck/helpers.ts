import { attachedHelper, readConstants } from "../surface/attachment.js";
import type { LambdaMeaning } from "./bindings.js";
import { maxSurfaceDepth, surfaceDepth, type Diagnostic, type Span, surface } from "../surface/surface.js";

type Say = (code: Diagnostic["code"], span: Span, message: string, hint?: string) => null;

/**
 * Reads the helper functions that lambdas call, each once: what a build-time front-end left on them, and the values around
 * them. Answers null after it has said why there is none.
 */
export function helpers(say: Say): (fn: object, name: string, call: Span) => LambdaMeaning | null {
  const known = new Map<object, LambdaMeaning>();
  return (fn, name, call) => {
    const before = known.get(fn);
    if (before !== undefined) return before;
    const attached = attachedHelper(fn);
    if (attached === undefined) {
      return say(
        "SL1012",
        call,
        `\`${name}(…)\` is a function the compiler does not know`,
        "declare the helper in a file of the project, with `function` or as a `const` arrow function, and export it by that name; or write the condition out",
      );
    }
    const { helper, source, location, constants: thunks } = attached;
    if (attached.diagnostics.length > 0) {
      for (const { code, message, hint } of attached.diagnostics) say(code, call, `in '${name}': ${message}`, hint);
      return null;
    }
    // What a build tool left on the function comes from outside, perhaps from another version of it.
    if (surfaceDepth(helper) > maxSurfaceDepth || !surface.safeParse(helper).success || helper?.kind !== "lambda") {
      return say(
        "SL1051",
        call,
        `the compiled form that a build tool left on '${name}' cannot be read`,
        "build with the version of shapeline that runs the pipeline",
      );
    }
    const constants = readConstants(thunks);
    if ("unread" in constants) {
      return say(
        "SL1050",
        call,
        `'${constants.unread}', which '${name}' reads, has no value yet: ${constants.why}`,
        "declare it before the pipeline that reads it",
      );
    }
    const { params, body } = helper;
    const found: LambdaMeaning = {
      kind: "lambda",
      params,
      body,
      locals: null,
      home: { name, source, location, constants: constants.values },
    };
    known.set(fn, found);
    return found;
  };
}
