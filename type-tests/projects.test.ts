// @module-tag slow
import { describe, expect, it } from "vitest";
import { accepted, assertion, helpers, importedTypes } from "./accepted.js";
import { refused } from "./cases.js";
import { slow } from "../test/slow.js";
import { diagnose, imports, program, slowSuiteCompilers, type Settings } from "./compilers.js";

// Less strict compiler settings of users' projects. `refused.test.ts` uses the strictest settings.

const isolated: Settings = { compilerOptions: { declaration: true, isolatedDeclarations: true }, casesOnly: true };
/** Without the slow tests: one that loosens types, the one of declarations, and JavaScript. */
const settings: Readonly<Record<string, Settings>> = {
  "strict: false": { compilerOptions: { strict: false, exactOptionalPropertyTypes: false } },
  ...(slow && {
    "strict: false and strictNullChecks: true": { compilerOptions: { strict: false, strictNullChecks: true } },
    "exactOptionalPropertyTypes: false, skipLibCheck: true": {
      compilerOptions: { exactOptionalPropertyTypes: false, skipLibCheck: true },
    },
  }),
  isolatedDeclarations: isolated,
  "a JavaScript file with checkJs": { compilerOptions: { allowJs: true, checkJs: true }, extension: "js" },
};

/**
 * The first case of each code, every fourth case, and the cases after an unknown dimension, whose type is `null`. Without
 * `strictNullChecks`, a callback that returns `undefined` is accepted: it fits every type.
 */
const selectedCases = refused.filter(
  ({ code, source }, index) =>
    !source.includes("▸undefined") &&
    (index % 4 === 0 || source.includes("(loose)") || refused.findIndex((other) => other.code === code) === index),
);
const uses = accepted.filter(({ of }) => of.startsWith("outputs")).map(({ source }) => `void (${source});`);
const withStep = (text: string, step?: number) => (step === undefined ? text : `step ${step}: ${text}`);

describe.each(slowSuiteCompilers)("TypeScript %s", (compiler) => {
  describe.each(Object.entries(settings))("under %s", (_, setting) => {
    const programs = selectedCases.map(({ source }) => program(source, []));
    const found = diagnose(
      compiler,
      [...programs.map(({ text }) => text), [...imports(), ...uses].join("\n")],
      setting,
    );

    it("reports the same message at the same argument", () => {
      const reported = found.slice(0, programs.length).map(
        ([finding]) =>
          finding && {
            line: finding.line,
            column: finding.column,
            words: /^.* type '"(.*)"'\.$/.exec(finding.message)?.[1],
          },
      );
      expect(reported).toEqual(
        programs.map(({ line, column }, index) => ({
          line,
          column,
          words: withStep(selectedCases[index]?.text ?? "", selectedCases[index]?.step),
        })),
      );
    });

    it("reports each error in one line", () => {
      expect(
        found.slice(0, programs.length).map((findings) => [findings.length, findings.some(({ noisy }) => noisy)]),
      ).toEqual(programs.map(() => [1, false]));
    });

    it("accepts the same pipelines", () => {
      expect(found.at(-1)).toEqual([]);
    });
  });

  it("infers the same types under strict: false with strictNullChecks: true", () => {
    const lines = accepted.map((one) => `{ ${assertion(one).join(" ")} }`);
    const head = [...imports(importedTypes), ...helpers];
    expect(
      diagnose(compiler, [[...head, ...lines].join("\n")], {
        compilerOptions: { strict: false, strictNullChecks: true },
      })[0],
    ).toEqual([]);
  });

  it("accepts functions that are generic over a model's name and outputs", () => {
    const head = [
      ...imports(["Model", "Ports", "Tensor"]),
      `type F<S extends readonly (number | string | null)[]> = Tensor<"float32", S>;`,
    ];
    const text = [
      ...head,
      `declare const sibling: Model<"sibling", (typeof head)["inputs"], { readonly y: F<readonly ["batch", 2]> }>;`,
      `const scored = <N extends string, O extends Ports>(model: Model<N, (typeof head)["inputs"], O>) => pipeline("p").model(embed).model(model);`,
      `void scored(head).validate("low", (x) => x.out < 1);`,
      `void scored(sibling).validate("low", (x) => x.out.y[1] < 1);`,
      `void scored(sibling).model(scorer);`,
      `void scored(scorer);`,
    ].join("\n");
    const found = diagnose(compiler, [text])[0]?.map(({ line, message }) => [
      line - head.length,
      /^.* type '"(.*)"'\.$/.exec(message)?.[1] ?? message.slice(0, 43),
    ]);
    expect(found).toEqual([
      [
        5,
        "model 'scorer' input 'x' expects float32[batch, 10] but step 1 (model 'sibling') produces float32[batch, 2]",
      ],
      [6, "Argument of type 'Scorer' is not assignable"],
    ]);
  });

  it("accepts functions that are generic over one of several models", () => {
    const head = [
      ...imports(["Model", "Ports"]),
      `type In = (typeof head)["inputs"]; type Out = (typeof head)["outputs"];`,
      `declare const other: Model<"other", In, Out>;`,
    ];
    const text = [
      ...head,
      `const beside = <N extends string, O extends Ports>(model: Model<N, In, O>) => pipeline("p").model(embed).shadow(head, [model]);`,
      `const over = <N extends string, O extends Ports>(model: Model<N, In, O>) => pipeline("p").model(embed).shadow(model, [head, head2]);`,
      `const several = <N extends string, O extends Ports>(model: Model<N, In, O>) => pipeline("p").model(embed).models([head, model, head2]).select(1);`,
      `const drawn = <N extends string>(model: Model<N, In, Out>) => pipeline("p").model(embed).randomSplit([[1, head], [2, model]]);`,
      `const keyed = <N extends string>(model: Model<N, In, Out>) => pipeline("p").model(embed).keySplit("k", { default: model, routes: { gold: head } });`,
      `void beside(other).validate("low", (x) => x.models.other < x.models.head);`,
      `void over(other).validate("low", (x) => x.models["head-2"][2] < 1);`,
      `void several(other).validate("low", (x) => x.out < 1);`,
      `void drawn(other).validate("low", (x) => x.out < 1);`,
      `void keyed(other).validate("low", (x) => x.out < 1);`,
      `void ((model: Model<string, In, Out>) => pipeline("p").model(embed).models([head2, model]).select(0).model(loose).shadow(model, [head, head2]));`,
      `void (<N extends string>(model: Model<N, In, Out>) => pipeline("p").model(embed).randomSplit([[0, model]]));`,
    ].join("\n");
    const found = diagnose(compiler, [text])[0]?.map(({ line, message }) => [
      line - head.length,
      /type '"(.*)"'\.$/.exec(message)?.[1] ?? message.slice(0, 300),
    ]);
    expect(found).toEqual([[12, expect.stringContaining("the weight of model")]]);
  });

  it("accepts annotated exports under isolatedDeclarations, and requires the annotation", () => {
    const head = imports(["AnyPipeline", "Deployable"]);
    const made = `pipeline("p").model(embed).model(head).validate("low", (x) => x.out < 1)`;
    const text = [
      ...head,
      `export const any: AnyPipeline = ${made};`,
      `export const typed: Deployable<(typeof embed)["inputs"], { readonly y: (typeof head)["outputs"]["y"] }, "low"> = ${made};`,
      `export const bare = ${made};`,
    ].join("\n");
    const lines = diagnose(compiler, [text], isolated)[0]?.map(({ line, message }) => [line - head.length, message]);
    expect(lines).toEqual([[3, "Variable must have an explicit type annotation with --isolatedDeclarations."]]);
  });
});
