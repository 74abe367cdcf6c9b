import { describe, expect, it } from "vitest";
import type { RowScope } from "../../dsl/row.js";
import type { Constants } from "../../src/expression/surface/surface.js";
import { printReadable } from "../../src/expression/tree/print.js";
import { typeExpression } from "../../src/expression/typecheck/typecheck.js";
import { lower } from "./lambda.js";

const port = (
  name: string,
  dtype: "float32" | "float64" | "int64" | "bool" | "string" | "int32",
  ...shape: (number | string | null)[]
) => ({ name, dtype, shape: ["batch", ...shape] });

const one: RowScope = { inputs: [port("features", "float32", 30)], outputs: [port("score", "float32", 1)], models: {} };
const many: RowScope = {
  inputs: [port("a", "float32", 3), port("b", "int64")],
  outputs: [
    port("y", "float32", 3),
    port("label", "string"),
    port("ok", "bool"),
    port("tokens", "float32", "N"),
    port("m", "float64", 2, 4),
  ],
  models: { champ: [port("score", "float32", 1)], "c-1": [port("score", "float32", 1), port("other", "float32", 2)] },
  champion: "champ",
};

/** The tree as text, or each diagnostic as `code at 'text': message (hint)`. */
function typed(source: string, scope: RowScope = many, constants: Constants = {}): string {
  const lambda = lower(source);
  const result = typeExpression(lambda, scope, constants);
  if (result.ok) return printReadable(result.tree);
  return result.diagnostics
    .map(
      ({ code, message, hint, start, end }) =>
        `${code} at '${lambda.source.slice(start, end)}': ${message}${hint === undefined ? "" : ` (${hint})`}`,
    )
    .join("\n");
}

describe("a lambda's paths", () => {
  it("may omit a lone port and the index of a port of one number", () => {
    for (const text of [
      "x => x.out < 1",
      "x => x.out[0] < 1",
      "x => x.out.score < 1",
      "x => x.out.score[0] < 1",
      "x => x.out['score'][0] < 1",
    ]) {
      expect(typed(text, one)).toBe("x.out.score[0] < 1");
    }
    expect(typed("x => x.in[29] > 0 && x.in.length === 30", one)).toBe("x.in.features[29] > 0");
    expect(typed("x => x.in.every(v => v >= 0)", one)).toBe("x.in.features.every((v) => v >= 0)");
  });

  it("name a port by a number as JavaScript does, quoted or not", () => {
    const lone: RowScope = { inputs: [], outputs: [port("1", "float32", 4)], models: {} };
    const several: RowScope = { inputs: [], outputs: [port("0", "float32", 2), port("7", "float32")], models: {} };
    expect(typed("x => x.out[1][0] < 1", lone)).toBe(typed('x => x.out["1"][0] < 1', lone));
    expect(typed("x => x.out[0] < 1", lone)).toBe(typed('x => x.out["1"][0] < 1', lone));
    expect(typed("x => x.out[0][1] < x.out[7]", several)).toBe(typed('x => x.out["0"][1] < x.out["7"]', several));
    expect(typed("({ out: { 7: y } }) => y < 1", several)).toBe(typed('x => x.out["7"] < 1', several));
    expect(typed("x => x.out.every((v, i) => x.out[i] < 1)", lone)).toBe(
      `SL1106 at 'x.out[i]': 'x.out[i]' may mean '1', which 'x.out' has by name, or an element of it (quote the port's name: x.out["1"][i])`,
    );
  });

  it("need the index of a named port of one where JavaScript treats every list as true", () => {
    const flag: RowScope = { inputs: [], outputs: [port("ok", "bool", 1), port("p", "float32", 1)], models: {} };
    const refused = (text: string, op: string) =>
      `SL1108 at '${text}': '${text}' is a list of one element, and '${op}' treats every list as true, even [false] (write ${text}[0])`;
    expect(typed("x => !x.out.ok", flag)).toBe(refused("x.out.ok", "!"));
    expect(typed("x => x.out.ok && x.out.p < 1", flag)).toBe(refused("x.out.ok", "&&"));
    expect(typed("x => x.out.p[0] < 1 || x.out.ok", flag)).toBe(refused("x.out.ok", "||"));
    expect(typed("x => x.out.ok ? true : false", flag)).toBe(refused("x.out.ok", "?:"));
    expect(typed("x => !x.out.ok[0] && x.out.p[0] === 1 && x.out.p < 2", flag)).toBe(
      "!x.out.ok[0] && x.out.p[0] === 1 && x.out.p[0] < 2",
    );
    expect(typed("x => x.out === 1", one)).toBe("x.out.score[0] === 1");
  });

  it("read each model's outputs; the champion's are the pipeline's outputs", () => {
    expect(typed("x => x.models.champ < x.models['c-1'].score")).toBe('x.out.score[0] < x.models["c-1"].score[0]');
  });

  it("read constants from outside by their path", () => {
    const constants = { Limits: { max: 2, list: [1, 2, 3] }, MODE: "strict", BIG: 7n };
    expect(
      typed("x => x.in.a[0] < Limits.max + Math.PI - Math.PI && MODE === 'strict' && x.in.b > BIG", many, constants),
    ).toBe("x.in.a[0] < 2 && x.in.b > 7n");
    expect(typed("x => x.in.a.every((v, i) => v < Limits.list[i])", many, constants)).toBe(
      "x.in.a.every((v, i) => v < [1, 2, 3][i])",
    );
    expect(typed("x => Limits.list.some((l, i) => x.in.a[i] === l)", many, constants)).toBe(
      "x.in.a[0] === 1 || x.in.a[1] === 2 || x.in.a[2] === 3",
    );
  });

  it("follow const locals and early returns", () => {
    expect(typed("x => { const s = x.out.y; const d = s[0] - s[1]; if (x.out.ok) return true; return d < 1; }")).toBe(
      "x.out.ok ? true : x.out.y[0] - x.out.y[1] < 1",
    );
  });
});

