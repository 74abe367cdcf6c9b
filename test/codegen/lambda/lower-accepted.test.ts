import { describe, expect, test } from "vitest";
import { surfaceLambda } from "../../../src/expression/surface/surface.js";
import { lower, tree } from "./lower-text.js";

const trees = (sources: readonly string[]) => sources.map((s) => `${s}\n  ${tree(s)}`).join("\n");

describe("accepted lambdas are lowered to surface trees", () => {
  test("ports, indexing and literals", () => {
    expect(
      trees([
        "x => x.out < 1",
        "(x) => x.out.score[0] >= 0.5",
        'x => x["out"]["a b"] === "yes"',
        "x => x.out[`dense_1`][2] !== 1_000",
        "x => x.out.scores.length === 0x1F",
        "x => x.out.id === 9007199254740993n",
        "x => x.out.id > -0xFFn",
        "x => x.out.flag === null",
        "x => x.out.label === `good`",
        "x => x.out.a > 1e400",
        "x => x.out.scores[x.out.best] > 0",
        "() => true",
      ]),
    ).toMatchInlineSnapshot(`
      "x => x.out < 1
        x => (< (. x out) 1)
      (x) => x.out.score[0] >= 0.5
        x => (>= (at (. (. x out) score) 0) 0.5)
      x => x["out"]["a b"] === "yes"
        x => (=== (. (. x out) a b) "yes")
      x => x.out[\`dense_1\`][2] !== 1_000
        x => (!== (at (. (. x out) dense_1) 2) 1000)
      x => x.out.scores.length === 0x1F
        x => (=== (. (. (. x out) scores) length) 31)
      x => x.out.id === 9007199254740993n
        x => (=== (. (. x out) id) 9007199254740993n)
      x => x.out.id > -0xFFn
        x => (> (. (. x out) id) (neg 255n))
      x => x.out.flag === null
        x => (=== (. (. x out) flag) null)
      x => x.out.label === \`good\`
        x => (=== (. (. x out) label) "good")
      x => x.out.a > 1e400
        x => (> (. (. x out) a) free:Infinity)
      x => x.out.scores[x.out.best] > 0
        x => (> (at (. (. x out) scores) (. (. x out) best)) 0)
      () => true
        row_1 => true"
    `);
  });

  test("operators", () => {
    expect(
      trees([
        "x => x.out.a + x.out.b * 2 - x.out.c / 4 < 3",
        "x => -x.out.a <= +1 && +x.out.b > 0",
        "x => !(x.out.a > 1) || x.out.b",
        "x => x.out.a ? x.out.b > 1 : x.out.c > 2",
        "x => x.out.a == null",
        "x => null != x.out.a",
        "x => !0 && !1 && x.out.a !== void 0",
      ]),
    ).toMatchInlineSnapshot(`
      "x => x.out.a + x.out.b * 2 - x.out.c / 4 < 3
        x => (< (- (+ (. (. x out) a) (* (. (. x out) b) 2)) (/ (. (. x out) c) 4)) 3)
      x => -x.out.a <= +1 && +x.out.b > 0
        x => (&& (<= (neg (. (. x out) a)) 1) (> (* (. (. x out) b) 1) 0))
      x => !(x.out.a > 1) || x.out.b
        x => (|| (not (> (. (. x out) a) 1)) (. (. x out) b))
      x => x.out.a ? x.out.b > 1 : x.out.c > 2
        x => (if (. (. x out) a) (> (. (. x out) b) 1) (> (. (. x out) c) 2))
      x => x.out.a == null
        x => (|| (=== (. (. x out) a) null) (=== (. (. x out) a) free:undefined))
      x => null != x.out.a
        x => (&& (!== (. (. x out) a) null) (!== (. (. x out) a) free:undefined))
      x => !0 && !1 && x.out.a !== void 0
        x => (&& (&& true false) (!== (. (. x out) a) free:undefined))"
    `);
  });

  test("calls of global functions and methods of values", () => {
    expect(
      trees([
        "x => Math.max(x.out.a, Math.abs(x.out.b)) < Math.PI",
        'x => Math["floor"](x.out.a) === 1',
        "x => Number.isFinite(x.out.a) && !Number.isNaN(x.out.b)",
        "x => x.out.scores.every((v, i) => v >= i)",
        "x => x.out.scores.some(function (v) { return v > 1; })",
        "x => x.out.scores.every(Number.isFinite)",
        "x => ALLOWED.includes(x.out.label) || Limits.names.includes(x.out.label)",
        "x => x.out.label.startsWith('a')",
      ]),
    ).toMatchInlineSnapshot(`
      "x => Math.max(x.out.a, Math.abs(x.out.b)) < Math.PI
        x => (< (Math.max (. (. x out) a) (Math.abs (. (. x out) b))) free:Math.PI)
      x => Math["floor"](x.out.a) === 1
        x => (=== (Math.floor (. (. x out) a)) 1)
      x => Number.isFinite(x.out.a) && !Number.isNaN(x.out.b)
        x => (&& (Number.isFinite (. (. x out) a)) (not (Number.isNaN (. (. x out) b))))
      x => x.out.scores.every((v, i) => v >= i)
        x => (.every (. (. x out) scores) (fn [v i] (>= v i)))
      x => x.out.scores.some(function (v) { return v > 1; })
        x => (.some (. (. x out) scores) (fn [v] (> v 1)))
      x => x.out.scores.every(Number.isFinite)
        x => (.every (. (. x out) scores) (fn [v_1] (Number.isFinite v_1)))
      x => ALLOWED.includes(x.out.label) || Limits.names.includes(x.out.label)
        x => (|| (.includes free:ALLOWED (. (. x out) label)) (.includes free:Limits.names (. (. x out) label)))
      x => x.out.label.startsWith('a')
        x => (.startsWith (. (. x out) label) "a")"
    `);
  });

  test("names from outside become paths", () => {
    expect(
      trees([
        "x => x.out < LIMIT",
        'x => x.out < Limits.upper["warm days"].max',
        "x => x.out < LIST[0] && LIST.length > 1",
        "x => x.out === NaN || x.out < Infinity || x.out === undefined || x.out > Number.EPSILON",
        "x => { const { max, min: least } = Limits; return x.out < max && x.out > least; }",
      ]),
    ).toMatchInlineSnapshot(`
      "x => x.out < LIMIT
        x => (< (. x out) free:LIMIT)
      x => x.out < Limits.upper["warm days"].max
        x => (< (. x out) free:Limits.upper.warm days.max)
      x => x.out < LIST[0] && LIST.length > 1
        x => (&& (< (. x out) (at free:LIST 0)) (> free:LIST.length 1))
      x => x.out === NaN || x.out < Infinity || x.out === undefined || x.out > Number.EPSILON
        x => (|| (|| (|| (=== (. x out) free:NaN) (< (. x out) free:Infinity)) (=== (. x out) free:undefined)) (> (. x out) free:Number.EPSILON))
      x => { const { max, min: least } = Limits; return x.out < max && x.out > least; }
        x => (let max free:Limits.max (let least free:Limits.min (&& (< (. x out) max) (> (. x out) least))))"
    `);
  });

  test("types, parentheses and assertions are ignored", () => {
    expect(
      trees([
        "(x: Row): boolean => ((x.out as number) < <number>x.in!.limit)",
        "(x) => (x.out satisfies number) < (1 as const)",
        "function (this: void, x: Row) { type T = number; interface U {} return x.out < 1; }",
        "function small(x) { 'use strict'; return x.out < 1; }",
        "x => x.out.scores.every<number>((v: number): v is 1 => v === 1)",
      ]),
    ).toMatchInlineSnapshot(`
      "(x: Row): boolean => ((x.out as number) < <number>x.in!.limit)
        x => (< (. x out) (. (. x in) limit))
      (x) => (x.out satisfies number) < (1 as const)
        x => (< (. x out) 1)
      function (this: void, x: Row) { type T = number; interface U {} return x.out < 1; }
        x => (< (. x out) 1)
      function small(x) { 'use strict'; return x.out < 1; }
        x => (< (. x out) 1)
      x => x.out.scores.every<number>((v: number): v is 1 => v === 1)
        x => (.every (. (. x out) scores) (fn [v] (=== v 1)))"
    `);
  });

  test("destructured parameters and constants", () => {
    expect(
      trees([
        "({ out }) => out < 1",
        "({ out: { score }, in: given }) => score < given.limit",
        '({ out: { "a b": ab, [`c`]: c } }) => ab < c',
        "({ out: { scores: [first, , third] } }) => first < third",
        "x => { const { a, b: [c] } = x.out; return a < c; }",
        "x => { const [a, b] = x.out.pick.slice(0, 2); return a < b; }",
        "x => x.out.boxes.every(([left, right]) => left < right)",
        "({ row_1 }) => row_1",
      ]),
    ).toMatchInlineSnapshot(`
      "({ out }) => out < 1
        row_1 => (let out (. row_1 out) (< out 1))
      ({ out: { score }, in: given }) => score < given.limit
        row_1 => (let score (. (. row_1 out) score) (let given (. row_1 in) (< score (. given limit))))
      ({ out: { "a b": ab, [\`c\`]: c } }) => ab < c
        row_1 => (let ab (. (. row_1 out) a b) (let c (. (. row_1 out) c) (< ab c)))
      ({ out: { scores: [first, , third] } }) => first < third
        row_1 => (let first (at (. (. row_1 out) scores) 0) (let third (at (. (. row_1 out) scores) 2) (< first third)))
      x => { const { a, b: [c] } = x.out; return a < c; }
        x => (let a (. (. x out) a) (let c (at (. (. x out) b) 0) (< a c)))
      x => { const [a, b] = x.out.pick.slice(0, 2); return a < b; }
        x => (let value_1 (.slice (. (. x out) pick) 0 2) (let a (at value_1 0) (let b (at value_1 1) (< a b))))
      x => x.out.boxes.every(([left, right]) => left < right)
        x => (.every (. (. x out) boxes) (fn [row_1] (let left (at row_1 0) (let right (at row_1 1) (< left right)))))
      ({ row_1 }) => row_1
        row_2 => (let row_1 (. row_2 row_1) row_1)"
    `);
  });

  test("block bodies", () => {
    expect(
      trees([
        "x => { const a = x.out.a, b = a * 2; return b < a; }",
        "x => { if (x.in.vip) return true; return x.out < 1; }",
        "x => { if (x.in.a) { return x.out < 1; } else if (x.in.b) { return x.out < 2; } else return false; }",
        "x => { if (x.in.a) { if (x.in.b) return true; } return x.out < 1; }",
        "x => { let a = x.out; { const b = a; ; return b < 1; } }",
        "x => { if (x.in.a) {} return true; }",
        "x => { const ok = (v) => v > 0; return x.out.scores.every(ok); }",
        "x => { return true; return false; }",
      ]),
    ).toMatchInlineSnapshot(`
      "x => { const a = x.out.a, b = a * 2; return b < a; }
        x => (let a (. (. x out) a) (let b (* a 2) (< b a)))
      x => { if (x.in.vip) return true; return x.out < 1; }
        x => (if (. (. x in) vip) true (< (. x out) 1))
      x => { if (x.in.a) { return x.out < 1; } else if (x.in.b) { return x.out < 2; } else return false; }
        x => (if (. (. x in) a) (< (. x out) 1) (if (. (. x in) b) (< (. x out) 2) false))
      x => { if (x.in.a) { if (x.in.b) return true; } return x.out < 1; }
        x => (if (. (. x in) a) (if (. (. x in) b) true (< (. x out) 1)) (< (. x out) 1))
      x => { let a = x.out; { const b = a; ; return b < 1; } }
        x => (let a (. x out) (let b a (< b 1)))
      x => { if (x.in.a) {} return true; }
        x => true
      x => { const ok = (v) => v > 0; return x.out.scores.every(ok); }
        x => (let ok (fn [v] (> v 0)) (.every (. (. x out) scores) ok))
      x => { return true; return false; }
        x => true"
    `);
  });
});

