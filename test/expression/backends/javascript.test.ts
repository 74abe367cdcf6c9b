import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slow } from "../../slow.js";
import { compileExpression } from "../../../src/expression/compile.js";
import { float16ToNumber } from "../../../src/tensors/float16.js";
import { compileValidations, type Validation } from "../../../src/expression/evaluate/validation-program.js";
import type { ExpressionTree, NodeOf } from "../../../src/expression/tree/tree.js";
import { expressionTree } from "../../../src/expression/tree/schema.js";
import type { TensorData } from "../../../src/tensors/tensor-data.js";
import { holdsInLoop, compileCase } from "../cases.js";
import { generateColumns, lambdas } from "../fuzz/generate-lambdas.js";
import { lower } from "../lambda.js";
import { column, rowsOf, scopeOf, tensorOf, type TestColumn } from "../rows.js";

function validation(name: string, source: string, columns: readonly TestColumn[]): Validation {
  const compiled = compileExpression(lower(source), scopeOf(columns), {});
  if (!compiled.ok) throw new TypeError(compiled.diagnostics.map((d) => d.message).join("; "));
  return { name, tree: compiled.expression.tree };
}

const tensors = (columns: readonly TestColumn[]): Map<string, TensorData> =>
  new Map(columns.map((c) => [c.name, tensorOf(c)]));
const score = column("out.score", "float32", [1], [[0.5], [1.5], [Number.NaN]]);
const challenger = column("out_c1.score", "float32", [1], [[0.1], [0.2], [0.3]]);

describe("the generated loop", () => {
  it("returns 1 for each row that fails, for all validations in one pass", () => {
    const check = compileValidations([
      validation("low", "x => x.out.score[0] < 1", [score]),
      validation("high", "x => !(x.out.score[0] < 1)", [score]),
    ]);
    const failed = check(tensors([score]), 3);
    expect([...failed.keys()]).toEqual(["low", "high"]);
    expect(failed.get("low")).toEqual(Uint8Array.of(0, 1, 1));
    expect(failed.get("high")).toEqual(Uint8Array.of(1, 0, 0));
    expect(compileValidations([])(tensors([score]), 3).size).toBe(0);
  });

  it("fails every row if a column is absent or has another dtype, shape or number of rows", () => {
    const check = compileValidations([
      validation("v", "x => x.out.score[0] < 9 || true", [score]),
      validation("w", "x => x.out.score[0] < 9 || x.out.score[0] !== 0", [score]),
    ]);
    const f32 = (...dims: number[]): TensorData => ({
      dtype: "float32",
      dims,
      data: new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1),
    });
    const failures = (tensor: TensorData | null) => [
      ...(check(tensor === null ? new Map() : new Map([["out.score", tensor]]), 3).get("w") ?? []),
    ];
    expect(failures(f32(3, 1))).toEqual([0, 0, 0]);
    for (const bad of [
      null,
      f32(3, 2),
      f32(3),
      f32(2, 1),
      { ...f32(3, 1), dtype: "float64" as const },
      { ...f32(3, 1), data: new Float32Array(2) },
    ])
      expect(failures(bad)).toEqual([1, 1, 1]);
    // A constant predicate reads no column.
    expect(check(new Map(), 3).get("v")).toEqual(Uint8Array.of(0, 0, 0));
  });

  it("fails the rows without a challenger's value, in the validations that read it", () => {
    const check = compileValidations([
      validation("both", "x => x.models.c1.score < x.out.score || true === (x.models.c1.score > 0)", [
        score,
        challenger,
      ]),
      validation("out", "x => x.out.score[0] < 9", [score]),
    ]);
    const failed = check(tensors([score, challenger]), 3, new Map([["out_c1.score", Uint8Array.of(1, 0, 1)]]));
    expect(failed.get("both")).toEqual(Uint8Array.of(0, 1, 0));
    expect(failed.get("out")).toEqual(Uint8Array.of(0, 0, 1));
    expect(check(tensors([score]), 3).get("both")).toEqual(Uint8Array.of(1, 1, 1));
  });

  it("decodes float16 exactly", () => {
    const columns = [{ ...column("out.h", "float16", [1], []), values: [] }];
    const check = compileValidations([validation("v", "x => x.out.h[0] > 0.333 && x.out.h[0] < 0.3335", columns)]);
    const data = Uint16Array.of(0x3555, 0x3c00, 0x7c00, 0x7e00, 0x8001);
    expect(check(new Map([["out.h", { dtype: "float16", dims: [5, 1], data }]]), 5).get("v")).toEqual(
      Uint8Array.of(0, 1, 1, 1, 1),
    );
    expect([0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0xfc00, 0x7c01].map(float16ToNumber)).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      -0,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ]);
  });

  it("keeps names of ports and models out of its source", () => {
    const nasty = ['"];throw 1;//', "`${process.exit()}`", "\u2028\n*/", "__proto__", "constructor", "*/}});"];
    for (const name of nasty) {
      const columns = [column(`out.${name}`, "string", [], [name, "other"])];
      const check = compileValidations([
        validation(name, `x => x.out[${JSON.stringify(name)}] === ${JSON.stringify(name)}`, columns),
      ]);
      expect(check(tensors(columns), 2).get(name)).toEqual(Uint8Array.of(0, 1));
    }
  });

  it("agrees with generated lambdas, as does the printed JavaScript", { tags: ["slow"] }, () => {
    const columns = generateColumns(30, 11, fc.nat(4));
    const uniform = generateColumns(30, 12, fc.constant(3));
    fc.assert(
      fc.property(lambdas(4), (text) => {
        const result = compileCase(text, columns);
        if (!("text" in result)) throw new TypeError(result.map((d) => d.message).join("; "));
        for (const rows of [columns, uniform]) {
          expect(holdsInLoop(result, rows)).toEqual(result.holdsOn(rows));
          const printed = new Function(`return ${result.expression.strings.javascript ?? ""}`)() as (
            row: unknown,
          ) => unknown;
          expect(rowsOf(rows).map((row) => printed(row) === true)).toEqual(result.holdsOn(rows));
        }
      }),
      { numRuns: slow ? 300 : 60, seed: 20_261_122 },
    );
  });
});

