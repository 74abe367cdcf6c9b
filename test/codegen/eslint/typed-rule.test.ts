// The rule with typescript-eslint's type information, in a project of its own. Needs `npm run build`.
import fc from "fast-check";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Linter, RuleTester, type Rule } from "eslint";
import tseslint from "typescript-eslint";
import { describe, expect, it, test } from "vitest";
import type { ShapelinePlugin } from "../../../codegen/eslint/plugin.js";
import { compileLambda } from "../../../codegen/lambda/compile-lambda.js";
import { parseErrors, parseFile, parseLambda } from "../../../codegen/lambda/parse.js";
import { ts } from "../../../codegen/typescript.js";
import type { Port } from "../../../dsl/tensor.js";
import { compileExpression } from "../../../src/expression/compile.js";
import { generateColumns, lambdas as rowLambdas } from "../../expression/fuzz/generate-lambdas.js";
import { lower } from "../../expression/lambda.js";
import { scopeOf } from "../../expression/rows.js";
import { slow } from "../../slow.js";
import { refusedAlerts, refusedLambdas, row } from "../lambda/refused-corpus.js";

const { default: shapeline } = (await import(new URL("../../../dist/eslint.js", import.meta.url).href)) as {
  default: ShapelinePlugin;
};
const project = fileURLToPath(new URL("../../fixtures/projects/typed-lint", import.meta.url));
const typed = {
  parser: tseslint.parser,
  parserOptions: { projectService: true, tsconfigRootDir: project },
} satisfies Linter.LanguageOptions;
const main = join(project, "src/main.ts");
const plainJs = join(project, "src/plain.js");

RuleTester.describe = describe;
RuleTester.it = it;
const tester = new RuleTester({ languageOptions: typed });
const rule: Rule.RuleModule = shapeline.rules.lambda;

const imports = `import { pipeline } from "shapeline";
import { challenger, scorer } from "./models.js";
import { BIG, LIMIT, LIMITS, Level, NAMES, check, someNumber, someText } from "./limits.js";
`;
const of = (code: string, filename = main) => ({ code: `${imports}${code}\n`, filename });
const steps = (text: string) => of(`export const p = pipeline("p").model(scorer)${text};`);

describe("ports and constants", () => {
  const refused = (lambda: string, message: string) => ({
    ...steps(`\n.validate("v", ${lambda})`),
    errors: [{ message, line: 5 }],
  });
  tester.run("with the compiler's words", rule, {
    valid: [
      steps(`.validate("v", (x) => x.out.score[0] < LIMIT && x.out.probs[2] > LIMITS.low)`),
      steps(`.validate("v", ({ in: { country } }) => NAMES.includes(country))`),
      steps(`.validate("v", (x) => x.in.account !== BIG && x.out.score > Level.Low)`),
      steps(`.alert("a", (all) => all.avg((x) => x.out.score[0]) > LIMIT, { over: "5m" })`),
      // What a function of another file returns is not known.
      steps(`.validate("v", (x) => check(x.out.probs) && x.out.probs.every(check))`),
      // The types do not show which element or port these are.
      steps(`.validate("v", (x) => x.out.probs[someNumber] < 1)`),
      steps(`.validate("v", (x) => x.out[someText] < 1)`),
      steps(`.alert("a", (all) => all.quantile(someNumber, (x) => x.out.score[0]) > 1, { over: "5m" })`),
    ],
    invalid: [
      refused(
        "(x) => x.out.scores[0] < 1",
        "SL1102: 'x.out' has no port 'scores' (did you mean 'score'?). Hint: its ports are 'score' and 'probs'",
      ),
      refused(
        "(x) => x.out.probs[3] < 1",
        "SL1105: 'x.out.probs' has 3 elements, so [3] is past its end. Hint: the first element is [0]",
      ),
      refused(
        "(x) => x.out.probs[Level.Past] < 1",
        "SL1105: 'x.out.probs' has 3 elements, so [Level.Past] is past its end. Hint: the first element is [0]",
      ),
      refused(
        "(x) => x.in.country === 1",
        "SL1111: '===' compares a string with a number, so it is always false. Hint: compare values of one type",
      ),
      refused(
        "(x) => x.in.country === LIMITS.low",
        "SL1111: '===' compares a string with a number, so it is always false. Hint: compare values of one type",
      ),
      refused(
        "(x) => x.in.country === someNumber",
        "SL1111: '===' compares a string with a number, so it is always false. Hint: compare values of one type",
      ),
      refused(
        "(x) => x.in.account + 1 > 2",
        "SL1110: '+' mixes a number and a bigint, which JavaScript refuses. Hint: write 1n",
      ),
      refused(
        "(x) => x.models.scorer.score < 1",
        "SL1103: x.models is not available here. Hint: x.models exists after a step that runs several models, such as shadow",
      ),
      // The rest of a lambda is checked beside a function of another file.
      refused(
        "(x) => check(x.out.score[0]) && x.out.probs[3] < 1",
        "SL1105: 'x.out.probs' has 3 elements, so [3] is past its end. Hint: the first element is [0]",
      ),
      refused(
        "(x) => x.out.probs.includes(LIMIT) && x.out.probs[3] < 1",
        "SL1105: 'x.out.probs' has 3 elements, so [3] is past its end. Hint: the first element is [0]",
      ),
      refused("(x) => LIMIT(x.in.amount)", "SL1012: 'LIMIT' is not a function"),
      {
        ...steps(`\n.alert("a", (all) => all.avg((x) => x.in.country) > 1, { over: "5m" })`),
        errors: [{ message: /^SL1122: 'avg' takes a function of one row that returns a number/, line: 5 }],
      },
      {
        ...of(
          `const isLow = (v: readonly number[]) => v[4]! < 1;\nexport const p = pipeline("p").model(scorer).validate("v", (x) => isLow(x.out.probs));`,
        ),
        errors: [{ message: /^SL1105: in 'isLow' \(test.*main\.ts:4:\d+\): 'v' has 3 elements/, line: 5 }],
      },
    ],
  });
});

