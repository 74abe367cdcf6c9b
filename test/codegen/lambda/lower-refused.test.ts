import { describe, expect, test } from "vitest";
import { errorCodes } from "../../../dsl/messages/error-codes.js";
import { refusals } from "../../../codegen/lambda/refusals.js";
import { findings, lower } from "./lower-text.js";

const all = (sources: readonly string[]) => sources.map(findings).join("\n");

describe("refused lambdas have diagnostics with code, span and message", () => {
  test("text that is not a lambda", () => {
    expect(
      all([
        "x =>",
        "x => x.out <",
        "42",
        "class A {}",
        "small",
        "x => 1) ; (y => 2",
        "get z() { return 1; }",
        "",
        "x => `${",
        "async x => x.out < 1",
        "function* (x) { return x.out < 1; }",
        "*small(x) { return true; }",
        "async small(x) { return true; }",
      ]),
    ).toMatchInlineSnapshot(`
      "x =>
        SL1000 at "": the lambda does not parse: Expression expected.
      x => x.out <
        SL1000 at "": the lambda does not parse: Expression expected.
      42
        SL1001 at "42": this text is not a lambda
      class A {}
        SL1001 at "class A {}": a class is not a lambda
      small
        SL1001 at "small": this text is not a lambda
      x => 1) ; (y => 2
        SL1001 at "x => 1) ; (y => 2": this text is not a lambda
      get z() { return 1; }
        SL1001 at "get z() { return 1; }": a getter or setter is not a lambda

        SL1000 at "": the lambda does not parse: Expression expected.
      x => \`\${
        SL1000 at "": the lambda does not parse: Expression expected.
      async x => x.out < 1
        SL1002 at "async": an async function does not return a plain value
      function* (x) { return x.out < 1; }
        SL1002 at "*": a generator does not return a plain value
      *small(x) { return true; }
        SL1002 at "*": a generator does not return a plain value
      async small(x) { return true; }
        SL1002 at "async": an async function does not return a plain value"
    `);
  });

  test("parameters and patterns", () => {
    expect(
      all([
        "(x, y) => x.out < y.out",
        "(...rows) => rows[0].out < 1",
        "(x = {}) => x.out < 1",
        "({ out = 1 }) => out < 1",
        "({ out: { score = 1 } }) => score < 1",
        "({ ...rest }) => rest.out < 1",
        "({ [key]: value }) => value < 1",
        "x => x.out.scores.every((v = 1) => v > 0)",
        "x => x.out.scores.every((...vs) => vs[0] > 0)",
        "x => { const [first, ...others] = x.out.scores; return first < 1; }",
      ]),
    ).toMatchInlineSnapshot(`
      "(x, y) => x.out < y.out
        SL1003 at "y": the lambda takes one row, but has more than one parameter
      (...rows) => rows[0].out < 1
        SL1004 at "...rows": a rest element collects values that the compiler cannot name
      (x = {}) => x.out < 1
        SL1005 at "{}": a default value would hide a missing port
      ({ out = 1 }) => out < 1
        SL1005 at "1": a default value would hide a missing port
      ({ out: { score = 1 } }) => score < 1
        SL1005 at "1": a default value would hide a missing port
      ({ ...rest }) => rest.out < 1
        SL1004 at "...rest": a rest element collects values that the compiler cannot name
      ({ [key]: value }) => value < 1
        SL1006 at "[key]": a computed key in a pattern cannot be compiled
      x => x.out.scores.every((v = 1) => v > 0)
        SL1005 at "1": a default value would hide a missing port
      x => x.out.scores.every((...vs) => vs[0] > 0)
        SL1004 at "...vs": a rest element collects values that the compiler cannot name
      x => { const [first, ...others] = x.out.scores; return first < 1; }
        SL1004 at "...others": a rest element collects values that the compiler cannot name"
    `);
  });

  test("assignments", () => {
    expect(
      all([
        "x => x.out = 1",
        "x => (x.out += 1) < 2",
        "x => x.out.n++ < 1",
        "x => --x.out.n < 1",
        "x => { let n = 0; n = x.out; return n < 1; }",
        "x => (x.out ||= 1)",
        "x => delete x.out",
        "x => { var n = x.out; return n < 1; }",
        "x => { let n; return n < 1; }",
      ]),
    ).toMatchInlineSnapshot(`
      "x => x.out = 1
        SL1007 at "x.out = 1": \`=\` changes a value; a lambda only computes one
      x => (x.out += 1) < 2
        SL1007 at "x.out += 1": \`+=\` changes a value; a lambda only computes one
      x => x.out.n++ < 1
        SL1007 at "x.out.n++": \`++\` changes a value; a lambda only computes one
      x => --x.out.n < 1
        SL1007 at "--x.out.n": \`--\` changes a value; a lambda only computes one
      x => { let n = 0; n = x.out; return n < 1; }
        SL1007 at "n = x.out": \`=\` changes a value; a lambda only computes one
      x => (x.out ||= 1)
        SL1007 at "x.out ||= 1": \`||=\` changes a value; a lambda only computes one
      x => delete x.out
        SL1029 at "delete x.out": \`delete\` changes an object; a lambda only computes a value
      x => { var n = x.out; return n < 1; }
        SL1037 at "var n = x.out;": \`var\` is visible outside its block and may change
      x => { let n; return n < 1; }
        SL1037 at "n": a variable without a value is assigned later"
    `);
  });

  test("statements", () => {
    expect(
      all([
        "x => { for (const s of x.out.scores) { if (s > 1) return false; } return true; }",
        "x => { for (const k in x.out) { } return true; }",
        "x => { for (;;) { } }",
        "x => { while (x.out < 1) { } return true; }",
        "x => { do { } while (x.out < 1); return true; }",
        "x => { switch (x.out) { case 1: return true; } return false; }",
        "x => { throw 1; }",
        "x => { try { return true; } catch { return false; } }",
        "x => { function f() { return 1; } return f() < x.out; }",
        "x => { class A {} return true; }",
        "x => { enum E { A } return true; }",
        "x => { a: { return true; } }",
        "x => { debugger; return true; }",
        "x => { x.out; return true; }",
        "x => { console.log(x); return true; }",
        "x => { with (x) return true; }",
      ]),
    ).toMatchInlineSnapshot(`
      "x => { for (const s of x.out.scores) { if (s > 1) return false; } return true; }
        SL1008 at "for (const s of x.out.scores) { if (s > 1) return false; }": a loop cannot be compiled
      x => { for (const k in x.out) { } return true; }
        SL1008 at "for (const k in x.out) { }": a loop cannot be compiled
      x => { for (;;) { } }
        SL1008 at "for (;;) { }": a loop cannot be compiled
      x => { while (x.out < 1) { } return true; }
        SL1008 at "while (x.out < 1) { }": a loop cannot be compiled
      x => { do { } while (x.out < 1); return true; }
        SL1008 at "do { } while (x.out < 1);": a loop cannot be compiled
      x => { switch (x.out) { case 1: return true; } return false; }
        SL1032 at "switch (x.out) { case 1: return true; }": \`switch\` cannot be compiled
      x => { throw 1; }
        SL1033 at "throw 1;": \`throw\` cannot be compiled; a row that fails is logged, not thrown
      x => { try { return true; } catch { return false; } }
        SL1034 at "try { return true; } catch { return false; }": \`try\` cannot be compiled; nothing in a lambda throws
      x => { function f() { return 1; } return f() < x.out; }
        SL1031 at "function f() { return 1; }": a function declaration inside the lambda cannot be compiled
      x => { class A {} return true; }
        SL1031 at "class A {}": a class inside the lambda cannot be compiled
      x => { enum E { A } return true; }
        SL1031 at "enum E { A }": an enum inside the lambda cannot be compiled
      x => { a: { return true; } }
        SL1046 at "a: { return true; }": a label cannot be compiled
      x => { debugger; return true; }
        SL1039 at "debugger;": \`debugger\` has no effect on the lambda's result
      x => { x.out; return true; }
        SL1039 at "x.out;": this statement has no effect on the lambda's result
      x => { console.log(x); return true; }
        SL1045 at "console.log": 'console' belongs to the machine the code runs on
      x => { with (x) return true; }
        SL1046 at "with (x) return true;": this statement cannot be compiled"
    `);
  });

  test("paths without a return value", () => {
    expect(
      all([
        "x => { }",
        "x => { return; }",
        "x => { if (x.out < 1) return true; }",
        "x => { if (x.out < 1) { return true; } else { } }",
        "x => { const a = x.out; }",
        "x => x.out.scores.every((v) => { v > 1; })",
      ]),
    ).toMatchInlineSnapshot(`
      "x => { }
        SL1035 at "}": not every path through the lambda returns a value
      x => { return; }
        SL1036 at "return;": \`return\` without a value
      x => { if (x.out < 1) return true; }
        SL1035 at "}": not every path through the lambda returns a value
      x => { if (x.out < 1) { return true; } else { } }
        SL1035 at "}": not every path through the lambda returns a value
      x => { const a = x.out; }
        SL1035 at "}": not every path through the lambda returns a value
      x => x.out.scores.every((v) => { v > 1; })
        SL1039 at "v > 1;": this statement has no effect on the lambda's result"
    `);
  });

  test("operators", () => {
    expect(
      all([
        "x => x.out == 1",
        "x => x.out != 'a'",
        "x => x.out << 2 === 0",
        "x => x.out ** 2 < 4",
        "x => x.out % 2 === 0",
        "x => (x.out & 1) === 1",
        "x => (x.out >>> 1) === ~1",
        "x => (x.in.a, x.out < 1)",
        "x => 'score' in x.out",
        "x => #p in x",
        "x => x.out instanceof Array",
        "x => typeof x.out === 'number'",
        "x => void x.out",
        "x => x.out ?? 1",
        "x => x.out?.score < 1",
        "x => x?.out.scores?.[0] < 1",
        "x => x.out.scores?.every?.((v) => v << 2 < 1)",
        "x => x.out.#secret < 1",
      ]),
    ).toMatchInlineSnapshot(`
      "x => x.out == 1
        SL1013 at "x.out == 1": \`==\` converts its operands before it compares them
      x => x.out != 'a'
        SL1013 at "x.out != 'a'": \`!=\` converts its operands before it compares them
      x => x.out << 2 === 0
        SL1016 at "x.out << 2": \`<<\` works on 32-bit integers, which no target supports
      x => x.out ** 2 < 4
        no diagnostics
      x => x.out % 2 === 0
        no diagnostics
      x => (x.out & 1) === 1
        SL1016 at "x.out & 1": \`&\` works on 32-bit integers, which no target supports
      x => (x.out >>> 1) === ~1
        SL1016 at "x.out >>> 1": \`>>>\` works on 32-bit integers, which no target supports
        SL1016 at "~1": \`~\` works on 32-bit integers, which no target supports
      x => (x.in.a, x.out < 1)
        SL1026 at "x.in.a, x.out < 1": the comma operator discards its first value
      x => 'score' in x.out
        SL1027 at "'score' in x.out": \`in\` tests objects; a row holds plain values
      x => #p in x
        SL1027 at "#p in x": \`in\` tests objects; a row holds plain values
      x => x.out instanceof Array
        SL1027 at "x.out instanceof Array": \`instanceof\` tests objects; a row holds plain values
      x => typeof x.out === 'number'
        SL1028 at "typeof x.out": \`typeof\` is known before the lambda runs: each port has one type
      x => void x.out
        SL1030 at "void x.out": \`void\` discards a value
      x => x.out ?? 1
        no diagnostics
      x => x.out?.score < 1
        no diagnostics
      x => x?.out.scores?.[0] < 1
        no diagnostics
      x => x.out.scores?.every?.((v) => v << 2 < 1)
        SL1016 at "v << 2": \`<<\` works on 32-bit integers, which no target supports
      x => x.out.#secret < 1
        SL1046 at "#secret": a private field cannot be compiled"
    `);
  });

  test("regular expressions, templates, spreads and object literals", () => {
    expect(
      all([
        "x => /a+/.test(x.out)",
        "x => new RegExp('a').test(x.out)",
        "x => `${x.out}` === '1'",
        "x => tag`a` === x.out",
        "x => Math.max(...x.out.scores) < 1",
        "x => ({ ok: x.out < 1 })",
        "x => [1, 2].includes(x.out)",
        "x => new Foo(x.out << 2)",
        "x => class {}",
        "x => import('a')",
        "async x => await x.out",
        "function* (x) { yield x.out; }",
      ]),
    ).toMatchInlineSnapshot(`
      "x => /a+/.test(x.out)
        SL1017 at "/a+/": regular expressions differ between targets
      x => new RegExp('a').test(x.out)
        SL1017 at "new RegExp('a')": regular expressions differ between targets
      x => \`\${x.out}\` === '1'
        SL1020 at "\`\${x.out}\`": a template with placeholders builds a string, which no target supports
      x => tag\`a\` === x.out
        SL1041 at "tag\`a\`": a tagged template calls a function the compiler does not know
      x => Math.max(...x.out.scores) < 1
        no diagnostics
      x => ({ ok: x.out < 1 })
        SL1022 at "{ ok: x.out < 1 }": a lambda cannot create an object
      x => [1, 2].includes(x.out)
        no diagnostics
      x => new Foo(x.out << 2)
        SL1010 at "new Foo(x.out << 2)": \`new\` creates an object; a lambda works on plain values
        SL1016 at "x.out << 2": \`<<\` works on 32-bit integers, which no target supports
      x => class {}
        SL1031 at "class {}": a class inside the lambda cannot be compiled
      x => import('a')
        SL1046 at "import": \`import(…)\` cannot be compiled
      async x => await x.out
        SL1002 at "async": an async function does not return a plain value
        SL1009 at "await x.out": \`await\` waits for something outside the row
      function* (x) { yield x.out; }
        SL1002 at "*": a generator does not return a plain value
        SL1009 at "yield x.out": \`yield\` waits for something outside the row"
    `);
  });

  test("names and calls", () => {
    expect(
      all([
        "x => isSmall(x.out)",
        "x => checks.small(x.out)",
        "x => { const f = (v) => v > 1; return f(x.out); }",
        "x => ((v) => v > 1)(x.out)",
        "x => isNaN(x.out)",
        "x => String(x.out) < '1'",
        "x => Object.is(x.out, NaN)",
        "x => Date.now() < x.out",
        "x => x.out < new Date()",
        "x => performance.now() < x.out",
        "x => Math.random() < x.out",
        "x => crypto.randomUUID() === x.out",
        "x => process.env.LIMIT < x.out",
        "x => x.out < globalThis.LIMIT",
        "function (x) { return this.limit < x.out; }",
        "function (x) { return arguments[0].out < 1; }",
        "x => super.limit < x.out",
        "x => import.meta.env.LIMIT < x.out",
        "function (x) { return new.target; }",
        "function f(x) { return f(x); }",
        "function f(x) { return f; }",
        "x => { const a = b, b = 1; return a < x.out; }",
        "x => Math",
        "x => NaN.a",
      ]),
    ).toMatchInlineSnapshot(`
      "x => isSmall(x.out)
        no diagnostics
      x => checks.small(x.out)
        no diagnostics
      x => { const f = (v) => v > 1; return f(x.out); }
        no diagnostics
      x => ((v) => v > 1)(x.out)
        no diagnostics
      x => isNaN(x.out)
        SL1012 at "isNaN": \`isNaN(…)\` is a function the compiler does not know
      x => String(x.out) < '1'
        SL1012 at "String": \`String(…)\` is a function the compiler does not know
      x => Object.is(x.out, NaN)
        SL1012 at "Object.is": \`Object.is(…)\` is a function the compiler does not know
      x => Date.now() < x.out
        SL1018 at "Date.now": \`Date.now\` reads the clock; a lambda must give the same result for the same row
      x => x.out < new Date()
        SL1018 at "new Date()": \`new Date\` reads the clock; a lambda must give the same result for the same row
      x => performance.now() < x.out
        SL1018 at "performance.now": \`performance.now\` reads the clock; a lambda must give the same result for the same row
      x => Math.random() < x.out
        SL1019 at "Math.random": \`Math.random\` is random; a lambda must give the same result for the same row
      x => crypto.randomUUID() === x.out
        SL1019 at "crypto.randomUUID": \`crypto.randomUUID\` is random; a lambda must give the same result for the same row
      x => process.env.LIMIT < x.out
        SL1045 at "process.env.LIMIT": 'process' belongs to the machine the code runs on
      x => x.out < globalThis.LIMIT
        SL1045 at "globalThis.LIMIT": 'globalThis' belongs to the machine the code runs on
      function (x) { return this.limit < x.out; }
        SL1011 at "this": \`this\` depends on how the function is called
      function (x) { return arguments[0].out < 1; }
        SL1011 at "arguments": \`arguments\` depends on how the function is called
      x => super.limit < x.out
        SL1011 at "super": \`super\` depends on how the function is called
      x => import.meta.env.LIMIT < x.out
        SL1052 at "import.meta.env": \`import.meta.env\` is replaced by a bundler, and the lambda is read before bundling
      function (x) { return new.target; }
        SL1040 at "new.target": \`new.target\` belongs to the module, not to the row
      function f(x) { return f(x); }
        SL1048 at "f": 'f' calls itself; recursion cannot be compiled
      function f(x) { return f; }
        SL1048 at "f": 'f' calls itself; recursion cannot be compiled
      x => { const a = b, b = 1; return a < x.out; }
        SL1038 at "b": 'b' is used before its declaration
      x => Math
        SL1046 at "Math": 'Math' by itself cannot be compiled
      x => NaN.a
        SL1046 at "NaN.a": a member of 'NaN' cannot be compiled"
    `);
  });
});