describe("scopes", () => {
  test("an inner name shadows an outer one, but not after an early return", () => {
    expect(
      trees([
        "x => x.out.scores.every((x) => x > 0)",
        "x => { const t = x.out; if (t > 1) { const t = 2; if (t > x.in.a) return true; } return t < 3; }",
        "x => { if (x.in.a) { const t = 1; if (t > x.out) return true; } const t = 5; return t > 3; }",
        "x => { const t_1 = 1, t = 2; return x.out.scores.every((t) => t > t_1); }",
        "(Math) => Math.out.PI > 3",
        "x => { const Limits = x.out; return Limits.max > 1; }",
      ]),
    ).toMatchInlineSnapshot(`
      "x => x.out.scores.every((x) => x > 0)
        x => (.every (. (. x out) scores) (fn [x_1] (> x_1 0)))
      x => { const t = x.out; if (t > 1) { const t = 2; if (t > x.in.a) return true; } return t < 3; }
        x => (let t (. x out) (if (> t 1) (let t_1 2 (if (> t_1 (. (. x in) a)) true (< t 3))) (< t 3)))
      x => { if (x.in.a) { const t = 1; if (t > x.out) return true; } const t = 5; return t > 3; }
        x => (if (. (. x in) a) (let t 1 (if (> t (. x out)) true (let t 5 (> t 3)))) (let t 5 (> t 3)))
      x => { const t_1 = 1, t = 2; return x.out.scores.every((t) => t > t_1); }
        x => (let t_1 1 (let t 2 (.every (. (. x out) scores) (fn [t_2] (> t_2 t_1)))))
      (Math) => Math.out.PI > 3
        Math => (> (. (. Math out) PI) 3)
      x => { const Limits = x.out; return Limits.max > 1; }
        x => (let Limits (. x out) (> (. Limits max) 1))"
    `);
  });
});

test("spans are offsets into the lambda's own text", () => {
  const { lambda } = lower("  ( (x) => x.out.score < LIMIT )");
  expect(lambda?.source).toBe("(x) => x.out.score < LIMIT");
  const body = lambda?.body;
  if (body?.kind !== "binary") expect.fail("a comparison was expected");
  expect(lambda?.source.slice(...body.left.span)).toBe("x.out.score");
  expect(lambda?.source.slice(...body.right.span)).toBe("LIMIT");
});

test("a tree with many node kinds passes the schema of surface trees", () => {
  const { lambda } = lower(
    "({ out: { s } }) => { const big = 10n; if (s[0] === null) return !Math.abs(-1); return s.every((v) => v < LIMIT ? v === 'a' : big > 1n); }",
  );
  expect(surfaceLambda.parse(JSON.parse(JSON.stringify(lambda)))).toEqual(lambda);
});