describe("which values are pipelines", () => {
  const bad = `.validate("v", (x) => x.out.scores[0] < 1)`;
  const at = (code: string, filename = main) => ({
    code: `${code}\n`,
    filename,
    errors: [{ message: /^SL1102: 'x\.out' has no port 'scores'/ }],
  });
  tester.run("by their types", rule, {
    valid: [
      { code: `import { base } from "./base.js"; base.validate("v", (x) => x.out.score[0] < 1);`, filename: main },
      {
        code: `declare const form: { validate(name: string, check: (x: any) => boolean): void }; form.validate("v", (x) => x.out << 2);`,
        filename: main,
      },
      // The request may have other columns, and the steps are not known.
      {
        code: `import type { Extendable } from "shapeline"; import { scorer } from "./models.js";
export const add = <P extends Extendable<typeof scorer.outputs>>(p: P) => p.validate("v", (x) => x.out.score[0] < x.in.other[0]);`,
        filename: main,
      },
      {
        code: `import type { AnyPipeline } from "shapeline"; export const add = (p: AnyPipeline) => p.validate("v", (x) => x.out.any < x.in.other);`,
        filename: main,
      },
      {
        code: `import { pipeline } from "shapeline"; import { base } from "./base.js"; export const p = base.replaceStep(Number("0"), (at) => at.validate("v", (x) => x.out.any < 1));`,
        filename: main,
      },
      // Two pipelines share the lambda: only what holds for both would be reported.
      {
        code: `import { several, shadowed } from "./base.js"; const low = (x) => x.models.challenger.score[0] < 1;
several.validate("v", low); shadowed.validate("v", low);`,
        filename: plainJs,
      },
    ],
    invalid: [
      at(`import { base } from "./base.js"; base${bad};`),
      at(`import { base } from "./base.js"; export const p = base${bad}; `, plainJs),
      at(`import * as all from "./base.js"; all.shadowed${bad};`),
      at(`import { base } from "./base.js"; base.insertStep(1, (at) => at${bad});`),
      at(`// @ts-nocheck\nimport { base } from "./base.js"; base${bad};`),
      at(`/** @param {typeof import("./base.js").base} p */\nexport function add(p) { return p${bad}; }`, plainJs),
      at(`import type { Extendable } from "shapeline"; import type { scorer } from "./models.js";
export const add = <P extends Extendable<typeof scorer.outputs>>(p: P) => p${bad};`),
      at(
        `import { base, shadowed } from "./base.js"; export const add = (p: typeof base | typeof shadowed) => p${bad};`,
      ),
      {
        code: `import { base } from "./base.js"; base.validate("v", (x) => x.out.score << 2);`,
        filename: main,
        errors: [{ message: /^SL1016: `<<`/ }],
      },
      {
        code: `import { several, shadowed } from "./base.js";
several.validate("v", (x) => x.models.challenger.scores[0] < 1);
shadowed.validate("v", (x) => x.models.champion.score[0] < 1);`,
        filename: main,
        errors: [
          { message: /^SL1102: 'x\.models\.challenger' has no port 'scores'/, line: 2 },
          { message: /^SL1103: there is no model 'champion' here/, line: 3 },
        ],
      },
    ],
  });
});

const declared = (ports: readonly Port[]): string =>
  JSON.stringify(Object.fromEntries(ports.map(({ name, dtype, shape }) => [name, { dtype, shape }])));

/** What the rule reports for each lambda of one file, with places relative to the lambda. */
function reported(before: string, calls: readonly { readonly text: string; readonly method: "validate" | "alert" }[]) {
  let code = before;
  const starts = calls.map(({ text, method }, i) => {
    code += `\np.${method}("v${i}", `;
    const start = code.length;
    code += `${text}${method === "alert" ? ', { over: "5m" }' : ""});`;
    return start;
  });
  const messages = new Linter({ configType: "flat", cwd: project }).verify(
    code,
    [{ files: ["**/*.ts"], languageOptions: typed }, shapeline.configs.recommended] as Linter.Config[],
    { filename: main },
  );
  // Messages without a rule are those of the parser and of the configuration.
  expect(messages.filter(({ ruleId }) => ruleId === null)).toEqual([]);
  const lines = code.split("\n");
  const offsets = lines.reduce<number[]>((all, line) => [...all, (all.at(-1) ?? 0) + line.length + 1], [0]);
  const found = calls.map((): string[] => []);
  for (const { message, line, column } of messages) {
    const offset = (offsets[line - 1] ?? 0) + column - 1;
    const index = starts.findLastIndex((start) => start <= offset);
    // Targets that refuse a square are judged elsewhere.
    if (!message.startsWith("SL1207")) found[index]?.push(`${offset - (starts[index] ?? 0)} ${message}`);
  }
  return found;
}

