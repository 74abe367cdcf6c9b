import { expect, test } from "vitest";
import { renderDiagnostic } from "../../../codegen/lambda/diagnostics.js";
import { attachLambdas } from "../../../codegen/lambda/attach/attach.js";
import { lower } from "./lower-text.js";

const rendered = (source: string) => {
  const lowered = lower(source);
  return lowered.diagnostics.map((d) => renderDiagnostic(d, lowered)).join("\n\n");
};

test("one text holds the place, code, message, frame, hint and link", () => {
  expect(rendered("x => x.out == 1")).toMatchInlineSnapshot(`
    "lambda:1:6 - error SL1013: \`==\` converts its operands before it compares them

      1 | x => x.out == 1
        |      ^^^^^^^^^^

      hint: write \`===\`; \`== null\` is the only exception
      see node_modules/shapeline/docs/errors.md#sl1013"
  `);
});

test("a diagnostic over several lines marks each line, and a long one is cut off", () => {
  expect(
    rendered("x => {\n  for (const s of x.out.scores) {\n    if (s > 1)\n      return false;\n  }\n  return true;\n}"),
  ).toMatchInlineSnapshot(`
    "lambda:2:3 - error SL1008: a loop cannot be compiled

      2 |   for (const s of x.out.scores) {
        |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      3 |     if (s > 1)
        |     ^^^^^^^^^^
      4 |       return false;
        |       ^^^^^^^^^^^^^
      5 |   }
        |   ^

      hint: use \`every\` or \`some\` on the values: \`x.out.scores.every((v) => v < 1)\`
      see node_modules/shapeline/docs/errors.md#sl1008"
  `);
  const long = `x => {\n  while (x.out < 1) {\n${"    x;\n".repeat(20)}  }\n}`;
  expect(rendered(long).split("\n")).toHaveLength(18);
});

test("carets are aligned under text that is indented with tabs", () => {
  expect(rendered("x => {\r\n\t\treturn x.out == 1;\r\n}")).toBe(
    [
      "lambda:2:10 - error SL1013: `==` converts its operands before it compares them",
      "",
      "  2 | \t\treturn x.out == 1;",
      "    | \t\t       ^^^^^^^^^^",
      "",
      "  hint: write `===`; `== null` is the only exception",
      "  see node_modules/shapeline/docs/errors.md#sl1013",
    ].join("\n"),
  );
});

test("line and column refer to the file, and with the file's text the frame shows whole lines", () => {
  const code = 'const p = base\n  .validate("fourfold", (x) => x.out << 2 === 0);\n';
  const lambda = attachLambdas(code, { file: "src/a.pipeline.ts" })?.lambdas[0];
  const [diagnostic] = lambda?.diagnostics ?? [];
  if (lambda === undefined || diagnostic === undefined) expect.fail("a diagnostic was expected");
  expect(renderDiagnostic(diagnostic, lambda)).toMatchInlineSnapshot(`
    "src/a.pipeline.ts:2:32 - error SL1016: \`<<\` works on 32-bit integers, which no target supports

      2 | (x) => x.out << 2 === 0
        |        ^^^^^^^^^^

      hint: use \`&&\`, \`||\` and \`!\` for conditions, and arithmetic for numbers
      see node_modules/shapeline/docs/errors.md#sl1016"
  `);
  expect(renderDiagnostic(diagnostic, lambda, { fileText: code })).toMatchInlineSnapshot(`
    "src/a.pipeline.ts:2:32 - error SL1016: \`<<\` works on 32-bit integers, which no target supports

      2 |   .validate("fourfold", (x) => x.out << 2 === 0);
        |                                ^^^^^^^^^^

      hint: use \`&&\`, \`||\` and \`!\` for conditions, and arithmetic for numbers
      see node_modules/shapeline/docs/errors.md#sl1016"
  `);
  // The text of a file that has changed is not used.
  expect(renderDiagnostic(diagnostic, lambda, { fileText: "something else" })).toBe(
    renderDiagnostic(diagnostic, lambda),
  );
});

test("without a source there is no frame", () => {
  const [diagnostic] = lower("x => x.out == 1").diagnostics;
  if (diagnostic === undefined) expect.fail("a diagnostic was expected");
  expect(renderDiagnostic(diagnostic, null)).toMatchInlineSnapshot(`
    "error SL1013: \`==\` converts its operands before it compares them
      hint: write \`===\`; \`== null\` is the only exception
      see node_modules/shapeline/docs/errors.md#sl1013"
  `);
});

test("colours are used only with `color: true`", () => {
  const lowered = lower("x => x.out == 1");
  const [diagnostic] = lowered.diagnostics;
  if (diagnostic === undefined) expect.fail("a diagnostic was expected");
  const plain = renderDiagnostic(diagnostic, lowered);
  const color = renderDiagnostic(diagnostic, lowered, { color: true });
  expect(plain).not.toContain("\u001b");
  expect(color).toContain("\u001b[31m^^^^^^^^^^\u001b[39m");
  expect(color.replaceAll(/\u001b\[\d+m/g, "")).toBe(plain);
});
