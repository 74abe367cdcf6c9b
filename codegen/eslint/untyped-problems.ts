import type { RowScope } from "../../dsl/row.js";
import type { DType, Port } from "../../dsl/tensor.js";
import { helperKey } from "../../src/expression/surface/attachment.js";
import type { Constants, Diagnostic, Surface, SurfaceLambda } from "../../src/expression/surface/surface.js";
import { typeAlert, typeExpression } from "../../src/expression/typecheck/typecheck.js";
import type { CheckedFile, CheckedFunction } from "../lambda/attach/attach.js";
import { functionNamed } from "../lambda/lower/find-functions.js";
import { isGlobal } from "../lambda/lower/globals.js";
import { nodesIn } from "../lambda/surface-nodes.js";

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

/**
 * What type checking refuses in a lambda whatever its ports hold: `x.out.scores.map(…)`, `Math.sin(v)`. The compiler's
 * own type check runs with one guess after another; what it says about all of them is reported. The first guess that
 * fits ends the search.
 */
export function untypedProblems(fn: CheckedFunction, file: CheckedFile): readonly Diagnostic[] {
  const { lowered, role } = fn;
  if (!("lambda" in lowered) || lowered.lambda === null) return [];
  if (file.functions.some((other) => (other === fn || other.role === "helper") && mayCallUnknown(other, file)))
    return [];
  const names = memberNames(file.functions.flatMap((other) => nodesOf(other)));
  const type = role === "alert" ? typeAlert : typeExpression;
  let common: readonly Diagnostic[] | null = null;
  for (const guess of guesses) {
    const constants = guessedConstants(fn, file, guess.constant);
    const refused = guessedScopes(names, guess)
      .map((scope) => type(lowered.lambda as SurfaceLambda, scope, constants))
      .map((typed) => (typed.ok ? [] : typed.diagnostics))
      // A row in which a name is no port says nothing.
      .find((diagnostics) => !diagnostics.some(({ code }) => portCodes.has(code)));
    if (refused === undefined) return [];
    // Which functions call which depends on no type.
    const recursion = refused.filter(({ code }) => code === "SL1048");
    if (recursion.length > 0) return recursion;
    common = (common ?? refused.filter(({ code }) => untypedCodes.has(code))).filter((known) =>
      refused.some((found) => isSame(known, found)),
    );
    if (common.length === 0) return [];
  }
  return common ?? [];
}

const isSame = (a: Diagnostic, b: Diagnostic): boolean =>
  a.code === b.code && a.start === b.start && a.end === b.end && a.message === b.message;

/** A row with a port for each name that the lambda reads, and rows whose lone ports need no name. */
function guessedScopes(names: readonly string[], { dtype, sizes }: Guess): RowScope[] {
  const port = (name: string): Port => ({ name, dtype, shape: ["batch", ...sizes] });
  const all = names.map(port);
  const lone = [port("value")];
  const models = Object.fromEntries(names.map((name) => [name, all]));
  return [
    { inputs: all, outputs: all, models },
    { inputs: all, outputs: lone, models },
    { inputs: lone, outputs: all, models },
    { inputs: lone, outputs: lone, models },
  ];
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

/** Whether a name from outside that the file does not show may be called: it is called, or given to a function. */
function mayCallUnknown(fn: CheckedFunction, { declarations }: CheckedFile): boolean {
  const isUnknown = ([root = ""]: readonly string[]) => functionNamed(root, fn.node, declarations) === null;
  return (
    fn.called.some(({ path }) => isUnknown(path)) ||
    nodesOf(fn).some(
      (at) =>
        (at.kind === "apply" || at.kind === "method") &&
        at.args.some((arg) => arg.kind === "free" && !isGlobal(arg.path[0] ?? "") && isUnknown(arg.path)),
    )
  );
}

/** The names from outside: functions of the file with their trees, and the guess for all other values. */
function guessedConstants({ node, lowered }: CheckedFunction, file: CheckedFile, guess: unknown): Constants {
  const constants: Record<string, unknown> = {};
  for (const { path } of lowered.free) {
    const [root = "", ...rest] = path;
    if (isGlobal(root) || typeof constants[root] === "function") continue;
    const fn = functionNamed(root, node, file.declarations);
    const helper = fn && file.functions.find((other) => other.node === fn);
    constants[root] = helper ? attached(helper, file, guess) : withPath(constants[root], rest, guess);
  }
  return constants;
}

/** A function as the bundler plugin leaves it. Its names are read when it is called: functions may call one another. */
function attached(helper: CheckedFunction, file: CheckedFile, guess: unknown): object {
  const { lowered } = helper;
  const names = new Set(lowered.free.map(({ path: [root = ""] }) => root).filter((root) => !isGlobal(root)));
  const read = (name: string) => () => guessedConstants(helper, file, guess)[name];
  const constants = Object.fromEntries([...names].map((name) => [name, read(name)]));
  const tree = "helper" in lowered ? lowered.helper : null;
  return Object.assign(() => undefined, { [helperKey]: { ...lowered, helper: tree, constants } });
}

/** A value at a path: `{ max: 1 }` for `["max"]`, joined with what other paths need. */
function withPath(known: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return known ?? value;
  const owner = typeof known === "object" && known !== null && !Array.isArray(known) ? known : {};
  return { ...owner, [key]: withPath((owner as Record<string, unknown>)[key], rest, value) };
}