const asReported = ({ code, message, hint, start }: { code: string; message: string; hint?: string; start: number }) =>
  `${start} ${code}: ${message}${hint === undefined ? "" : `. Hint: ${hint}`}`;

function parsesInModule(text: string): boolean {
  const file = parseFile("main.ts", `import "shapeline";\np.validate("v", ${text});`, ts.ScriptKind.TS, true);
  return file !== null && parseErrors(file).length === 0;
}

const same = (a: readonly string[], b: readonly string[]) => [...a].sort().join("\n") === [...b].sort().join("\n");

/** Types do not show these values, and nothing declares these names. */
const unseen = /shapeless|WHEN|SYMBOL|GETTER|HUGE|check|load|LIMT|UNKNOWN|isSmall|LIMITS\.hgh/;

test("on the corpus of refused lambdas, the compiler's verdict where types show all values", () => {
  const calls = [
    ...Object.values(refusedLambdas)
      .flat()
      .map((text) => ({ text, method: "validate" as const })),
    ...refusedAlerts.map((text) => ({ text, method: "alert" as const })),
  ].filter(({ text }) => text.length < 1000 && "node" in parseLambda(text) && parsesInModule(text));
  const names = Object.keys(row.constants).join(", ");
  const before = `import { defineModel, pipeline } from "shapeline";
import { ${names} } from "./limits.js";
const m = defineModel({ name: "m", sha256: "${"0".repeat(64)}", inputs: ${declared(row.inputs)}, outputs: ${declared(row.outputs)} });
const p = pipeline("p").model(m);`;
  const found = reported(before, calls);
  let agreed = 0;
  const disagreed = calls.flatMap(({ text, method }, i) => {
    const kind = method === "alert" ? "alert" : "validation";
    const expected = compileLambda(text, { ...row, kind }).diagnostics.map(asReported);
    const said = found[i] ?? [];
    // Where a value is not known less is said, but never in other words than the compiler's.
    const agrees = unseen.test(text) ? said.every((line) => expected.includes(line)) : same(said, expected);
    if (agrees && said.length > 0) agreed += 1;
    return agrees ? [] : [{ text, said, expected }];
  });
  expect(disagreed).toEqual([]);
  expect(agreed).toBeGreaterThan(150);
});

/** Generated lambdas of one run, of which the compiler accepts most. */
const generated = slow ? 240 : 60;

test(
  "nothing is reported for generated lambdas that are right, however much the types show",
  { tags: ["slow"] },
  () => {
    const scope = scopeOf(generateColumns(1, 1, fc.nat(4)));
    const [[challenger = "", further = []] = []] = Object.entries(scope.models);
    const sha256 = "0".repeat(64);
    const models = `import { defineModel, pipeline, type Extendable, type Pipeline } from "shapeline";
const a = defineModel({ name: "a", sha256: "${sha256}", inputs: ${declared(scope.inputs)}, outputs: ${declared(scope.outputs)} });
const c = defineModel({ name: "${challenger}", sha256: "${sha256}", inputs: ${declared(scope.inputs)}, outputs: ${declared(further)} });
const exact = pipeline("p").shadow(a, [c]);
type Of<P> = P extends Pipeline<infer In, infer Out, infer C, infer S, infer M, infer N> ? { in: In; out: Out; c: C; s: S; m: M; n: N } : never;
type E = Of<typeof exact>;
`;
    const texts = fc.sample(rowLambdas(4), { numRuns: generated, seed: 1 }).filter((text) => {
      const compiled = compileExpression(lower(text), scope, {});
      return compiled.ok;
    });
    expect(texts.length).toBeGreaterThan(generated * 0.8);
    const calls = texts.map((text) => ({ text, method: "validate" as const }));
    for (const p of [
      "const p = exact;",
      `declare const p: Pipeline<E["in"], any, never, E["s"], E["m"]>;`,
      `declare const p: Pipeline<any, E["out"], never, E["s"], E["m"]>;`,
      `declare const p: Extendable<E["out"], { f: E["in"]["f"] }>;`,
      `declare const p: Pipeline<object, object, never, unknown>;`,
    ])
      expect({ p, found: reported(`${models}${p}`, calls).flat() }).toEqual({ p, found: [] });
    // In these files, something is reported where something is wrong.
    const wrong = { text: "(x) => x.out.none < 1", method: "validate" as const };
    expect(reported(`${models}const p = exact;`, [...calls, wrong]).at(-1)).toEqual([
      expect.stringContaining("SL1102: 'x.out' has no port 'none'"),
    ]);
  },
);
