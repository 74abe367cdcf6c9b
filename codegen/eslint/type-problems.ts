import type { RowScope } from "../../dsl/row.js";
import type { DType, Port } from "../../dsl/tensor.js";
import { helperKey } from "../../src/expression/surface/attachment.js";
import type { Constants, Diagnostic, Surface, SurfaceLambda } from "../../src/expression/surface/surface.js";
import { typeAlert, typeExpression } from "../../src/expression/typecheck/typecheck.js";
import type { CheckedFile, CheckedFunction } from "../lambda/attach/attach.js";
import type { FreePath } from "../lambda/lower/context.js";
import { functionNamed } from "../lambda/lower/find-functions.js";
import { isGlobal } from "../lambda/lower/globals.js";
import { nodesIn } from "../lambda/surface-nodes.js";
import { constantOfType, isUnseenCall } from "./constant-types.js";
import { type KnownPorts, type KnownRow, rowsOfPipeline, unknownRow } from "./row-types.js";
import type { TypeInformation } from "./type-information.js";

/** The codes that can hold whatever types a row's values have. The others need the model's signature. */
const untypedCodes: ReadonlySet<string> = new Set([
  "SL1021",
  "SL1106",
  "SL1114",
  "SL1115",
  "SL1116",
  "SL1122",
  "SL1123",
  "SL1124",
]);

/** There is no such port or model, or several ports and none is named. */
const portCodes: ReadonlySet<string> = new Set(["SL1102", "SL1103", "SL1109"]);

/** A guess of what all ports and all constants from other files hold. */
interface Guess {
  readonly dtype: DType;
  readonly sizes: readonly number[];
  readonly constant: unknown;
}

const guesses: readonly Guess[] = [
  { dtype: "float64", sizes: [1], constant: 1 },
  { dtype: "float64", sizes: [8], constant: [1, 2] },
  { dtype: "string", sizes: [], constant: "a" },
  { dtype: "string", sizes: [8], constant: ["a"] },
  { dtype: "int64", sizes: [1], constant: 1n },
  { dtype: "int64", sizes: [8], constant: [1n] },
  { dtype: "bool", sizes: [1], constant: true },
  { dtype: "bool", sizes: [8], constant: [true] },
  { dtype: "float32", sizes: [8, 8], constant: 1 },
  { dtype: "string", sizes: [1], constant: ["a"] },
  { dtype: "int64", sizes: [1], constant: [1n] },
  { dtype: "float64", sizes: [1], constant: [1, 2] },
];

/** One guess, and whether anything that it fills in was used. */
class Guessing {
  readonly nth: number;
  readonly #guess: Guess;
  isUsed = false;

  constructor(nth: number, guess: Guess) {
    this.nth = nth;
    this.#guess = guess;
  }