describe("constants", () => {
  it("are folded exactly as in JavaScript", () => {
    expect(typed("x => x.in.a[0] > 0.1 + 0.2")).toBe("x.in.a[0] > 0.30000000000000004");
    expect(typed("x => x.in.a[0] > -0")).toBe("x.in.a[0] > -0");
    expect(typed("x => x.in.a[0] > 1 / 0 || x.in.a[0] === 0 / 0")).toBe("x.in.a[0] > Infinity || x.in.a[0] === NaN");
    expect(typed("x => x.in.b > 9007199254740993n * 3n")).toBe("x.in.b > 27021597764222979n");
    expect(typed("x => x.in.b < 1.5 && x.in.b >= 1.5 && 2 > x.in.b")).toBe(
      "x.in.b <= 1n && x.in.b > 1n && x.in.b < 2n",
    );
  });
});

describe("a lambda without a type is refused with a reason", () => {
  it("for unknown ports, models and properties", () => {
    expect(typed("x => x.out.scor > 1 && x.inn.a[0] > 1", one)).toMatchInlineSnapshot(`
      "SL1102 at 'x.out.scor': 'x.out' has no port 'scor' (did you mean 'score'?) (its port is 'score')
      SL1104 at 'x.inn': a row has no 'inn' (did you mean 'in'?) (it has in, out and, after a shadow, models)"
    `);
    expect(typed("x => x.models.c1.score > 1 && x.models['c-1'] > 1 && x.out > 1")).toMatchInlineSnapshot(`
      "SL1103 at 'x.models.c1': there is no model 'c1' here (did you mean 'c-1'?) (there are 'champ' and 'c-1')
      SL1109 at 'x.models['c-1']': 'x.models['c-1']' has several ports: 'score' and 'other' (name one of them)
      SL1109 at 'x.out': 'x.out' has several ports: 'y', 'label', 'ok', 'tokens' and 'm' (name one of them)"
    `);
    expect(typed("x => x.out > 1", { ...one, outputs: [], models: { head: one.outputs } })).toBe(
      "SL1109 at 'x.out': 'x.out' has no port, because no output is selected (read x.models.<model>.<port>, or put .select() before the check)",
    );
    expect(typed("x => x.models.c1 > 1", one)).toMatchInlineSnapshot(
      `"SL1103 at 'x.models': x.models is not available here (x.models exists after a step that runs several models, such as shadow)"`,
    );
    expect(typed("x => Limits.mx > x.in.a[0] && LIMIT > 1 && Limits.deep.er > 1", many, { Limits: { max: 1 } }))
      .toMatchInlineSnapshot(`
        "SL1104 at 'Limits.mx': 'Limits' has no property 'mx' (did you mean 'max'?) (check the declaration of the constant)
        SL1100 at 'LIMIT': 'LIMIT' has no value here (did you mean 'Limits'?) (bring the value in as a constant: a number, string, boolean, bigint, or a plain object or array of them)
        SL1104 at 'Limits.deep.er': 'Limits' has no property 'deep' (check the declaration of the constant)"
      `);
    expect(typed("x => constructor > 1 || toString.length > 1 || undefined === 1")).toMatchInlineSnapshot(`
      "SL1100 at 'constructor': 'constructor' has no value here (bring the value in as a constant: a number, string, boolean, bigint, or a plain object or array of them)
      SL1100 at 'toString.length': 'toString.length' has no value here (bring the value in as a constant: a number, string, boolean, bigint, or a plain object or array of them)"
    `);
    expect(
      typed("x => x.out < 1", { inputs: [], outputs: [{ name: "y", dtype: "float32", shape: null }], models: {} }),
    ).toMatchInlineSnapshot(
      `"SL1121 at 'x.out': the shape of port 'y' is not known (give the model a signature with shapes)"`,
    );
  });

  it("for indexes", () => {
    expect(typed("x => x.in.a[3] > 1 && x.in.a[-1] > 1 && x.in.a[0.5] > 1 && x.in.a[x.in.a[0]] > 1 && x.in.b[0] > 1n"))
      .toMatchInlineSnapshot(`
        "SL1105 at 'x.in.a[3]': 'x.in.a' has 3 elements, so [3] is past its end (the first element is [0])
        SL1106 at '-1': an index is a whole number from 0 on, not -1 (count from the start of the list, or use .at(…))
        SL1106 at '0.5': an index is a whole number from 0 on, not 0.5
        SL1106 at 'x.in.a[0]': the index 'x.in.a[0]' is not a constant (an index is a constant, or the position parameter of every and some)
        SL1108 at 'x.in.b[0]': 'x.in.b' is a bigint, not a list (leave the index out)"
      `);
    expect(typed("x => x.out.m[0].every((v, i) => v > x.in.a[i])")).toMatchInlineSnapshot(
      `"SL1105 at 'x.in.a[i]': 'x.in.a' has 3 elements, so [i] is past its end (the first element is [0])"`,
    );
    expect(typed("x => LIST[3] > x.in.a[0]", many, { LIST: [1, 2, 3] })).toMatchInlineSnapshot(
      `"SL1105 at 'LIST[3]': 'LIST' has 3 elements, so [3] is past its end (the first element is [0])"`,
    );
  });

  it("for a result that is not boolean", () => {
    expect(typed("x => x.out", one)).toMatchInlineSnapshot(
      `"SL1107 at 'x.out': the lambda returns number, not boolean (state what must hold, as a comparison)"`,
    );
    expect(typed("x => { const s = x.out.y[0]; return s + 1; }")).toMatchInlineSnapshot(
      `"SL1107 at 's + 1': the lambda returns number, not boolean (state what must hold, as a comparison)"`,
    );
    expect(typed("x => x.out.label")).toMatchInlineSnapshot(
      `"SL1107 at 'x.out.label': the lambda returns string, not boolean (state what must hold, as a comparison)"`,
    );
  });

  it("for a list used as one value, and one value used as a list", () => {
    expect(typed("x => x.out.y > 1 && x.out.m > 1 && x.out.tokens > 1 && x > 1 && x.in.b.every(v => v > 0n)"))
      .toMatchInlineSnapshot(`
        "SL1108 at 'x.out.y': 'x.out.y' is a list of 3 numbers, but one value is needed here (take one element with [i], or test all of them with .every(...) or .some(...))
        SL1108 at 'x.out.m': 'x.out.m' is a list of 2 x 4 numbers, but one value is needed here (take one element with [i], or test all of them with .every(...) or .some(...))
        SL1108 at 'x.out.tokens': 'x.out.tokens' is a list of numbers, but one value is needed here (take one element with [i], or test all of them with .every(...) or .some(...))
        SL1108 at 'x': 'x' is the whole row (read one of its ports, such as x.out.<port>)
        SL1108 at 'x.in.b.every(v => v > 0n)': 'x.in.b' is a bigint, and 'every' is a method of lists (compare it directly)"
      `);
  });

  it("for operands of wrong types", () => {
    expect(typed("x => x.in.b + 1 > 2n && x.in.b === 1 && x.out.label === 1 && x.out.label < 1 && x.in.b < x.in.a[0]"))
      .toMatchInlineSnapshot(`
        "SL1110 at 'x.in.b + 1': '+' mixes a number and a bigint, which JavaScript refuses (write 1n)
        SL1111 at 'x.in.b === 1': '===' compares a bigint with a number, so it is always false (write 1n)
        SL1111 at 'x.out.label === 1': '===' compares a string with a number, so it is always false (compare values of one type)
        SL1111 at 'x.out.label < 1': '<' compares a string with a number (compare values of one type)
        SL1111 at 'x.in.b < x.in.a[0]': '<' compares a bigint with a number (compare it with a bigint, such as 5n, or convert it: Number(…) is exact up to 2 ** 53, and rounds beyond as JavaScript does)"
      `);
    expect(typed("x => !x.in.a[0] && (x.out.label || x.out.ok) && x.out.label + 'a' === 'b' && -x.out.label > 1"))
      .toMatchInlineSnapshot(`
        "SL1112 at 'x.in.a[0]': '!' takes a boolean, and 'x.in.a[0]' is a number (compare it with a value)
        SL1112 at 'x.out.label': '||' takes a boolean, and 'x.out.label' is a string (compare it with a value)
        SL1113 at 'x.out.label + 'a'': '+' takes numbers, not a string (compare it instead)
        SL1113 at 'x.out.label': '-' takes a number, and 'x.out.label' is a string"
      `);
    expect(typed("x => (x.out.ok ? 1 : 1n) > 0 && x.in.b / x.in.b > 1n && x.out.ok < true")).toMatchInlineSnapshot(`
      "SL1119 at 'x.out.ok ? 1 : 1n': one branch is a number, the other a bigint (give both branches one type)
      SL1110 at 'x.in.b / x.in.b': a bigint is divided by a value that may be 0n, and JavaScript then throws (divide by a constant other than 0n)
      SL1111 at 'x.out.ok < true': '<' compares booleans (use ===, !==, && or ||)"
    `);
    expect(typed("x => x.out.label === null || x.in.a[0] === undefined")).toMatchInlineSnapshot(`"false"`);
  });

  it("for bigints where a number is needed, with the conversion as the way out", () => {
    expect(
      typed(
        "x => x.in.b / 2 > 0.5 && x.in.b * x.in.a[0] > 1 && Math.abs(x.in.b) > 1 && Number(x.out.ok) > 0 && Number(x.out.label) > 0",
      ),
    ).toMatchInlineSnapshot(`
      "SL1110 at 'x.in.b / 2': '/' mixes a number and a bigint, which JavaScript refuses (int64 and uint64 ports hold bigints; keep both sides bigints, or convert one: Number(…) is exact up to 2 ** 53, and rounds beyond as JavaScript does)
      SL1110 at 'x.in.b * x.in.a[0]': '*' mixes a number and a bigint, which JavaScript refuses (int64 and uint64 ports hold bigints; keep both sides bigints, or convert one: Number(…) is exact up to 2 ** 53, and rounds beyond as JavaScript does)
      SL1113 at 'x.in.b': 'Math.abs' takes a number, not a bigint (convert it: Number(…) is exact up to 2 ** 53, and rounds beyond as JavaScript does)
      SL1113 at 'x.out.ok': 'Number' takes a number or a bigint, not a boolean (write \`flag ? 1 : 0\`)
      SL1113 at 'x.out.label': 'Number' takes a number or a bigint, not a string (send the value as a number)"
    `);
  });

  it("for unknown functions and methods, and wrong arguments", () => {
    expect(
      typed(
        "x => Math.log(x.in.a[0]) > 1 && Math.abs(x.in.a[0], 1) > 1 && Number.isNaN(x.out.label) && Math.max(x.in.a) > 1",
      ),
    ).toMatchInlineSnapshot(`
      "SL1116 at 'Math.abs(x.in.a[0], 1)': 'Math.abs' takes one argument, not 2
      SL1113 at 'x.out.label': 'Number.isNaN' takes a number, not a string (send the value as a number)
      SL1108 at 'x.in.a': 'x.in.a' is a list of 3 numbers, but one value is needed here (take one element with [i], or test all of them with .every(...) or .some(...))"
    `);
    expect(typed("x => x.in.a.every(v => v) && x.in.a.some()")).toMatchInlineSnapshot(`
      "SL1112 at 'v': 'every' takes a boolean, and 'v' is a number (compare it with a value)
      SL1116 at 'x.in.a.some()': 'some' takes one function, not 0 arguments"
    `);
  });

  it("for values from outside that are not plain constants", () => {
    const constants = {
      now: () => 1,
      when: new Date(0),
      none: undefined,
      lazy: {
        get limit() {
          return 1;
        },
      },
      list: [1, "a"],
    };
    expect(
      typed(
        "x => now > x.in.a[0] && when > 1 && none > 1 && lazy.limit > 1 && list > 1 && x.in.a.every((v, i) => v > list[i])",
        many,
        constants,
      ),
    ).toMatchInlineSnapshot(`
      "SL1101 at 'now': 'now' is a function, not a constant (bring the value in as a constant: a number, string, boolean, bigint, or a plain object or array of them)
      SL1101 at 'when': 'when' is an object of a class, not a plain constant (bring the value in as a constant: a number, string, boolean, bigint, or a plain object or array of them)
      SL1117 at 'none': 'none' is undefined (bring the value in as a constant: a number, string, boolean, bigint, or a plain object or array of them)
      SL1101 at 'lazy.limit': 'lazy.limit' is computed by a getter, so its value may change (bring the value in as a constant: a number, string, boolean, bigint, or a plain object or array of them)
      SL1108 at 'list': 'list' is a list, but one value is needed here
      SL1101 at 'list[i]': 'list' is not a list of constants of one type"
    `);
  });

  it("for lambdas that are too large once their constants are inlined", () => {
    const doubling = Array.from({ length: 40 }, (_, i) => `const a${i + 1} = a${i} + a${i};`).join(" ");
    expect(typed(`x => { const a0 = x.in.a[0]; ${doubling} return a40 > 1; }`)).toMatchInlineSnapshot(
      `"SL1120 at 'a13 + a13': the lambda has more than 20000 parts once its constants are inlined (split it into several validations)"`,
    );
    expect(
      typed("x => L.every(a => L.every(b => L.every(c => x.in.a[0] > a + b + c)))", many, {
        L: Array.from({ length: 256 }, (_, i) => i),
      }),
    ).toMatchInlineSnapshot(
      `"SL1120 at 'L.every(a => L.every(b => L.every(c => x.in.a[0] > a + b + c)))': the lambda has more than 20000 parts once its constants are inlined (split it into several validations)"`,
    );
    const sum = Array.from({ length: 300 }, () => "x.in.a[0]").join(" + ");
    expect(typed(`x => ${sum} > 1`)).toMatchInlineSnapshot(
      `"SL1120 at 'x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] + x.in.a[0] > 1': the lambda is nested more than 256 deep (split it into several validations)"`,
    );
  });
});
