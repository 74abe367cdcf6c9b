import { attachedHelper, readConstants } from "../surface/attachment.js";
import { maxSurfaceDepth, type Span, surface, surfaceDepth, type Surface } from "../surface/surface.js";
import type { Reporter } from "./reporter.js";
import { bindArguments, type Locals, type Resolved, type ResolvedLambda } from "./resolved.js";

/** How deep calls of one function may nest, as when a function is passed to itself. More is recursion. */
const maxNestedCalls = 8;

/** The calls of functions in one lambda. */
export class Calls {
  readonly #reporter: Reporter;
  /** The functions being typed, outermost first. */
  readonly #active: ResolvedLambda[] = [];
  readonly #helpers = new Map<object, ResolvedLambda>();

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** The function that a node resolves to, or null. */
  functionOf(resolved: Resolved, node: Surface): ResolvedLambda | null {
    if (resolved?.kind !== "function") return resolved?.kind === "lambda" ? resolved : null;
    return this.#helper(resolved.value, resolved.name, node.span);
  }

  /** Types a function's body, with its parameters bound to these arguments. */
  apply<T>(
    fn: ResolvedLambda,
    args: readonly Resolved[],
    call: Span,
    typeBody: (locals: Locals | null) => T | null,
  ): T | null {
    const nested = this.#active.filter(({ body }) => body === fn.body).length;
    if (nested >= maxNestedCalls) return this.#reportRecursion(fn, call);
    this.#active.push(fn);
    const result = this.#reporter.within(fn.unit, call, () => typeBody(bindArguments(fn, args)));
    this.#active.pop();
    return result;
  }

  #reportRecursion(fn: ResolvedLambda, call: Span): null {
    const last = this.#active.map(({ body }) => body).lastIndexOf(fn.body);
    const cycle = [...this.#active.slice(last), fn].map(({ unit }) => unit.name ?? "a function of the lambda");
    return this.#reporter.report(
      "SL1048",
      call,
      `'${cycle[0] ?? ""}' calls itself (${cycle.join(" -> ")}); recursion cannot be compiled`,
      "write the condition out",
    );
  }

  /** A helper function, from what a build-time front-end attached to it. Each is read once. */
  #helper(fn: object, name: string, call: Span): ResolvedLambda | null {
    const known = this.#helpers.get(fn);
    if (known !== undefined) return known;
    const reporter = this.#reporter;
    const attached = attachedHelper(fn);
    if (attached === undefined) {
      return reporter.report(
        "SL1012",
        call,
        `\`${name}(…)\` is a function the compiler does not know`,
        "declare the helper in a file of the project, with `function` or as a `const` arrow function, and export it by that name; or write the condition out",
      );
    }
    const { helper, source, location, constants: thunks } = attached;
    if (attached.diagnostics.length > 0) {
      for (const { code, message, hint } of attached.diagnostics)
        reporter.report(code, call, `in '${name}': ${message}`, hint);
      return null;
    }
    // The attachment comes from a build tool, perhaps of another version.
    if (surfaceDepth(helper) > maxSurfaceDepth || !surface.safeParse(helper).success || helper?.kind !== "lambda") {
      return reporter.report(
        "SL1051",
        call,
        `the compiled form that a build tool left on '${name}' cannot be read`,
        "build with the version of shapeline that runs the pipeline",
      );
    }
    const constants = readConstants(thunks);
    if ("unreadable" in constants) {
      return reporter.report(
        "SL1050",
        call,
        `'${constants.unreadable}', which '${name}' reads, has no value yet: ${constants.reason}`,
        "declare it before the pipeline that reads it",
      );
    }
    const { params, body } = helper;
    const unit = { name, source, location, constants: constants.values };
    const lambda: ResolvedLambda = { kind: "lambda", params, body, locals: null, unit };
    this.#helpers.set(fn, lambda);
    return lambda;
  }
}
