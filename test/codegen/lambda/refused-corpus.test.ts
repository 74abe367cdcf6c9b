import { describe, expect, test } from "vitest";
import { attachLambdas } from "../../../codegen/lambda/attach/attach.js";
import { compileLambda } from "../../../codegen/lambda/compile-lambda.js";
import { buildConfig } from "../../../codegen/build-config.js";
import { readLambda } from "../../../codegen/lambda/read-function.js";
import { errorCodes } from "../../../dsl/messages/error-codes.js";
import { PipelineError } from "../../../dsl/errors.js";
import { defineModel, pipeline } from "../../../dsl/index.js";
import type { Diagnostic } from "../../../src/expression/surface/surface.js";
import { refusedAlerts, refusedLambdas, row } from "./refused-corpus.js";

/** `  SL1013 1:6-1:26 …`, with 1-based lines and columns. */
function formatDiagnostic(text: string, { code, start, end, message, hint }: Diagnostic): string {
  const at = (offset: number) => {
    const lines = text.slice(0, offset).split("\n");
    return `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
  };
  return [`  ${code} ${at(start)}-${at(end)} ${message}`, ...(hint === undefined ? [] : [`    hint: ${hint}`])].join(
    "\n",
  );
}

const short = (text: string): string =>
  text.length > 160 ? `${text.slice(0, 100)}… (${text.length} characters)` : text;

const groups = { ...refusedLambdas, alerts: refusedAlerts };
const corpus = Object.entries(groups).flatMap(([group, lambdas]) =>
  lambdas.map((text) => ({
    group,
    text,
    ...compileLambda(text, { ...row, kind: group === "alerts" ? "alert" : "validation" }),
  })),
);

const scored = pipeline("p").model(
  defineModel({
    name: "m",
    sha256: "0".repeat(64),
    inputs: { amount: { dtype: "float64", shape: ["batch", 1] } },
    outputs: { score: { dtype: "float64", shape: ["batch", 1] } },
  }),
);

/** The problems that `build()` reports for a check. */
function buildProblems(check: unknown): string {
  try {
    buildConfig(scored.validate("low", check as never), readLambda);
    return "no problems";
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return error.problems.map(({ message }) => message).join("\n");
  }
}

/** The problems of a module's checks, with trees attached as the command line does. */
function moduleProblems(text: string): string {
  const checks: unknown[] = [];
  const p = { validate: (_: string, check: unknown) => (checks.push(check), p) };
  const code = attachLambdas(text, { file: "p.pipeline.ts" })?.code ?? text;
  new Function("p", code)(p);
  return checks.map(buildProblems).join("\n\n");
}

describe("refused lambdas", () => {
  test("each has the recorded diagnostics: code, place, message, hint", async () => {
    const page = Object.keys(groups).map((group) => {
      const entries = corpus.filter((one) => one.group === group);
      return [
        `# ${group}`,
        ...entries.map(({ text, diagnostics }) =>
          [short(text), ...diagnostics.map((d) => formatDiagnostic(text, d))].join("\n"),
        ),
      ].join("\n\n");
    });
    await expect(`${page.join("\n\n\n")}\n`).toMatchFileSnapshot("refused-corpus.txt");
  });

  test("there are at least 150, all different, each refused", () => {
    expect(new Set(corpus.map(({ text }) => text)).size).toBe(corpus.length);
    expect(corpus.length).toBeGreaterThanOrEqual(150);
    expect(corpus.filter(({ ok, diagnostics }) => ok || diagnostics.length === 0).map(({ text }) => text)).toEqual([]);
  });

  test("a mistake is reported once", () => {
    const twice = corpus.filter(
      ({ diagnostics }) => new Set(diagnostics.map((d) => `${d.start} ${d.end}`)).size < diagnostics.length,
    );
    expect(twice.map(({ text }) => text)).toEqual([]);
  });

  test("refusals that depend on the file around the lambda, or on the build", () => {
    const modules = [
      "let limit = 1; p.validate('low', (x) => x.out.score[0] < limit);",
      "const Math = { abs: (v) => v }; p.validate('low', (x) => Math.abs(x.out.score[0]) < 1);",
      "p.validate('low', (x) => x.out.score[0] < LIMIT); const later = () => 1; { class LIMIT { static max = 1; } }",
    ];
    const tampered = Object.assign((x: { out: number }) => x.out < 1, {
      [Symbol.for("shapeline.lambda")]: {
        lambda: { body: 1 },
        source: "x",
        location: null,
        diagnostics: [],
        constants: {},
      },
    });
    const early = Object.assign((x: { out: number }) => x.out < 1, {
      [Symbol.for("shapeline.lambda")]: {
        lambda: {
          source: "(x) => x.out < LIMIT",
          param: "x",
          body: { kind: "free", path: ["LIMIT"], span: [15, 20] },
          location: null,
        },
        source: "(x) => x.out < LIMIT",
        location: null,
        diagnostics: [],
        constants: {
          LIMIT: () => {
            throw new ReferenceError("Cannot access 'LIMIT' before initialization");
          },
        },
      },
    });
    const limit = Math.sqrt(2);
    const running = [
      (x: { out: number }) => x.out < limit,
      Math.abs,
      ((x: { out: number }) => x.out < 1).bind(null),
      tampered,
      early,
    ];
    expect([...modules.map(moduleProblems), ...running.map(buildProblems)].join("\n\n---\n\n")).toMatchInlineSnapshot(`
      "p.pipeline.ts:1:58 - error SL1043: validation 'low' (step 1): 'limit' may change: it is declared with \`let\`

        1 | (x) => x.out.score[0] < limit
          |                         ^^^^^

        hint: declare it \`const limit\`
        see node_modules/shapeline/docs/errors.md#sl1043

      ---

      p.pipeline.ts:1:58 - error SL1049: validation 'low' (step 1): 'Math' is declared in this file and hides the global of that name

        1 | (x) => Math.abs(x.out.score[0]) < 1
          |        ^^^^^^^^

        hint: give the declaration another name
        see node_modules/shapeline/docs/errors.md#sl1049

      ---

      p.pipeline.ts:1:43 - error SL1117: validation 'low' (step 1): 'LIMIT' is undefined

        1 | (x) => x.out.score[0] < LIMIT
          |                         ^^^^^

        hint: bring the value in as a constant: a number, string, boolean, bigint, or a plain object or array of them
        see node_modules/shapeline/docs/errors.md#sl1117

      ---

      validation 'low' (step 1): lambda:1:16 - error SL1042: 'limit' comes from outside the lambda, and its value cannot be read from a running function

        1 | (x) => x.out < limit
          |                ^^^^^

        hint: compile the file with \`shapeline compile\`, which resolves names, and deploy the config: \`deploy(target, { config })\`; or write the value into the lambda
        see node_modules/shapeline/docs/errors.md#sl1042

      ---

      validation 'low' (step 1): lambda:1:1 - error SL1044: the source of the native or wrapped function 'abs' cannot be read

        1 | function abs() { [native code] }
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        hint: pass the arrow function itself, without \`bind\` or a proxy around it
        see node_modules/shapeline/docs/errors.md#sl1044

      ---

      validation 'low' (step 1): lambda:1:1 - error SL1044: the source of a bound function ('bound ') cannot be read

        1 | function () { [native code] }
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        hint: pass the arrow function itself, without \`bind\` or a proxy around it
        see node_modules/shapeline/docs/errors.md#sl1044

      ---

      validation 'low' (step 1): lambda:1:1 - error SL1051: the compiled form that a build tool attached to this lambda cannot be read

        1 | x
          | ^

        hint: build with the version of shapeline that runs the pipeline
        see node_modules/shapeline/docs/errors.md#sl1051

      ---

      validation 'low' (step 1): lambda:1:1 - error SL1050: 'LIMIT' has no value yet: Cannot access 'LIMIT' before initialization

        1 | (x) => x.out < LIMIT
          | ^^^^^^^^^^^^^^^^^^^^

        hint: declare it before the pipeline that reads it
        see node_modules/shapeline/docs/errors.md#sl1050"
    `);
  });

  test("every code of lowering and type checking occurs in the corpus", () => {
    const seen = new Set<string>(corpus.flatMap(({ diagnostics }) => diagnostics.map(({ code }) => code)));
    const elsewhere = ["SL1042", "SL1043", "SL1044", "SL1049", "SL1050", "SL1051", "SL1053", "SL1054"];
    expect(Object.keys(errorCodes).filter((code) => /^SL1[01]/.test(code) && !seen.has(code))).toEqual(elsewhere);
  });
});
