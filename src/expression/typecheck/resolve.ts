import type { Port } from "../../../dsl/tensor.js";
import { didYouMean } from "../../util/did-you-mean.js";
import { joinNames } from "../../util/join-names.js";
import { elementType, aggregateFunctions, constantOf, type ExpressionTree, type Source } from "../tree/tree.js";
import { type Home, type Locals, type Meaning, value } from "./bindings.js";
import { type Outside, ownWay, propertyOf } from "./constants.js";
import type { RowScope } from "../../../dsl/row.js";
import type { Constants, Diagnostic, Span, Surface, SurfaceLambda } from "../surface/surface.js";
import { describe } from "./type-names.js";

export const aggregateHint = `ask for an aggregate: ${aggregateFunctions.map((fn) => `all.${fn}(…)`).join(", ")}`;

/** A list is written out element by element up to this length. */
export const longestList = 256;

/** What names and paths of a lambda stand for at its place in the pipeline; collects diagnostics. */
export abstract class Reading {
  protected readonly diagnostics: Diagnostic[] = [];
  protected readonly lambda: SurfaceLambda;
  protected readonly scope: RowScope;
  /** The text being read: the lambda's, or that of a helper function it calls. */
  protected home: Home;
  readonly #main: Home;
  /** Where the lambda calls the helper function being read; null in the lambda itself. */
  #site: Span | null = null;

  constructor(lambda: SurfaceLambda, scope: RowScope, constants: Constants) {
    this.lambda = lambda;
    this.scope = scope;
    this.#main = { name: null, source: lambda.source, location: lambda.location, constants };
    this.home = this.#main;
  }

