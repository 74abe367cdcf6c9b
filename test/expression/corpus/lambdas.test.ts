import { describe, expect, it } from "vitest";
import { type BackEnd, backEndNames } from "../../../src/expression/backends/back-ends.js";
import { compileExpression } from "../../../src/expression/compile.js";
import { corpus } from "./lambdas.js";
import { lower } from "../lambda.js";

/** What becomes of a lambda in each back-end: "exact", or the code and the reason of the refusal. */
function outcomes(): {
  readonly field: string;
  readonly lambda: string;
  readonly in: Readonly<Record<BackEnd, string>>;
}[] {
  return Object.entries(corpus).flatMap(([field, { scope, constants, lambdas }]) =>
    lambdas.map((lambda) => {
      const compiled = compileExpression(lower(lambda), scope, constants);
      const said = (backEnd: BackEnd): string => {
        if (!compiled.ok) return compiled.diagnostics.map(({ code, message }) => `${code} ${message}`).join("; ");
        const refusal = compiled.expression.refused[backEnd];
        return refusal === undefined ? "exact" : `${refusal.code} ${refusal.reason}`;
      };
      return {
        field,
        lambda,
        in: Object.fromEntries(backEndNames.map((name) => [name, said(name)])) as Record<BackEnd, string>,
      };
    }),
  );
}

describe("the corpus of 200 lambdas", () => {
  const all = outcomes();

  it("has for each lambda and back-end the outcome that is written down", async () => {
    const page = all.map(({ field, lambda, in: said }) => {
      const exact = backEndNames.filter((name) => said[name] === "exact");
      const refused = backEndNames.filter((name) => said[name] !== "exact").map((name) => `  ${name}: ${said[name]}`);
      return [`${field}: ${lambda}`, `  exact: ${exact.join(", ") || "-"}`, ...refused].join("\n");
    });
    expect(all).toHaveLength(200);
    await expect(`${page.join("\n\n")}\n`).toMatchFileSnapshot("lambdas.txt");
  });

  it.each(["polars-0.18", "polars-1", "sql", "javascript"] as const)(
    "compiles for %s, nine in ten at the least",
    (backEnd) => {
      expect(all.filter((one) => one.in[backEnd] === "exact").length).toBeGreaterThanOrEqual(180);
    },
  );
});
