import type { ErrorCode, Problem } from "../errors.js";
import { portsOf, type Model } from "../model.js";
import { byCodeUnit } from "../messages/first-five-names.js";
import { clash, misfit, missing, noSuchInput, refine } from "../messages/shapes.js";
import { rowShape } from "../rows.js";
import type { Dim, Port } from "../tensor.js";
import { resolved, unify, type Bindings } from "./feeds.js";
import { showTensor } from "./fits.js";
import { feedOf } from "./port-names.js";
import { findSource, type FoundFeed, type FoundSource, type Origins, type Sources } from "./sources.js";

// The run-time side of `Fits`: the same checks and words, all problems of a model at once.

/** A check of one input that the types cannot make. `axis` counts in the shape of a row, without the row axis. */
export interface OpenCheck {
  readonly input: string;
  readonly axis: number | null;
  readonly expects: number | string;
}

export interface Fit {
  readonly problems: readonly Problem[];
  readonly checks: readonly OpenCheck[];
  /** By input: the sources that the step names. */
  readonly sources: ReadonlyMap<string, FoundSource>;
}

/** Checks whether a model takes what arrives. Returns the problems, and the checks that remain for run time. */
export function fit(model: Model, given: Sources, origins: Origins): Fit {
  const inputs = portsOf(model.inputs).sort((a, b) => byCodeUnit(a.name, b.name));
  const unifier = new Unifier(model.name);
  const { source, outputs } = origins;
  for (const input of Object.keys(given).sort(byCodeUnit)) {
    if (inputs.some((port) => port.name === input)) continue;
    unifier.report("SL2016", noSuchInput(model.name, input, inputs.map(nameOf)), { input });
  }
  // First the sources that are wrong by themselves: the types report them at their property, and nothing else.
  const fed = new Map<string, FoundFeed>();
  for (const input of inputs) {
    const { name } = input;
    const own = Object.hasOwn(given, name) ? given[name] : undefined;
    if (own === undefined) continue;
    const found = findSource(model.name, input, showTensor(input), own, origins);
    if ("code" in found) {
      const details = typeof own === "string" ? { input: name, column: own } : { input: name };
      unifier.report(found.code, found.message, details);
      continue;
    }
    const alone = new Unifier(model.name);
    if (found.source !== source) alone.port(input, found.port, found.source);
    unifier.problems.push(...alone.problems);
    if (alone.problems.length === 0) fed.set(name, found);
  }
  for (const input of inputs) {
    const { name } = input;
    const found = fed.get(name);
    const port = Object.hasOwn(given, name) ? undefined : feedOf(name, inputs, outputs, given);
    if (found !== undefined) unifier.port(input, found.port, found.source);
    else if (port !== undefined) unifier.port(input, port, source);
    else if (!Object.hasOwn(given, name)) {
      unifier.report("SL2014", missing(model.name, name, source, outputs.map(nameOf)), { input: name });
    }
  }
  return {
    problems: unifier.problems,
    checks: unifier.openChecks(),
    sources: new Map([...fed].map(([input, { from }]) => [input, from])),
  };
}

const nameOf = ({ name }: Port): string => name;

/** Binds the symbols of one model, input by input. */
class Unifier {
  readonly problems: Problem[] = [];
  readonly #checks: OpenCheck[] = [];
  readonly #bound: Bindings = new Map();
  readonly #occurrences = new Map<
    string,
    { readonly input: string; readonly axis: number; readonly open: boolean }[]
  >();
  readonly #model: string;

  constructor(model: string) {
    this.#model = model;
  }

  report(code: ErrorCode, message: string, details: Readonly<Record<string, unknown>>): void {
    this.problems.push({ code, message, details: { model: this.#model, ...details } });
  }

  /** @param source the source of `fed` with a verb */
  port(input: Port, fed: Port, source: string): void {
    const mismatch = unify(input, fed, this.#bound);
    const expected = rowShape(input.shape);
    const arrived = rowShape(fed.shape);
    if (mismatch === null) {
      if (expected !== null) this.#keepOpen(input.name, expected, arrived);
      return;
    }
    const { name } = input;
    const { code, at } = mismatch;
    const text = misfit(this.#model, name, showTensor(input), source, showTensor(fed));
    if (at === undefined) return this.report(code, text, { input: name });
    const { axis, dim, size } = at;
    const earlier = this.#bound.get(dim as string);
    if (code === "SL2015" && earlier !== undefined) {
      const message = clash(this.#model, dim as string, name, size, earlier.input, earlier.size);
      return this.report(code, message, { input: name, axis, symbol: dim });
    }
    const hint = code === "SL2013" ? refine(size as string, dim as number) : "";
    this.report(code, text + hint, { input: name, axis });
  }

  /** Records what an unknown rank or dimension leaves open. */
  #keepOpen(input: string, expected: readonly Dim[], arrived: readonly Dim[] | null): void {
    if (arrived === null) this.#checks.push({ input, axis: null, expects: expected.length });
    for (const [axis, dim] of expected.entries()) {
      const open = (arrived?.[axis] ?? null) === null;
      if (typeof dim === "string") {
        this.#occurrences.set(dim, [...(this.#occurrences.get(dim) ?? []), { input, axis, open }]);
      } else if (dim !== null && open) this.#checks.push({ input, axis, expects: dim });
    }
  }

  /** A symbol that occurs several times is checked wherever its size is not known, or everywhere if none is. */
  openChecks(): OpenCheck[] {
    const checks = [...this.#checks];
    for (const [symbol, occurrences] of this.#occurrences) {
      if (occurrences.length < 2 || !occurrences.some((one) => one.open)) continue;
      const expects = resolved(this.#model, symbol, this.#bound);
      for (const { input, axis, open } of occurrences) {
        if (open || typeof expects === "string") checks.push({ input, axis, expects });
      }
    }
    return checks;
  }
}
