// The rule and the compiler agree on every lambda of the corpus that is refused without its types.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lambdaProblems } from "../../../codegen/eslint/lambda-problems.js";
import { compileLambda } from "../../../codegen/lambda/compile-lambda.js";
import { lowerLambda } from "../../../codegen/lambda/lower/lower.js";
import { parseLambda } from "../../../codegen/lambda/parse.js";
import { alertConditions } from "../../expression/fuzz/generate-alerts.js";
import { lambdas as rowLambdas } from "../../expression/fuzz/generate-lambdas.js";
import { refusedAlerts, refusedLambdas, row } from "../lambda/refused-corpus.js";

const options = {
  file: "fraud.pipeline.ts",
  isPipelineModule: (specifier: string) => specifier === "shapeline",
  readAtRunTime: false,
};

/** What the rule reports for a lambda in a file, with places relative to the lambda. */
function reported(text: string, method: "validate" | "alert" = "validate") {
  const before = `import { pipeline } from "shapeline";\nexport const p = pipeline("p").model(m).${method}("low", `;
  // Targets that refuse a square are judged when the lambda's types are known.
  const found = lambdaProblems(`${before}${text});\n`, options).filter(({ code }) => code !== "SL1207");
  return found.map(({ code, message, hint, start, end }) => ({
    code,
    message,
    ...(hint !== undefined && { hint }),
    start: start - before.length,
    end: end - before.length,
  }));
}

/** What the compiler says about a lambda's types, with a model's signature. */
const refusedTypes = (text: string, kind: "validation" | "alert") =>
  compileLambda(text, { ...row, kind }).diagnostics.map(({ code, message }) => `${code} ${message}`);

/** What the compiler refuses before it looks at types; null for text that does not parse, which ESLint reports. */
function refusedByCompiler(text: string) {
  const parsed = parseLambda(text);
  if (!("diagnostic" in parsed)) return lowerLambda(parsed.node, parsed.file).diagnostics;
  const { diagnostic } = parsed;
  if (diagnostic.code === "SL1000") return null;
  // The compiler is given a text, the pipeline a value.
  return [{ ...diagnostic, message: diagnostic.message.replace("this text", "this value") }];
}

describe("same verdicts as the compiler", () => {
  for (const [group, lambdas] of Object.entries({ ...refusedLambdas, alerts: refusedAlerts }))
    test(group, () => {
      for (const text of lambdas) {
        const expected = refusedByCompiler(text);
        const found = reported(text, group === "alerts" ? "alert" : "validate");
        const [first] = found;
        // Text in parentheses: the problem is at the value inside them.
        const inside = text.startsWith("(") && first?.code === "SL1001" ? expected : null;
        if (expected === null) expect({ text, found }).toEqual({ text, found: [] });
        else if (inside !== null)
          expect(found.map(({ code, message }) => [code, message])).toEqual(inside.map((d) => [d.code, d.message]));
        else if (expected.length > 0) expect({ text, found }).toEqual({ text, found: expected });
        // What holds whatever the types are: the compiler says the same when it knows them.
        else if (found.length > 0)
          expect(found.map(({ code, message }) => `${code} ${message}`)).toEqual(
            refusedTypes(text, group === "alerts" ? "alert" : "validation"),
          );
      }
    });

  test("the corpus has at least 90 lambdas that are refused without types", () => {
    const refused = [...Object.values(refusedLambdas).flat(), ...refusedAlerts].filter(
      (text) => (refusedByCompiler(text)?.length ?? 0) > 0,
    );
    expect(refused.length).toBeGreaterThanOrEqual(90);
  });

  test("calls that no type makes right", () => {
    const found = (text: string) => reported(text).map(({ code, message }) => `${code} ${message}`);
    expect(found("x => x.out.probs.map((p) => p * 2)[0] < 1")).toEqual([
      "SL1115 'map' is not a method a lambda may call",
    ]);
    expect(found("({ out: { a }, in: { b } }) => a < 1 && Math.sin(b) < 1")).toEqual([
      "SL1114 'Math.sin' is not a function a lambda may call (did you mean 'Math.sign'?)",
    ]);
    expect(found("x => x.models.champion.score.toFixed(2) === '1.00'")).toEqual([
      "SL1115 'toFixed' is not a method a lambda may call",
    ]);
    // The type of `LIMIT` is that of another file, and `isLow` may be anything.
    expect(found("x => x.out[0] < LIMIT && LIMITS.all.includes(x.in.a)")).toEqual([]);
    expect(found("x => isLow(x.out) && x.out.every(isLow)")).toEqual([]);
  });

  test("functions of the file, also those that call one another", () => {
    const code = `import { pipeline } from "shapeline";
      const LOW = 1;
      const even = (n) => n === 0 || odd(n - 1);
      function odd(n) { return even(n - 1); }
      const rounded = (v) => v.toFixed(2) === "1.00";
      const isLow = (v) => v < LOW;
      pipeline("p").model(m).validate("a", (x) => even(x.out)).validate("b", (x) => rounded(x.out.a)).validate("c", (x) => isLow(x.out));`;
    expect(lambdaProblems(code, options).map(({ start, end, message }) => [code.slice(start, end), message])).toEqual([
      [
        "even(x.out)",
        "in 'odd' (fraud.pipeline.ts:4:32): 'even' calls itself (even -> odd -> even); recursion cannot be compiled",
      ],
      ["rounded(x.out.a)", "in 'rounded' (fraud.pipeline.ts:5:30): 'toFixed' is not a method a lambda may call"],
    ]);
  });
});

describe("nothing is reported that the compiler accepts", () => {
  test("500 generated lambdas and 100 conditions of alerts", () => {
    const texts = [
      ...fc.sample(rowLambdas(4), { numRuns: 500, seed: 1 }).map((text) => [text, "validate"] as const),
      ...fc.sample(alertConditions(3), { numRuns: 100, seed: 1 }).map((text) => [text, "alert"] as const),
    ];
    for (const [text, method] of texts) expect({ text, found: reported(text, method) }).toEqual({ text, found: [] });
  });
});