describe("the schema of a validation's tree", () => {
  const read = (validation("v", "x => x.out.score[0] < 1", [score]).tree as NodeOf<"<">).left;
  const one = { op: "constant", type: "number", value: 1 };
  const wrong: Readonly<Record<string, unknown>> = {
    "is not an object": 1,
    "has an unknown op": { op: "eval", text: "1" },
    "has an unknown key": { op: "!", operand: read, type: "boolean", extra: 1 },
    "returns a number": read,
    "compares two types": {
      op: "<",
      left: read,
      right: { op: "constant", type: "bigint", value: "1" },
      type: "boolean",
    },
    "has a constant of another type than declared": {
      op: "<",
      left: read,
      right: { op: "constant", type: "number", value: "1;process.exit()" },
      type: "boolean",
    },
    "uses the position of an unknown list": {
      op: "<",
      left: { op: "position", binder: 3, type: "number" },
      right: one,
      type: "boolean",
    },
    "reads past the end": { op: "<", left: { ...read, at: [1] }, right: one, type: "boolean" },
    "negates a number": { op: "!", operand: read, type: "boolean" },
  };

  it.each(Object.keys(wrong))("rejects a tree that %s", (what) => {
    expect(expressionTree.safeParse(wrong[what]).success).toBe(false);
    expect(() => compileValidations([{ name: "v", tree: wrong[what] as ExpressionTree }])).toThrow(
      /^the expression of validation 'v' is not valid: .+; compile the pipeline again$/,
    );
  });

  it("rejects a tree 100,000 levels deep without overflowing the stack", () => {
    let tree: unknown = { op: "constant", type: "boolean", value: true };
    for (let i = 0; i < 100_000; i++) tree = { op: "!", operand: tree, type: "boolean" };
    const result = expressionTree.safeParse(tree);
    expect(result.error?.issues.map((issue) => issue.message)).toEqual([
      "an expression may have at most 256 levels; split it into several validations",
    ]);
  });
});
