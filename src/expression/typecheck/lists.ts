import { didYouMean } from "../../util/did-you-mean.js";
import { callTest, conditional, logicalOp, elementOf, callStringTest } from "../tree/builders.js";
import { helpers } from "./helpers.js";
import { bind, type LambdaMeaning, type Locals, type Meaning, value } from "./bindings.js";
import { methodHints, methods } from "./methods.js";
import { typeComparison, type OperandError } from "./operators.js";
import { propertyOf } from "./constants.js";
import { aggregateHint, longestList, Reading } from "./resolve.js";
import type { Span, Surface } from "../surface/surface.js";
import {
  aggregateFunctions,
  children,
  columnsRead,
  type Constant,
  constantOf,
  type ExpressionTree,
  isConstant,
  isNullable,
  type Index,
  type Read,
  type StringTest,
  stringTests,
  valueOf,
} from "../tree/tree.js";
import { a, describe } from "./type-names.js";

type Method = Extract<Surface, { kind: "method" }>;
type IndexNode = Extract<Surface, { kind: "index" }>;

/** How often one function may stand within itself, as a function handed to itself does; more is recursion. */
const deepestCall = 8;

/** Indexes, methods and calls of functions. */
export abstract class Lists extends Reading {
  /** The length of the list each binder runs over; null: not known. */
  readonly #binders: (number | null)[] = [];
  /** The functions being read, outermost first. */
  readonly #active: LambdaMeaning[] = [];
  /** The lists of which an index is calculated from the position. */
  readonly #calculated = new Set<number>();
  /** How many lists are being written out; then what JavaScript does not come to at some place is not looked at. */
  protected writingOut = 0;
  /** Whether one row of an alert's window is looked at. */
  #inAggregate = false;
  readonly #helpers = helpers((...said) => this.say(...said));

  protected abstract scalar(node: Surface, locals: Locals | null): ExpressionTree | null;
  protected abstract scalarOf(node: Surface, meaning: Meaning): ExpressionTree | null;
  protected abstract boolean(node: Surface, locals: Locals | null, op: string): ExpressionTree | null;

  protected accept(result: ExpressionTree | OperandError, span: Span): ExpressionTree | null {
    return "op" in result ? result : this.say(result.code, span, result.message, result.hint);
  }

  /** The function that a meaning is, or null. */
  protected functionOf(meaning: Meaning, node: Surface): LambdaMeaning | null {
    if (meaning?.kind !== "function") return meaning?.kind === "lambda" ? meaning : null;
    return this.#helpers(meaning.value, meaning.name, node.span);
  }

  /** Reads a function's body for these arguments. */
  protected applied<T>(
    fn: LambdaMeaning,
    args: readonly Meaning[],
    call: Span,
    read: (locals: Locals | null) => T | null,
  ): T | null {
    const again = this.#active.filter(({ body }) => body === fn.body).length;
    if (again >= deepestCall) return this.#recursion(fn, call);
    this.#active.push(fn);
    const result = this.inside(fn.home, call, () => read(bind(fn, args)));
    this.#active.pop();
    return result;
  }

  #recursion(fn: LambdaMeaning, call: Span): null {
    const last = this.#active.map(({ body }) => body).lastIndexOf(fn.body);
    const cycle = [...this.#active.slice(last), fn].map(({ home }) => home.name ?? "a function of the lambda");
    return this.say(
      "SL1048",
      call,
      `'${cycle[0] ?? ""}' calls itself (${cycle.join(" -> ")}); recursion cannot be compiled`,
      "write the condition out",
    );
  }

  protected index(node: IndexNode, locals: Locals | null): Meaning {
    const index = this.scalar(node.index, locals);
    if (index !== null && isConstant(index) && index.type === "string")
      return this.member(node, node.object, String(index.value), locals);
    const owner = this.meaning(node.object, locals);
    if (owner === null || index === null) return null;
    const place = this.#place(index, node.index);
    return place === null ? null : this.#elementAt(node.object, owner, place, node);
  }

  #elementAt(object: Surface, owner: Exclude<Meaning, null>, place: Index, node: Surface): Meaning {
    if (owner.kind === "object" || owner.kind === "items") return this.#item(owner, place, object, node);
    const list = this.tree(object, owner);
    if (list === null) return null;
    if (list.type !== "list")
      return this.say(
        "SL1108",
        node.span,
        `'${this.text(object)}' is ${describe(list)}, not a list`,
        "leave the index out",
      );
    if (list.nullable && object.kind !== "optional") return this.past(object);
    const size = list.shape[list.at.length] ?? null;
    const reach = typeof place === "number" ? place + 1 : (this.#binders[place.binder] ?? null);
    if (size !== null && reach !== null && reach > size) return this.#pastEnd(object, size, node);
    return value(elementOf(list, place, list.nullable || size === null || reach === null));
  }