  port(name: string): Port {
    this.isUsed = true;
    return { name, dtype: this.#guess.dtype, shape: ["batch", ...this.#guess.sizes] };
  }

  constant(): unknown {
    this.isUsed = true;
    return this.#guess.constant;
  }
}

/**
 * What the compiler's type check refuses in a lambda. The ports and constants that type information shows are those of
 * the lambda; without it, or where the types say too little, the check runs with one guess after another, and what it
 * says about all of them is reported: `x.out.scores.map(…)`, `Math.sin(v)`. The first guess that fits ends the search.
 */
export function typeProblems(
  fn: CheckedFunction,
  file: CheckedFile,
  types: TypeInformation | null,
): readonly Diagnostic[] {
  const { lowered } = fn;
  if (!("lambda" in lowered) || lowered.lambda === null) return [];
  if (file.functions.some((other) => (other === fn || other.role === "helper") && mayCallUnknown(other, file, types)))
    return [];
  let common: readonly Diagnostic[] | null = null;
  for (const row of rowsOf(fn, types)) {
    const refused = problemsInRow(fn, lowered.lambda, row, file, types);
    common = (common ?? refused).filter((known) => isIn(refused, known));
    if (common.length === 0) return [];
  }
  return common ?? [];
}

/** The rows that a lambda may see; it may be given to several pipelines. */
function rowsOf({ receivers }: CheckedFunction, types: TypeInformation | null): readonly KnownRow[] {
  if (types === null) return [unknownRow];
  return receivers.flatMap((receiver) => {
    const type = types.typeAt(receiver.getStart(), receiver.end);
    return (type && rowsOfPipeline(type, types)) ?? [unknownRow];
  });
}

function problemsInRow(
  fn: CheckedFunction,
  lambda: SurfaceLambda,
  row: KnownRow,
  file: CheckedFile,
  types: TypeInformation | null,
): readonly Diagnostic[] {
  const names = memberNames(file.functions.flatMap((other) => nodesOf(other)));
  const type = fn.role === "alert" ? typeAlert : typeExpression;
  const mayHold = ({ code }: Diagnostic) => !isUnknown(row) || untypedCodes.has(code);
  let common: readonly Diagnostic[] | null = null;
  for (const [nth, guess] of guesses.entries()) {
    const guessing = new Guessing(nth, guess);
    const constants = guessedConstants(fn, file, guessing, types);
    const found = possibleScopes(row, names, guessing)
      .map((scope) => type(lambda, scope, constants))
      .map((typed) => (typed.ok ? [] : typed.diagnostics.filter((found) => !isUnseenCall(found))));
    const refused = withFittingNames(found, row);
    if (refused === undefined) return [];
    // Which functions call which depends on no type.
    const recursion = refused.filter(({ code }) => code === "SL1048");
    if (recursion.length > 0) return recursion;
    common = (common ?? refused.filter(mayHold)).filter((known) => isIn(refused, known));
    if (common.length === 0 || !guessing.isUsed) break;
  }
  return common ?? [];
}

/**
 * What is said about the first row in which no name is wrong by the guess alone. A port that is wrong in all rows is
 * one of those that the types show.
 */
function withFittingNames(found: readonly (readonly Diagnostic[])[], row: KnownRow): readonly Diagnostic[] | undefined {
  const isCertain = (port: Diagnostic) => !isUnknown(row) && found.every((refused) => isIn(refused, port));
  return found.find((refused) => refused.every((one) => !portCodes.has(one.code) || isCertain(one)));
}

/** Whether the type shows all ports of no side. */
const isUnknown = ({ inputs, outputs }: KnownRow): boolean => inputs.open && outputs.open;

const isIn = (list: readonly Diagnostic[], known: Diagnostic): boolean => list.some((found) => isSame(known, found));

const isSame = (a: Diagnostic, b: Diagnostic): boolean =>
  a.code === b.code && a.start === b.start && a.end === b.end && a.message === b.message;

/** The known ports; where a side is open, a port for each name that the lambda reads, or a lone port without a name. */
function possibleScopes(row: KnownRow, names: readonly string[], guessing: Guessing): RowScope[] {
  const outputsOf = (known: KnownPorts) => sides(known, names, guessing)[0] ?? [];
  const any = row.models === null ? outputsOf(unknownRow.outputs) : [];
  const models = Object.fromEntries(
    row.models === null
      ? names.map((name) => [name, any])
      : Object.entries(row.models).map(([model, known]) => [model, outputsOf(known)]),
  );
  return sides(row.inputs, names, guessing).flatMap((inputs) =>
    sides(row.outputs, names, guessing).map((outputs) => ({ inputs, outputs, models })),
  );
}

function sides({ ports, open }: KnownPorts, names: readonly string[], guessing: Guessing): (readonly Port[])[] {
  const known = ports.map(({ name, port }) => port ?? guessing.port(name));
  if (!open) return [known];
  const further = names.filter((name) => !ports.some((port) => port.name === name));
  const all = [...known, ...further.map((name) => guessing.port(name))];
  if (known.length === 1) return [all, known];
  // In two rows with other names, messages that list the names of an open side are not the same.
  return [all, [...(known.length > 1 ? all : []), guessing.port("value")]];
}

const nodesOf = ({ lowered }: CheckedFunction): Surface[] =>
  nodesIn(("lambda" in lowered ? lowered.lambda?.body : lowered.helper) ?? null);

/** All names after a dot or in brackets: ports, models, properties. */
const memberNames = (nodes: readonly Surface[]): string[] => [
  ...new Set(
    nodes.flatMap((node) => {
      if (node.kind === "member") return [node.name];
      return node.kind === "index" && node.index.kind === "number" ? [String(node.index.value)] : [];
    }),
  ),
];

/** Whether a name that neither the file nor its types show may be called: it is called, or given to a function. */
function mayCallUnknown(fn: CheckedFunction, { declarations }: CheckedFile, types: TypeInformation | null): boolean {
  const isUnknown = ({ path: [root = ""], span: [start] }: FreePath) =>
    functionNamed(root, fn.node, declarations) === null &&
    (types === null || types.typeAt(fn.offset + start, fn.offset + start + root.length) === null);
  return (
    fn.called.some(isUnknown) ||
    nodesOf(fn).some(
      (at) =>
        (at.kind === "apply" || at.kind === "method") &&
        at.args.some((arg) => arg.kind === "free" && !isGlobal(arg.path[0] ?? "") && isUnknown(arg)),
    )
  );
}

/** The names from outside: functions of the file with their trees, and values by their types or by the guess. */
function guessedConstants(
  { node, lowered, offset }: CheckedFunction,
  file: CheckedFile,
  guessing: Guessing,
  types: TypeInformation | null,
): Constants {
  const constants: Record<string, unknown> = {};
  for (const { path, span } of lowered.free) {
    const [root = "", ...rest] = path;
    if (isGlobal(root) || typeof constants[root] === "function") continue;
    const fn = functionNamed(root, node, file.declarations);
    const helper = fn && file.functions.find((other) => other.node === fn);
    if (helper) {
      constants[root] = attached(helper, file, guessing, types);
      continue;
    }
    const start = offset + span[0];
    const type = types?.typeAt(start, start + root.length);
    const typed = types && type ? constantOfType(type, rest, guessing.nth, types) : null;
    if (typed?.exact === false) guessing.isUsed = true;
    constants[root] = merged(constants[root], typed ? typed.value : withPath(rest, guessing.constant()));
  }
  return constants;
}

/** A function as the bundler plugin leaves it. Its names are read when it is called: functions may call one another. */
function attached(
  helper: CheckedFunction,
  file: CheckedFile,
  guessing: Guessing,
  types: TypeInformation | null,
): object {
  const { lowered } = helper;
  const names = new Set(lowered.free.map(({ path: [root = ""] }) => root).filter((root) => !isGlobal(root)));
  const read = (name: string) => () => guessedConstants(helper, file, guessing, types)[name];
  const constants = Object.fromEntries([...names].map((name) => [name, read(name)]));
  const tree = "helper" in lowered ? lowered.helper : null;
  return Object.assign(() => undefined, { [helperKey]: { ...lowered, helper: tree, constants } });
}

/** A value at a path: `{ max: 1 }` for `["max"]`. */
const withPath = (path: readonly string[], value: unknown): unknown =>
  path.reduceRight((inner, key) => ({ [key]: inner }), value);

/** What two uses of a name show of its value: `{ min: 0, max: 1 }`. */
function merged(known: unknown, value: unknown): unknown {
  if (!isPlainObject(value)) return known ?? value;
  if (!isPlainObject(known)) return value;
  const keys = new Set([...Object.keys(known), ...Object.keys(value)]);
  return Object.fromEntries([...keys].map((key) => [key, merged(known[key], value[key])]));
}

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
