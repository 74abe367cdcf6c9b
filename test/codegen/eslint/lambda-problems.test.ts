// The rule and the compiler agree on every lambda of the corpus that is refused without its types.
import { describe, expect, test } from "vitest";
import { lambdaProblems } from "../../../codegen/eslint/lambda-problems.js";
import { lowerLambda } from "../../../codegen/lambda/lower/lower.js";
import { parseLambda } from "../../../codegen/lambda/parse.js";
import { refusedAlerts, refusedLambdas } from "../lambda/refused-corpus.js";

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
        else expect({ text, found }).toEqual({ text, found: expected });
      }
    });

  test("the corpus has at least 90 lambdas that are refused without types", () => {
    const refused = [...Object.values(refusedLambdas).flat(), ...refusedAlerts].filter(
      (text) => (refusedByCompiler(text)?.length ?? 0) > 0,
    );
    expect(refused.length).toBeGreaterThanOrEqual(90);
  });
});
