import type { Diagnostic, Span, Surface } from "../surface/surface.js";
import type { SourceUnit } from "./resolved.js";

/** Collects the diagnostics of one lambda, also those of the helper functions it calls. */
export class Reporter {
  readonly diagnostics: Diagnostic[] = [];
  readonly #main: SourceUnit;
  #unit: SourceUnit;
  /** Where the lambda calls the helper function being typed. Null in the lambda itself. */
  #call: Span | null = null;

  constructor(main: SourceUnit) {
    this.#main = main;
    this.#unit = main;
  }

  /** The source unit being typed: the lambda or a helper function it calls. */
  get unit(): SourceUnit {
    return this.#unit;
  }

  /** Runs `work` on nodes of `unit`, which was called at `call`. */
  within<T>(unit: SourceUnit, call: Span, work: () => T): T {
    if (unit === this.#unit) return work();
    const [outerUnit, outerCall] = [this.#unit, this.#call];
    this.#unit = unit;
    this.#call = unit === this.#main ? null : (outerCall ?? call);
    const result = work();
    this.#unit = outerUnit;
    this.#call = outerCall;
    return result;
  }

  /**
   * Adds a diagnostic and returns null. Spans are offsets into the lambda's own text, so an error inside a helper
   * function is reported at the call.
   */
  report(code: Diagnostic["code"], span: Span, text: string, hint?: string): null {
    const [start, end] = this.#call ?? span;
    const message =
      this.#call === null ? text : `in '${this.#unit.name ?? ""}'${positionIn(this.#unit, span[0])}: ${text}`;
    const isKnown = this.diagnostics.some(
      (d) => d.code === code && d.start === start && d.end === end && d.message === message,
    );
    if (!isKnown) this.diagnostics.push({ code, message, start, end, ...(hint === undefined ? {} : { hint }) });
    return null;
  }

  /** The source text of a node, on one line, cut at 60 characters. */
  text(node: Surface): string {
    const [start, end] = node.span;
    const text = this.#unit.source.slice(start, end).replace(/\s+/g, " ");
    return text.length > 60 ? `${text.slice(0, 57)}...` : text;
  }
}

/** ` (limits.ts:3:7)`: the position of an offset in a helper function's text. */
function positionIn({ source, location }: SourceUnit, offset: number): string {
  if (location === null) return "";
  const lines = source.slice(0, offset).split(/\r\n|\n|\r/);
  const column = (lines.at(-1)?.length ?? 0) + (lines.length === 1 ? location.column : 1);
  return ` (${location.file}:${location.line + lines.length - 1}:${column})`;
}