test("all problems of a lambda are reported together, in source order", () => {
  expect(
    findings(`(x) => {
    let n = 0;
    for (const s of x.out.scores) n += s;
    const m = x.out.score << 2;
    if (m == 1) return isSmall(x?.out);
    await m;
  }`),
  ).toMatchInlineSnapshot(`
    "(x) => {
        let n = 0;
        for (const s of x.out.scores) n += s;
        const m = x.out.score << 2;
        if (m == 1) return isSmall(x?.out);
        await m;
      }
      SL1008 at "for (const s of x.out.scores) n += s;": a loop cannot be compiled
      SL1016 at "x.out.score << 2": \`<<\` works on 32-bit integers, which no target supports
      SL1013 at "m == 1": \`==\` converts its operands before it compares them
      SL1009 at "await m": \`await\` waits for something outside the row"
  `);
});

describe("size", () => {
  test("deep nesting is refused without a stack overflow", () => {
    for (const source of [
      `x => ${"(".repeat(20_000)}x.out${")".repeat(20_000)} < 1`,
      `x => ${"!".repeat(20_000)}x.out`,
      `x => ${Array.from({ length: 3_000 }, () => "x.out").join(" + ")} < 1`,
      `x => { ${"const a = 1; ".repeat(500)} return true; }`,
      `x => { ${Array.from({ length: 40 }, (_, i) => `if (x.in.a > ${i}) { if (x.in.b > ${i}) return true; } `).join("")} return false; }`,
    ])
      expect(lower(source).diagnostics.map((d) => d.code)).toEqual(["SL1047"]);
  });

  test("a long flat condition is accepted", () => {
    const source = `x => ${Array.from({ length: 300 }, (_, i) => `x.out.s[${i}] < 1`).join(" && ")}`;
    expect(lower(source).diagnostics).toEqual([]);
  });
});

