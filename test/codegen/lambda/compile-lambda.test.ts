import { describe, expect, test } from "vitest";
import { refusal } from "../../refusal.js";
import { compileLambda, type CompileLambdaOptions } from "../../../codegen/lambda/compile-lambda.js";

const scope: CompileLambdaOptions = {
  inputs: [{ name: "amount", dtype: "float64", shape: ["batch"] }],
  outputs: [
    { name: "score", dtype: "float64", shape: ["batch", 1] },
    { name: "scores", dtype: "float32", shape: ["batch", 3] },
  ],
};
const javascript = (source: string, constants?: Record<string, unknown>) => {
  const { ok, expression, diagnostics } = compileLambda(source, { ...scope, ...(constants && { constants }) });
  return ok
    ? expression?.strings.javascript
    : diagnostics.map((d) => `${d.code} ${source.slice(d.start, d.end)}: ${d.message}`).join("\n");
};

describe("compileLambda", () => {
  test("returns a tree and a string for each back-end", () => {
    const { ok, expression, diagnostics } = compileLambda("(x) => !(x.out.score[0] > 0.9)", {
      ...scope,
      name: "fraud",
    });
    expect({ ok, diagnostics, refused: Object.keys(expression?.refused ?? {}) }).toEqual({
      ok: true,
      diagnostics: [],
      refused: ["checks"],
    });
    expect(Object.keys(expression?.strings ?? {})).toEqual(
      expect.arrayContaining(["polars-0.18", "polars-1", "javascript"]),
    );
    expect(expression?.strings["polars-0.18"]).toContain('"fraud"');
  });

  test("compiles the condition of an alert", () => {
    const compile = (source: string) => compileLambda(source, { ...scope, kind: "alert" });
    expect(compile("(all) => all.avg((x) => x.out.score) > 0.5").expression?.strings.javascript).toBe(
      "(all) => all.avg((x) => x.out.score[0]) > 0.5",
    );
    expect(compile("(x) => x.out.score[0] < 1").diagnostics).toMatchObject([{ code: "SL1104", start: 7, end: 12 }]);
  });

  test("accepts TypeScript, parentheses, and a semicolon or comment at the end", () => {
    for (const source of [
      "(x: Row): boolean => x.out.score[0]! < (1 as number);",
      " ( x => x.out.score[0] < 1 ) ;\n",
      "function (x) { return x.out.score[0] < 1; }",
      "x => x.out.score[0] < 1 // small",
    ])
      expect(javascript(source), source).toBe(javascript("x => x.out.score[0] < 1"));
  });

  test("accepts the ports of a signature and ignores those that are not tensors", () => {
    const labels = {
      name: "labels",
      dtype: "seq(map(int64,tensor(float)))",
      shape: null,
      unsupported: "a sequence of maps",
    };
    const outputs = [labels, { name: "score", dtype: "float32", shape: ["batch", 1] } as const];
    expect(compileLambda("x => x.out < 1", { ...scope, outputs }).ok).toBe(true);
    expect(compileLambda("x => x.out.labels.length > 0", { ...scope, outputs }).diagnostics).toMatchObject([
      { code: "SL1102", message: "'x.out' has no port 'labels'" },
    ]);
  });

  test("uses the values of `constants`", () => {
    const source = "x => x.out.score[0] < Limits.upper.warm && x.in.amount > -Infinity";
    expect(javascript(source, { Limits: { upper: { warm: 0.5 } } })).toBe(
      "(x) => x.out.score[0] < 0.5 && x.in.amount > -Infinity",
    );
  });
});

describe("diagnostics of compileLambda", () => {
  test("have offsets into the given text: from lowering, type checking and missing constants", () => {
    expect(
      [
        javascript("  ((x) => x.out.score[0] << 2 === LIMIT)"),
        javascript("\n(x) => x.out.scor[0] < 1"),
        javascript("(x) => x.out.score[0] < LIMIT"),
        javascript("(x) => x.out.score[0] < Limits.maxi", { Limits: { max: 1 } }),
        javascript("(x) => x.out.score[0] ==="),
        javascript("(x) => x.out.score[0]"),
        javascript(""),
        javascript("1"),
      ].join("\n"),
    ).toMatchInlineSnapshot(`
      "SL1016 x.out.score[0] << 2: \`<<\` works on 32-bit integers, which no target supports
      SL1100 LIMIT: 'LIMIT' has no value here
      SL1102 x.out.scor: 'x.out' has no port 'scor' (did you mean 'score'?)
      SL1100 LIMIT: 'LIMIT' has no value here
      SL1104 Limits.maxi: 'Limits' has no property 'maxi' (did you mean 'max'?)
      SL1000 : the lambda does not parse: Expression expected.
      SL1107 x.out.score[0]: the lambda returns number, not boolean
      SL1000 : the lambda does not parse: Expression expected.
      SL1001 1: this text is not a lambda"
    `);
  });

  test("report a source that is not a string", () => {
    expect(compileLambda(undefined as never, scope)).toEqual({
      ok: false,
      diagnostics: [
        expect.objectContaining({ code: "SL1001", message: "a value that is not a string is not a lambda" }),
      ],
    });
  });

  test("options that are wrong are refused", async () => {
    const { inputs, outputs } = scope;
    expect(await refusal(() => compileLambda("x => true", { inputs, output: outputs } as never))).toBe(
      "SL6011 compileLambda() has no option 'output' (did you mean 'outputs'?); leave it out, or give one of its options: 'inputs', 'outputs', 'constants', 'kind', 'name' and 'model'",
    );
    expect(await refusal(() => compileLambda("x => true", { inputs } as never))).toBe(
      "SL6011 compileLambda(): the option 'outputs' is undefined; give a list of ports, such as those of readSignature()",
    );
    expect(await refusal(() => compileLambda("x => true", undefined as never))).toBe(
      "SL6011 compileLambda() takes an object of options, got undefined",
    );
  });
});
