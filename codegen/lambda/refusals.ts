import type { Diagnostic } from "../../src/expression/surface/surface.js";

/** A reason to refuse source code: a stable code, the problem, and what to write instead. */
export interface Refusal {
  readonly code: Diagnostic["code"];
  readonly message: string;
  readonly hint?: string;
}

const inlineHint = "write the condition out, or call a helper function of the project by its name";

/** How names from outside a lambda get their values. */
export const compileHint =
  "compile the file with `shapeline compile`, which resolves names, and deploy the config: `deploy(target, { config })`; or write the value into the lambda";

/**
 * All refusals of the lowering. Each kind of mistake has its own code; `dsl/messages/error-codes.ts` has the titles.
 */
export const refusals = {
  syntax: (what: string) => ({ code: "SL1000", message: `the lambda does not parse: ${what}` }),
  notAFunction: (what: string) => ({
    code: "SL1001",
    message: `${what} is not a lambda`,
    hint: "pass an arrow function or a function expression: `(x) => x.out < 1`",
  }),
  asyncFunction: (what: string) => ({
    code: "SL1002",
    message: `${what} does not return a plain value`,
    hint: "write a plain function: `(x) => x.out < 1`",
  }),
  parameters: () => ({
    code: "SL1003",
    message: "the lambda takes one row, but has more than one parameter",
    hint: "take one parameter and read from it: `(x) => x.in.amount < x.out.limit`",
  }),
  rest: () => ({
    code: "SL1004",
    message: "a rest element collects values that the compiler cannot name",
    hint: "name each port or element you need",
  }),
  defaultValue: () => ({
    code: "SL1005",
    message: "a default value would hide a missing port",
    hint: "remove the default; every row has every port of the signature",
  }),
  computedKey: () => ({
    code: "SL1006",
    message: "a computed key in a pattern cannot be compiled",
    hint: 'name the key: `({ "a b": value }) => …`',
  }),
  assignment: (what: string) => ({
    code: "SL1007",
    message: `\`${what}\` changes a value; a lambda only computes one`,
    hint: "bind each new value with `const`",
  }),
  loop: () => ({
    code: "SL1008",
    message: "a loop cannot be compiled",
    hint: "use `every` or `some` on the values: `x.out.scores.every((v) => v < 1)`",
  }),
  asyncOperator: (what: string) => ({
    code: "SL1009",
    message: `\`${what}\` waits for something outside the row`,
    hint: "compute it before the pipeline is built and use it as a constant",
  }),
  newExpression: () => ({
    code: "SL1010",
    message: "`new` creates an object; a lambda works on plain values",
    hint: "create it outside the lambda and use a number, string or boolean from it as a constant",
  }),
  callContext: (what: string) => ({
    code: "SL1011",
    message: `\`${what}\` depends on how the function is called`,
    hint: "read from the lambda's parameter, or put the value into a constant",
  }),
  unknownCall: (what: string, hint: string = inlineHint) => ({
    code: "SL1012",
    message: `${what} is a function the compiler does not know`,
    hint,
  }),
  looseEquality: (op: string) => ({
    code: "SL1013",
    message: `\`${op}\` converts its operands before it compares them`,
    hint: `write \`${op}=\`; \`${op} null\` is the only exception`,
  }),
  bitwise: (op: string) => ({
    code: "SL1016",
    message: `\`${op}\` works on 32-bit integers, which no target supports`,
    hint: "use `&&`, `||` and `!` for conditions, and arithmetic for numbers",
  }),
  regularExpression: () => ({
    code: "SL1017",
    message: "regular expressions differ between targets",
    hint: "use `startsWith`, `endsWith`, `includes` or `===`",
  }),
  time: (what: string) => ({
    code: "SL1018",
    message: `\`${what}\` reads the clock; a lambda must give the same result for the same row`,
    hint: "send the time as a column of the request and read it from `x.in`",
  }),
  randomness: (what: string) => ({
    code: "SL1019",
    message: `\`${what}\` is random; a lambda must give the same result for the same row`,
    hint: "send the random number as a column of the request and read it from `x.in`",
  }),
  templatePlaceholder: () => ({
    code: "SL1020",
    message: "a template with placeholders builds a string, which no target supports",
    hint: "compare the parts one by one",
  }),
  spread: () => ({
    code: "SL1021",
    message: "a spread cannot be compiled",
    hint: "name the elements, `Math.max(s[0], s[1])`, or use `every` and `some`",
  }),
  objectLiteral: () => ({
    code: "SL1022",
    message: "a lambda cannot create an object",
    hint: "return one boolean; bind intermediate values with `const`",
  }),
  sparseArray: () => ({
    code: "SL1024",
    message: "a list with a missing element",
    hint: "write each element",
  }),
  comma: () => ({
    code: "SL1026",
    message: "the comma operator discards its first value",
    hint: "keep only the last expression, or bind the first with `const`",
  }),
  objectOperator: (op: string) => ({
    code: "SL1027",
    message: `\`${op}\` tests objects; a row holds plain values`,
    hint: "compare the value itself; the ports of a row are known",
  }),
  typeOf: () => ({
    code: "SL1028",
    message: "`typeof` is known before the lambda runs: each port has one type",
    hint: "remove the test, or test the value: `Number.isFinite(x.out)`",
  }),
  deleteOperator: () => ({
    code: "SL1029",
    message: "`delete` changes an object; a lambda only computes a value",
    hint: "remove it",
  }),
  voidOperator: () => ({
    code: "SL1030",
    message: "`void` discards a value",
    hint: "write `undefined` instead",
  }),
  declaration: (what: string) => ({
    code: "SL1031",
    message: `${what} inside the lambda cannot be compiled`,
    hint: "bind values with `const`; an arrow function is allowed as the argument of `every` or `some`",
  }),
  switchStatement: () => ({
    code: "SL1032",
    message: "`switch` cannot be compiled",
    hint: "write `if (…) return …;` for each case, or `?:`",
  }),
  throwStatement: () => ({
    code: "SL1033",
    message: "`throw` cannot be compiled; a row that fails is logged, not thrown",
    hint: "return `false` for rows that must fail",
  }),
  tryStatement: () => ({
    code: "SL1034",
    message: "`try` cannot be compiled; nothing in a lambda throws",
    hint: "remove it",
  }),
  missingReturn: () => ({
    code: "SL1035",
    message: "not every path through the lambda returns a value",
    hint: "end the body with a `return`",
  }),
  emptyReturn: () => ({
    code: "SL1036",
    message: "`return` without a value",
    hint: "return a boolean",
  }),
  variable: (what: string) => ({
    code: "SL1037",
    message: what,
    hint: "write `const` with the value in one declaration",
  }),
  usedBeforeDeclaration: (name: string) => ({
    code: "SL1038",
    message: `'${name}' is used before its declaration`,
    hint: "move the `const` above its first use",
  }),
  unusedStatement: (what: string) => ({
    code: "SL1039",
    message: `${what} has no effect on the lambda's result`,
    hint: "remove it, or return its value",
  }),
  metaProperty: (what: string) => ({
    code: "SL1040",
    message: `\`${what}\` belongs to the module, not to the row`,
    hint: "put the value into a `const` outside the lambda",
  }),
  bundlerValue: (what: string) => ({
    code: "SL1052",
    message: `\`${what}\` is replaced by a bundler, and the lambda is read before bundling`,
    hint: "export the value as a `const` from a module of the project, and use that",
  }),
  taggedTemplate: () => ({
    code: "SL1041",
    message: "a tagged template calls a function the compiler does not know",
    hint: "write a plain string",
  }),
  outsideName: (name: string, problem: string, hint: string) => ({
    code: "SL1042",
    message: `'${name}' ${problem}`,
    hint,
  }),
  mutable: (name: string, keyword: string) => ({
    code: "SL1043",
    message: `'${name}' may change: it is declared with \`${keyword}\``,
    hint: `declare it \`const ${name}\``,
  }),
  nativeFunction: (what: string) => ({
    code: "SL1044",
    message: `the source of ${what} cannot be read`,
    hint: "pass the arrow function itself, without `bind` or a proxy around it",
  }),
  hostGlobal: (name: string) => ({
    code: "SL1045",
    message: `'${name}' belongs to the machine the code runs on`,
    hint: "put the value into a `const` outside the lambda",
  }),
  otherSyntax: (what: string) => ({
    code: "SL1046",
    message: `${what} cannot be compiled`,
    hint: "use ports, constants, comparisons, arithmetic, `&& || !` and `?:`",
  }),
  tooLarge: () => ({
    code: "SL1047",
    message: "the lambda is too large or nested too deeply",
    hint: "split it into several validations",
  }),
  recursion: (name: string) => ({
    code: "SL1048",
    message: `'${name}' calls itself; recursion cannot be compiled`,
    hint: "write the condition out",
  }),
  uncompiled: () => ({
    code: "SL1053",
    message: "the lambda was not compiled when the application was bundled, and the bundle contains no parser",
    hint: "write the lambda in the call of `validate` or `alert`, in a script and not in the template of a component; list the modules it passes through in the plugin's options `modules` and `helpers`; or, in a bundle for Node, set `readAtRunTime: true`",
  }),
  unlistedHelper: (name: string, from: string) => ({
    code: "SL1054",
    message: `'${name}' is imported from '${from}', a file whose functions the plugin does not compile`,
    hint: `add the file to the option \`helpers\` of the plugin, or declare '${name}' in this file`,
  }),
  shadowedGlobal: (name: string) => ({
    code: "SL1049",
    message: `'${name}' is declared in this file and hides the global of that name`,
    hint: "give the declaration another name",
  }),
} satisfies Record<string, (...args: never[]) => Refusal>;

export const diagnosticAt = ({ code, message, hint }: Refusal, start: number, end: number): Diagnostic => ({
  code,
  message,
  start,
  end,
  ...(hint !== undefined && { hint }),
});

export const diagnosticForAll = (source: string, refusal: Refusal): Diagnostic =>
  diagnosticAt(refusal, 0, source.length);
