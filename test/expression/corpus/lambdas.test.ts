import { describe, expect, it } from "vitest";
import { type BackEnd, backEndNames } from "../../../src/expression/backends/back-ends.js";
import { compileExpression } from "../../../src/expression/compile.js";
import { corpus } from "./lambdas.js";
import { lower } from "../lambda.js";

/** The outcome of each lambda in each back-end: "exact", or the code and reason of the refusal. */
function outcomes(): {
  readonly field: string;
  readonly lambda: string;
  readonly in: Readonly<Record<BackEnd, string>>;
}[] {
  return Object.entries(corpus).flatMap(([field, { scope, constants, lambdas }]) =>
    lambdas.map((lambda) => {
      const compiled = compileExpression(lower(lambda), scope, constants);
      const outcome = (backEnd: BackEnd): string => {
        if (!compiled.ok) return compiled.diagnostics.map(({ code, message }) => `${code} ${message}`).join("; ");
        const refusal = compiled.expression.refused[backEnd];
        return refusal === undefined ? "exact" : `${refusal.code} ${refusal.reason}`;
      };
      return {
        field,
        lambda,
        in: Object.fromEntries(backEndNames.map((name) => [name, outcome(name)])) as Record<BackEnd, string>,
      };
    }),
  );
}

describe("the corpus of 200 lambdas", () => {
  const all = outcomes();

  it("has the recorded outcome for each lambda and back-end", async () => {
    const page = all.map(({ field, lambda, in: inBackEnd }) => {
      const exact = backEndNames.filter((name) => inBackEnd[name] === "exact");
      const refused = backEndNames
        .filter((name) => inBackEnd[name] !== "exact")
        .map((name) => `  ${name}: ${inBackEnd[name]}`);
      return [`${field}: ${lambda}`, `  exact: ${exact.join(", ") || "-"}`, ...refused].join("\n");
    });
    expect(all).toHaveLength(200);
    await expect(`${page.join("\n\n")}\n`).toMatchFileSnapshot("lambdas.txt");
  });

  it.each(["polars-0.18", "polars-1", "sql", "javascript"] as const)(
    "compiles for %s in at least nine of ten cases",
    (backEnd) => {
      expect(all.filter((one) => one.in[backEnd] === "exact").length).toBeGreaterThanOrEqual(180);
    },
  );
});