  #pastEnd(object: Surface, size: number, node: Surface): null {
    const place = node.kind === "index" ? `, so [${this.text(node.index)}] is past its end` : "";
    return this.say(
      "SL1105",
      node.span,
      `'${this.text(object)}' has ${size} element${size === 1 ? "" : "s"}${place}`,
      "the first element is [0]",
    );
  }

  #place(index: ExpressionTree, node: Surface): Index | null {
    if (index.op === "position") return { binder: index.binder };
    if (!isConstant(index)) {
      const positions = positionsIn(index);
      for (const binder of positions) this.#calculated.add(binder);
      const hint =
        positions.length === 0
          ? "only a constant, or the position that every and some hand over, may be an index"
          : `in a list of known length, up to ${longestList}, an index may be calculated from the position`;
      return this.say("SL1106", node.span, `the index '${this.text(node)}' is not a constant`, hint);
    }
    const place = valueOf(index);
    if (typeof place === "number" && Number.isSafeInteger(place) && place >= 0) return place + 0;
    return this.say(
      "SL1106",
      node.span,
      `an index is a whole number from 0 on, not ${String(place)}`,
      typeof place === "number" && place < 0 ? "count from the start of the list, or use .at(…)" : undefined,
    );
  }

  /** An element of a list from outside, or of one written in the lambda. */
  #item(owner: Extract<Meaning, { kind: "object" | "items" }>, place: Index, object: Surface, node: Surface): Meaning {
    const text = this.text(object);
    if (typeof place === "number") {
      if (owner.kind === "object") return this.outside(propertyOf(owner.value, String(place), text), node.span);
      return place < owner.items.length
        ? (owner.items[place] ?? null)
        : this.#pastEnd(object, owner.items.length, node);
    }
    const items = owner.kind === "items" ? owner.items : this.items(owner.value, object);
    if (items === null) return null;
    const constants = items.flatMap((item): Constant[] =>
      item?.kind === "value" && isConstant(item.node) ? [item.node] : [],
    );
    const [first] = constants;
    if (
      first === undefined ||
      constants.length !== items.length ||
      constants.some((item) => item.type !== first.type)
    ) {
      return this.say("SL1101", node.span, `'${text}' is not a list of constants of one type`);
    }
    const reach = this.#binders[place.binder] ?? null;
    if (reach === null || reach > constants.length) {
      return this.say(
        "SL1105",
        node.span,
        `'${text}' has ${constants.length} elements, and the position may be past its end`,
      );
    }
    return value({ op: "pick", items: constants, binder: place.binder, type: first.type });
  }

  /** The elements of a list whose length is known. */
  protected elements(node: Surface, owner: Meaning): readonly Meaning[] | null {
    if (owner?.kind === "items") return owner.items;
    if (owner?.kind === "object") return this.items(owner.value, node);
    const list = this.#list(node, owner);
    if (list === null) return null;
    const length = list.shape[list.at.length] ?? null;
    if (length === null)
      return this.say(
        "SL1118",
        node.span,
        `the length of '${this.text(node)}' is not known, and its elements are needed one by one`,
        "refine the pipeline so that the length is known",
      );
    if (length > longestList) return this.tooLong(node, length);
    return Array.from({ length }, (_, place) => value(elementOf(list, place, false)));
  }

  #list(node: Surface, owner: Meaning): Read | null {
    const list = this.tree(node, owner);
    if (list === null) return null;
    if (list.type !== "list")
      return this.say(
        "SL1108",
        node.span,
        `'${this.text(node)}' is ${describe(list)}, not a list`,
        "compare it directly",
      );
    return list.nullable ? this.past(node) : list;
  }

  protected method(node: Method, locals: Locals | null): Meaning {
    const owner = this.meaning(node.object, locals);
    const args = node.args.map((arg) => this.meaning(arg, locals));
    if (owner === null || args.includes(null)) return null;
    if (owner.kind === "rows") return this.#aggregate(node, args);
    if (!methods.includes(node.name)) {
      const hint = methodHints[node.name];
      const near = hint === undefined ? didYouMean(node.name, methods) : "";
      return this.say(
        "SL1115",
        node.span,
        `'${node.name}' is no method a lambda may call${near}`,
        hint ??
          "lists have every, some, includes, indexOf, reduce and at; strings have startsWith, endsWith and includes",
      );
    }
    if (owner.kind === "value" && owner.node.type !== "list") return this.#ofString(node, owner.node, args);
    switch (node.name) {
      case "every":
      case "some":
        return this.#quantified(node, node.name, owner, args);
      case "includes":
        return this.#includes(node, owner, args);
      case "indexOf":
        return this.#indexOf(node, owner, args);
      case "reduce":
        return this.#reduced(node, owner, args);
      case "at":
        return this.#at(node, owner, args);
      default:
        return this.say(
          "SL1115",
          node.span,
          `a list has no '${node.name}'`,
          "strings have startsWith and endsWith; take one element with [i]",
        );
    }
  }

  #aggregate(node: Method, args: readonly Meaning[]): Meaning {
    const { name, span } = node;
    const fn = aggregateFunctions.find((known) => known === name);
    if (fn === undefined)
      return this.say(
        "SL1115",
        span,
        `'${name}' is no aggregate${didYouMean(name, aggregateFunctions)}`,
        aggregateHint,
      );
    if (this.#inAggregate)
      return this.say(
        "SL1123",
        span,
        `'${name}' looks at the whole window, and stands where one row is looked at`,
        "compare aggregates with each other outside of them: all.max(f) - all.avg(f) < 1",
      );
    const given = fn === "quantile" ? this.#share(node, args) : null;
    if (given === undefined) return null;
    const [body, more] = fn === "quantile" ? args.slice(1) : args;
    const boolean = fn === "count" || fn === "share";
    const what = `${fn === "quantile" ? "a share and " : ""}${boolean ? "a condition" : "a function that gives a number"} of one row`;
    if (body === undefined && fn === "count")
      return value({ op: "aggregate", fn, quantile: null, body: null, type: "number" });
    if (body === undefined || more !== undefined)
      return this.say(
        "SL1116",
        span,
        `'${name}' takes ${what}, not ${args.length} argument${args.length === 1 ? "" : "s"}`,
        `write all.${fn}(${fn === "quantile" ? "0.9, " : ""}(x) => …)`,
      );
    const tree = this.#ofRow(node, node.args[args.indexOf(body)] ?? node, body, boolean ? "boolean" : "number", what);
    if (tree === null) return null;
    if (fn === "count" && isConstant(tree) && tree.value === true)
      return value({ op: "aggregate", fn, quantile: null, body: null, type: "number" });
    if (columnsRead(tree).length === 0)
      return this.say(
        "SL1124",
        span,
        `what '${name}' is asked of reads nothing of the row`,
        "all.count() is the number of rows",
      );
    return value({ op: "aggregate", fn, quantile: given, body: tree, type: "number" });
  }

  /** The share a quantile is asked for; undefined where there is none. */
  #share(node: Method, [given]: readonly Meaning[]): number | undefined {
    const [argument] = node.args;
    const share = given?.kind === "value" && isConstant(given.node) ? valueOf(given.node) : null;
    if (typeof share === "number" && share >= 0 && share <= 1) return share + 0;
    this.say(
      "SL1122",
      argument?.span ?? node.span,
      "'quantile' takes a constant from 0 to 1",
      "the median is all.quantile(0.5, (x) => …)",
    );
    return undefined;
  }

  /** What a function of one row gives. */
  #ofRow(
    node: Method,
    argument: Surface,
    given: Meaning,
    type: "boolean" | "number",
    what: string,
  ): ExpressionTree | null {
    const fn =
      given?.kind === "lambda" || given?.kind === "function"
        ? this.functionOf(given, argument)
        : this.say(
            "SL1116",
            argument.span,
            `'${node.name}' takes ${what}, and '${this.text(argument)}' is no function`,
          );
    if (fn === null) return null;
    if (fn.params.length > 1)
      return this.say(
        "SL1116",
        argument.span,
        `the function of '${node.name}' is handed one row, and takes ${fn.params.length} arguments`,
      );
    this.#inAggregate = true;
    const tree = this.applied(fn, [{ kind: "row" }], node.span, (locals) => this.scalar(fn.body, locals));
    this.#inAggregate = false;
    if (tree === null) return null;
    const hint =
      type === "number" && tree.type === "bigint"
        ? "int64 and uint64 ports hold bigints, which have no aggregates; count those that meet a condition"
        : undefined;
    if (tree.type !== type)
      return this.say(
        "SL1122",
        argument.span,
        `'${node.name}' takes ${what}, and this one gives ${a[tree.type]}`,
        hint,
      );
    return isNullable(tree)
      ? this.say(
          "SL1118",
          argument.span,
          `what '${node.name}' is asked of may be missing`,
          type === "number" ? "give it a value with ??" : "write === true",
        )
      : tree;
  }

  #ofString(node: Method, owner: ExpressionTree, args: readonly Meaning[]): Meaning {
    const name = stringTests.find((test) => test === node.name);
    if (owner.type !== "string" || name === undefined) {
      return this.say(
        "SL1108",
        node.span,
        `'${this.text(node.object)}' is ${a[owner.type]}, and '${node.name}' is asked of ${name === undefined ? "a list" : "a string or a list"}`,
        "compare it directly",
      );
    }
    if (isNullable(owner))
      return this.say(
        "SL1118",
        node.object.span,
        `'${this.text(node.object)}' may be missing, and JavaScript then throws`,
        `write (${this.text(node.object)} ?? "").${name}(…)`,
      );
    const [argument] = node.args;
    if (argument === undefined || args.length !== 1)
      return this.say("SL1116", node.span, `'${name}' takes one string, not ${args.length} arguments`);
    const text = this.scalarOf(argument, args[0] ?? null);
    if (text === null) return null;
    if (isConstant(text) && text.type === "string")
      return value(callStringTest(name satisfies StringTest, owner, String(text.value)));
    return this.say(
      "SL1116",
      argument.span,
      `'${name}' takes a constant string, and '${this.text(argument)}' is ${isConstant(text) ? a[text.type] : "none"}`,
      "compare two columns with ===",
    );
  }

  /** The function that a method is given; `handed` is what it is handed, at most. */
  #callback(node: Method, args: readonly Meaning[], handed: number, what: string): LambdaMeaning | null {
    const [argument] = node.args;
    if (argument === undefined)
      return this.say("SL1116", node.span, `'${node.name}' takes one function, not 0 arguments`);
    const [first] = args;
    if (first?.kind !== "lambda" && first?.kind !== "function")
      return this.say(
        "SL1116",
        argument.span,
        `'${node.name}' takes a function of ${what}`,
        "write it in place: (v) => v > 0",
      );
    const fn = this.functionOf(first, argument);
    if (fn !== null && fn.params.length > handed)
      return this.say("SL1116", argument.span, `the function of '${node.name}' is handed ${what}, no more`);
    return fn;
  }

  #quantified(node: Method, op: "every" | "some", owner: Meaning, args: readonly Meaning[]): Meaning {
    if (args.length > 1)
      return this.say("SL1116", node.span, `'${op}' takes one function, not ${args.length} arguments`);
    const test = this.#callback(node, args, 2, "an element and its position");
    if (test === null) return null;
    const asked = (element: Meaning, position: Meaning) =>
      this.applied(test, [element, position], node.span, (locals) => this.boolean(test.body, locals, op));
    if (owner?.kind === "object" || owner?.kind === "items") {
      const bodies = this.elements(node.object, owner)?.map((item, i) => asked(item, value(constantOf(i))));
      return this.#connected(op, bodies);
    }
    const list = this.#list(node.object, owner);
    return list && this.#overList(op, list, asked);
  }

  #connected(op: "every" | "some", bodies: readonly (ExpressionTree | null)[] | undefined): Meaning {
    const trees = bodies?.filter((body) => body !== null);
    return trees !== undefined && trees.length === bodies?.length
      ? value(logicalOp(op === "every" ? "&&" : "||", trees))
      : null;
  }

  #overList(
    op: "every" | "some",
    list: Read,
    asked: (element: Meaning, position: Meaning) => ExpressionTree | null,
  ): Meaning {
    const length = list.shape[list.at.length] ?? null;
    const binder = this.#binders.push(length) - 1;
    const said = this.diagnostics.length;
    const body = asked(value(elementOf(list, { binder }, false)), value({ op: "position", binder, type: "number" }));
    if (this.#calculated.delete(binder) && length !== null && length <= longestList) {
      this.diagnostics.length = said;
      return this.#writtenOut(op, list, length, asked);
    }
    if (body === null) return null;
    if (length !== null && (length === 0 || isConstant(body)))
      return value(length === 0 ? constantOf(op === "every") : body);
    return value({ op, list, binder, body, type: "boolean" });
  }

  /** Element by element, so that the places are constants: what is calculated from them may be an index. */
  #writtenOut(
    op: "every" | "some",
    list: Read,
    length: number,
    asked: (element: Meaning, position: Meaning) => ExpressionTree | null,
  ): Meaning {
    this.writingOut++;
    const bodies = Array.from({ length }, (_, place) =>
      asked(value(elementOf(list, place, false)), value(constantOf(place))),
    );
    this.writingOut--;
    return this.#connected(op, bodies);
  }

  #includes(node: Method, owner: Meaning, args: readonly Meaning[]): Meaning {
    const [argument] = node.args;
    if (argument === undefined || args.length !== 1)
      return this.say("SL1116", node.span, `'includes' takes one value, not ${args.length} arguments`);
    const sought = this.scalarOf(argument, args[0] ?? null);
    if (sought === null) return null;
    const same = (item: Meaning) => {
      const element = this.scalarOf(node.object, item);
      return element && this.#same(element, sought, node.span);
    };
    if (owner?.kind === "object" || owner?.kind === "items")
      return this.#connected("some", this.elements(node.object, owner)?.map(same));
    const list = this.#list(node.object, owner);
    return list && this.#overList("some", list, same);
  }

  /** The first place of what is sought, or -1. */
  #indexOf(node: Method, owner: Meaning, args: readonly Meaning[]): Meaning {
    const [argument] = node.args;
    if (argument === undefined || args.length !== 1)
      return this.say("SL1116", node.span, `'indexOf' takes one value, not ${args.length} arguments`);
    const sought = this.scalarOf(argument, args[0] ?? null);
    const items = this.elements(node.object, owner);
    if (sought === null || items === null) return null;
    const tests = items.map((item) => {
      const element = this.scalarOf(node.object, item);
      return element && this.accept(typeComparison("===", element, sought), node.span);
    });
    const place = tests.reduceRight<ExpressionTree | null>(
      (rest, test, i) => rest && test && conditional(test, constantOf(i), rest),
      constantOf(-1),
    );
    return place && value(place);
  }

  /** Equal as `includes` sees it: NaN is itself. */
  #same(element: ExpressionTree, sought: ExpressionTree, span: Span): ExpressionTree | null {
    const equal = this.accept(typeComparison("===", element, sought), span);
    if (equal === null || element.type !== "number") return equal;
    return logicalOp("||", [equal, logicalOp("&&", [callTest("isNaN", element), callTest("isNaN", sought)])]);
  }

  #reduced(node: Method, owner: Meaning, args: readonly Meaning[]): Meaning {
    if (args.length > 2)
      return this.say("SL1116", node.span, `'reduce' takes a function and a start, not ${args.length} arguments`);
    const step = this.#callback(node, args, 3, "what came out so far, an element and its position");
    const items = this.elements(node.object, owner);
    if (step === null || items === null) return null;
    const [start, ...rest] = args.length === 2 ? [args[1] ?? null, ...items] : items;
    if (start === undefined)
      return this.say(
        "SL1116",
        node.span,
        "'reduce' of an empty list without a start throws in JavaScript",
        "give it a start: .reduce((sum, v) => sum + v, 0)",
      );
    const skipped = args.length === 2 ? 0 : 1;
    return rest.reduce<Meaning>(
      (so, item, i) =>
        so &&
        this.applied(step, [so, item, value(constantOf(i + skipped))], node.span, (locals) =>
          this.meaning(step.body, locals),
        ),
      start,
    );
  }

  #at(node: Method, owner: Exclude<Meaning, null>, args: readonly Meaning[]): Meaning {
    const [argument] = node.args;
    if (argument === undefined || args.length !== 1)
      return this.say("SL1116", node.span, `'at' takes one place, not ${args.length} arguments`);
    const index = this.scalarOf(argument, args[0] ?? null);
    if (index === null) return null;
    if (!isConstant(index) || !Number.isSafeInteger(valueOf(index)))
      return this.say("SL1106", argument.span, `'at' takes a constant whole number`);
    const place = valueOf(index) as number;
    if (place >= 0) return this.#elementAt(node.object, owner, place + 0, node);
    const items = this.elements(node.object, owner);
    if (items === null) return null;
    return items.at(place) ?? this.#pastEnd(node.object, items.length, node);
  }
}

/** The lists whose positions a number is calculated from. */
function positionsIn(tree: ExpressionTree): readonly number[] {
  return tree.op === "position" ? [tree.binder] : children(tree).flatMap(positionsIn);
}