  /** Reads what is written in `home`, and was called at `call`. */
  protected inside<T>(home: Home, call: Span, work: () => T): T {
    if (home === this.home) return work();
    const [before, site] = [this.home, this.#site];
    this.home = home;
    this.#site = home === this.#main ? null : (site ?? call);
    const result = work();
    this.home = before;
    this.#site = site;
    return result;
  }

  protected abstract meaning(node: Surface, locals: Locals | null): Meaning;

  /** A finding, at its place in the lambda's own text; what is wrong in a helper function is said where it is called. */
  protected say(code: Diagnostic["code"], span: Span, text: string, hint?: string): null {
    const [start, end] = this.#site ?? span;
    const message = this.#site === null ? text : `in '${this.home.name ?? ""}'${placeIn(this.home, span[0])}: ${text}`;
    const said = this.diagnostics.some(
      (d) => d.code === code && d.start === start && d.end === end && d.message === message,
    );
    if (!said) this.diagnostics.push({ code, message, start, end, ...(hint === undefined ? {} : { hint }) });
    return null;
  }

  protected text(node: Surface): string {
    const [start, end] = node.span;
    const text = this.home.source.slice(start, end).replace(/\s+/g, " ");
    return text.length > 60 ? `${text.slice(0, 57)}...` : text;
  }

  protected tree(node: Surface, meaning: Meaning): ExpressionTree | null {
    switch (meaning?.kind) {
      case undefined:
        return null;
      case "value":
        return meaning.node;
      case "ports": {
        const [lone] = meaning.ports;
        if (lone !== undefined && meaning.ports.length === 1) return this.read(meaning.from, lone, node.span);
        const names = meaning.ports.map((port) => port.name);
        return this.say(
          "SL1109",
          node.span,
          `'${this.text(node)}' has several ports: ${joinNames(names)}`,
          "name the one that is meant",
        );
      }
      case "row":
        return this.say(
          "SL1108",
          node.span,
          `'${this.text(node)}' is the whole row`,
          "read a port of it, such as x.out.<port>",
        );
      case "rows":
        return this.say(
          "SL1108",
          node.span,
          `'${this.text(node)}' is all rows of the window`,
          "ask an aggregate of them, such as all.avg((x) => x.out.<port>)",
        );
      case "models":
        return this.say(
          "SL1108",
          node.span,
          `'${this.text(node)}' is all models`,
          "name a model and a port, such as x.models.<model>.<port>",
        );
      case "object":
        return this.say(
          "SL1108",
          node.span,
          `'${this.text(node)}' is ${Array.isArray(meaning.value) ? "a list" : "an object"}, and here one value is needed`,
        );
      case "items":
        return this.say(
          "SL1023",
          node.span,
          "a list stands where one value is needed",
          "ask about its elements with includes, every or some",
        );
      case "nothing":
        return this.say("SL1117", node.span, meaning.message, meaning.hint);
      case "function":
        return this.say("SL1101", node.span, `'${meaning.name}' is a function, not a constant`, ownWay);
      case "lambda":
        return this.say("SL1108", node.span, "a function stands where a value is needed");
    }
  }

  protected read(from: Source, port: Port, span: Span): ExpressionTree | null {
    if (port.shape === null) {
      return this.say(
        "SL1121",
        span,
        `the shape of port '${port.name}' is not known`,
        "give the model a signature with shapes",
      );
    }
    if (port.shape.length === 0)
      return this.say("SL1121", span, `port '${port.name}' has no batch dimension, so it holds no row`);
    const shape = port.shape.slice(1).map((size) => (typeof size === "number" ? size : null));
    const type = shape.length === 0 ? elementType(port.dtype) : "list";
    return { op: "read", from, port: port.name, dtype: port.dtype, shape, at: [], type, nullable: false };
  }

  protected outside(found: Outside, span: Span): Meaning {
    if (found.kind === "refused") return this.say(found.code, span, found.message, found.hint);
    return found.kind === "constant" ? value(constantOf(found.value)) : found;
  }

  protected member(node: Surface, object: Surface, name: string, locals: Locals | null): Meaning {
    const owner = this.meaning(object, locals);
    switch (owner?.kind) {
      case undefined:
        return null;
      case "row":
        if (name === "in") return { kind: "ports", from: "in", ports: this.scope.inputs };
        if (name === "out") return { kind: "ports", from: "out", ports: this.scope.outputs };
        if (name !== "models") {
          return this.say(
            "SL1104",
            node.span,
            `a row has no '${name}'${didYouMean(name, ["in", "out", "models"])}`,
            "it has in, out and, after a shadow, models",
          );
        }
        if (Object.keys(this.scope.models).length > 0) return { kind: "models" };
        return this.say(
          "SL1103",
          node.span,
          "there are no models to name here",
          "x.models stands after a step that runs several models, such as shadow",
        );
      case "rows":
        return this.say("SL1104", node.span, `the window's rows have no '${name}' by itself`, aggregateHint);
      case "models": {
        if (Object.hasOwn(this.scope.models, name)) {
          const from = name === this.scope.champion ? "out" : { model: name };
          return { kind: "ports", from, ports: this.scope.models[name] ?? [] };
        }
        const names = Object.keys(this.scope.models);
        return this.say(
          "SL1103",
          node.span,
          `there is no model '${name}' here${didYouMean(name, names)}`,
          `there are ${joinNames(names)}`,
        );
      }
      case "ports": {
        const port = owner.ports.find((p) => p.name === name);
        if (port !== undefined) {
          const tree = this.read(owner.from, port, node.span);
          return tree === null ? null : value(tree);
        }
        if (name === "length" && owner.ports.length === 1) break;
        const names = owner.ports.map((p) => p.name);
        const several = names.length === 1 ? "its port is" : "its ports are";
        return this.say(
          "SL1102",
          node.span,
          `'${this.text(object)}' has no port '${name}'${didYouMean(name, names)}`,
          `${several} ${joinNames(names)}`,
        );
      }
      case "object":
        return this.outside(propertyOf(owner.value, name, this.text(object)), node.span);
      case "items":
        if (name === "length") return value(constantOf(owner.items.length));
        return this.say("SL1104", node.span, `a list has no '${name}' a lambda may read`, "lists have length");
      default:
        break;
    }
    const tree = this.tree(object, owner);
    if (tree === null) return null;
    if (tree.type === "string" && name === "length") {
      return this.say(
        "SL1104",
        node.span,
        `the length of '${this.text(object)}' counts UTF-16 units, which no target does`,
        "compare the string itself, or use startsWith, endsWith or includes",
      );
    }
    if (tree.type !== "list" || name !== "length") {
      return this.say(
        "SL1104",
        node.span,
        `'${this.text(object)}' is ${describe(tree)} and has no '${name}' a lambda may read`,
        "lists have length",
      );
    }
    const list = tree;
    if (list.nullable) return this.past(object);
    const length = list.shape[list.at.length] ?? null;
    return value(length === null ? { op: "length", list, type: "number" } : constantOf(length));
  }

  protected past(node: Surface): null {
    return this.say(
      "SL1118",
      node.span,
      `'${this.text(node)}' may be past the end of a list of unknown length`,
      "refine the pipeline so that the length is known",
    );
  }

  /** The elements of a list of constants from outside. */
  protected items(list: object, node: Surface): readonly Meaning[] | null {
    if (!Array.isArray(list)) return this.say("SL1108", node.span, `'${this.text(node)}' is an object, not a list`);
    if (list.length > longestList) return this.tooLong(node, list.length);
    return Array.from({ length: list.length }, (_, i) =>
      this.outside(propertyOf(list, String(i), this.text(node)), node.span),
    );
  }

  protected tooLong(node: Surface, length: number): null {
    return this.say("SL1120", node.span, `'${this.text(node)}' has ${length} elements, more than ${longestList}`);
  }
}

/** ` (limits.ts:3:7)`: the place of an offset into a helper function's text. */
function placeIn({ source, location }: Home, offset: number): string {
  if (location === null) return "";
  const lines = source.slice(0, offset).split(/\r\n|\n|\r/);
  const column = (lines.at(-1)?.length ?? 0) + (lines.length === 1 ? location.column : 1);
  return ` (${location.file}:${location.line + lines.length - 1}:${column})`;
}