describe("the table of refusals", () => {
  test("each refusal has its own code, which has a title", () => {
    const codes = Object.values(refusals).map(
      (refusal) => (refusal as (...args: string[]) => { code: string })("a", "b", "c").code,
    );
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(Object.keys(errorCodes)).toContain(code);
  });

  test("hints", () => {
    const hints = Object.entries(refusals).map(([name, refusal]) => {
      const { code, hint } = (refusal as (...args: string[]) => { code: string; hint?: string })("a", "b", "c");
      return `${code} ${name}: ${hint ?? "-"}`;
    });
    expect(hints.join("\n")).toMatchInlineSnapshot(`
      "SL1000 syntax: -
      SL1001 notAFunction: pass an arrow function or a function expression: \`(x) => x.out < 1\`
      SL1002 asyncFunction: write a plain function: \`(x) => x.out < 1\`
      SL1003 parameters: take one parameter and read from it: \`(x) => x.in.amount < x.out.limit\`
      SL1004 rest: name each port or element you need
      SL1005 defaultValue: remove the default; every row has every port of the signature
      SL1006 computedKey: name the key: \`({ "a b": value }) => …\`
      SL1007 assignment: bind each new value with \`const\`
      SL1008 loop: use \`every\` or \`some\` on the values: \`x.out.scores.every((v) => v < 1)\`
      SL1009 asyncOperator: compute it before the pipeline is built and use it as a constant
      SL1010 newExpression: create it outside the lambda and use a number, string or boolean from it as a constant
      SL1011 callContext: read from the lambda's parameter, or put the value into a constant
      SL1012 unknownCall: b
      SL1013 looseEquality: write \`a=\`; \`a null\` is the only exception
      SL1016 bitwise: use \`&&\`, \`||\` and \`!\` for conditions, and arithmetic for numbers
      SL1017 regularExpression: use \`startsWith\`, \`endsWith\`, \`includes\` or \`===\`
      SL1018 time: send the time as a column of the request and read it from \`x.in\`
      SL1019 randomness: send the random number as a column of the request and read it from \`x.in\`
      SL1020 templatePlaceholder: compare the parts one by one
      SL1021 spread: name the elements, \`Math.max(s[0], s[1])\`, or use \`every\` and \`some\`
      SL1022 objectLiteral: return one boolean; bind intermediate values with \`const\`
      SL1024 sparseArray: write each element
      SL1026 comma: keep only the last expression, or bind the first with \`const\`
      SL1027 objectOperator: compare the value itself; the ports of a row are known
      SL1028 typeOf: remove the test, or test the value: \`Number.isFinite(x.out)\`
      SL1029 deleteOperator: remove it
      SL1030 voidOperator: write \`undefined\` instead
      SL1031 declaration: bind values with \`const\`; an arrow function is allowed as the argument of \`every\` or \`some\`
      SL1032 switchStatement: write \`if (…) return …;\` for each case, or \`?:\`
      SL1033 throwStatement: return \`false\` for rows that must fail
      SL1034 tryStatement: remove it
      SL1035 missingReturn: end the body with a \`return\`
      SL1036 emptyReturn: return a boolean
      SL1037 variable: write \`const\` with the value in one declaration
      SL1038 usedBeforeDeclaration: move the \`const\` above its first use
      SL1039 unusedStatement: remove it, or return its value
      SL1040 metaProperty: put the value into a \`const\` outside the lambda
      SL1052 bundlerValue: export the value as a \`const\` from a module of the project, and use that
      SL1041 taggedTemplate: write a plain string
      SL1042 outsideName: c
      SL1043 mutable: declare it \`const a\`
      SL1044 nativeFunction: pass the arrow function itself, without \`bind\` or a proxy around it
      SL1045 hostGlobal: put the value into a \`const\` outside the lambda
      SL1046 otherSyntax: use ports, constants, comparisons, arithmetic, \`&& || !\` and \`?:\`
      SL1047 tooLarge: split it into several validations
      SL1048 recursion: write the condition out
      SL1053 uncompiled: write the lambda in the call of \`validate\` or \`alert\`, in a script and not in the template of a component; list the modules it passes through in the plugin's options \`modules\` and \`helpers\`; or, in a bundle for Node, set \`readAtRunTime: true\`
      SL1054 unlistedHelper: add the file to the option \`helpers\` of the plugin, or declare 'a' in this file
      SL1049 shadowedGlobal: give the declaration another name"
    `);
  });
});
