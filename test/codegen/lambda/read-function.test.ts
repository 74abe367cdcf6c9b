import { transformSync, type TransformOptions } from "esbuild";
import { transpileModule, ModuleKind, ScriptTarget } from "typescript";
import { describe, expect, test } from "vitest";
import { readLambda } from "../../../codegen/lambda/read-function.js";
import defaultLimits, { LIMIT } from "./imported-limits.js";
import { notation } from "./lower-text.js";

interface Row {
  readonly out: { readonly score: number; readonly scores: readonly number[] };
}
type Lambda = (row: never) => unknown;

const read = (fn: Lambda) => {
  const { lambda, diagnostics } = readLambda(fn);
  return lambda === null ? diagnostics.map((d) => `${d.code} ${d.message}`).join("\n") : notation(lambda.body);
};

/** Runs a module that declares `lambda`, as a tool has emitted it, and returns the lambda. */
const evaluated = (code: string): Lambda =>
  new Function(`${code.replace(/^export\s*\{[^}]*\};?/m, "").replace(/^export /gm, "")}\nreturn lambda;`)() as Lambda;

const source = `
  interface Row { readonly out: { readonly score: number; readonly scores: readonly number[] } }
  export const lambda = (x: Row): boolean => {
    const inRange = (v: number): boolean => v >= 0 && v <= 1;
    const { score, scores: [first] } = x.out;
    if (score! > 1) return false;
    return (x.out.scores as number[]).every(inRange) && first! < (score satisfies number);
  };`;
const expected =
  "(let inRange (fn [v] (&& (>= v 0) (<= v 1))) (let score (. (. x out) score) (let first (at (. (. x out) scores) 0) " +
  "(if (> score 1) false (&& (.every (. (. x out) scores) inRange) (< first score))))))";

describe("a lambda is read from the output of each tool", () => {
  const esbuild = (options: TransformOptions) => transformSync(source, { loader: "ts", ...options }).code;

  test("esbuild and tsx", () => {
    expect(read(evaluated(esbuild({})))).toBe(expected);
  });

  test("esbuild and tsx with keepNames, which wraps the inner function in __name", () => {
    const code = esbuild({ keepNames: true });
    expect(code).toContain('__name((v) => v >= 0 && v <= 1, "inRange")');
    expect(read(evaluated(code))).toBe(expected);
  });

  test("TypeScript", () => {
    const { outputText } = transpileModule(source, {
      compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 },
    });
    expect(read(evaluated(outputText))).toBe(expected);
  });

  test("vitest", () => {
    const lambda = (x: Row): boolean => {
      const inRange = (v: number): boolean => v >= 0 && v <= 1;
      const {
        score,
        scores: [first],
      } = x.out;
      if (score > 1) return false;
      return (x.out.scores as number[]).every(inRange) && first! < (score satisfies number);
    };
    expect(read(lambda)).toBe(expected);
  });

  test("type stripping, which replaces types by spaces", () => {
    expect(read(evaluated("const lambda = (x     )          => (x.out.score           )  < 1                 ;"))).toBe(
      "(< (. (. x out) score) 1)",
    );
  });

  test("a minifier", () => {
    const code = esbuild({ minify: true });
    expect(code).toContain("return o>1?!1:");
    expect(read(evaluated(code))).toBe(
      "(let n (fn [r] (&& (>= r 0) (<= r 1))) (let o (. (. e out) score) (let s (at (. (. e out) scores) 0) " +
        "(if (> o 1) false (&& (.every (. (. e out) scores) n) (< s o))))))",
    );
  });

  test("a coverage tool's counters", () => {
    expect(
      read(
        evaluated(
          "const lambda = (x) => { cov_1a().f[0]++; cov_1a().s[1]++; return (cov_1a().b[0][0]++, x.out.a) && (cov_1a().b[0][1]++, x.out.b); };",
        ),
      ),
    ).toBe("(&& (. (. x out) a) (. (. x out) b))");
  });

  test("Bun, which inlines enum values with comments", () => {
    expect(
      read(
        evaluated(
          "const lambda = (x) => {\n  const inRange = (v) => v >= 0 /* low */ && v <= 1 /* high */;\n  return x.out.scores.every(inRange);\n};",
        ),
      ),
    ).toBe("(let inRange (fn [v] (&& (>= v 0) (<= v 1))) (.every (. (. x out) scores) inRange))");
  });

  test("swc and other tools that emit named functions and sequence expressions", () => {
    expect(
      read(evaluated('const lambda = function lambda(x) { "use strict"; return (0, Math.abs)(x.out.score) < 1; };')),
    ).toBe("(< (Math.abs (. (. x out) score)) 1)");
    expect(read(evaluated("const lambda = function(param) { var out = param.out; return out < 1; };"))).toMatch(
      /^SL1037 /,
    );
    expect(read(evaluated("const lambda = (x)=>x.out.a !== null && x.out.a !== void 0 ? x.out.a > 1 : !1;"))).toBe(
      "(if (&& (!== (. (. x out) a) null) (!== (. (. x out) a) free:undefined)) (> (. (. x out) a) 1) false)",
    );
  });

  test("a coverage tool's counters in one-expression functions, both branches of ?: and blocks", () => {
    const code = `const lambda = (x) => { cov_2b().f[3]++; const small = (cov_2b().s[7]++, (v) => { cov_2b().f[4]++; cov_2b().s[8]++; return v < 1; });
      cov_2b().s[9]++; if (x.out.a) { cov_2b().b[1][0]++; cov_2b().s[10]++; return true; } else { cov_2b().b[1][1]++; }
      cov_2b().s[11]++; return x.out.b ? (cov_2b().b[2][0]++, small(x.out.c)) : (cov_2b().b[2][1]++, false); };`;
    expect(read(evaluated(code))).toBe(
      "(let small (fn [v] (< v 1)) (if (. (. x out) a) true (if (. (. x out) b) (apply small (. (. x out) c)) false)))",
    );
  });

  test("functions, methods and lambdas without a row", () => {
    expect(
      read(function (x: Row) {
        return x.out.score < 1;
      }),
    ).toBe("(< (. (. x out) score) 1)");
    expect(
      read(
        {
          small(x: Row) {
            return x.out.score < 1;
          },
        }.small,
      ),
    ).toBe("(< (. (. x out) score) 1)");
    expect(
      read(
        {
          "is small"(x: Row) {
            return x.out.score < 1;
          },
        }["is small"],
      ),
    ).toBe("(< (. (. x out) score) 1)");
    expect(
      read(
        {
          function(x: Row) {
            return x.out.score < 1;
          },
        }.function,
      ),
    ).toBe("(< (. (. x out) score) 1)");
    expect(
      read(
        {
          async(x: Row) {
            return x.out.score < 1;
          },
        }.async,
      ),
    ).toBe("(< (. (. x out) score) 1)");
    expect(read(() => Number.NaN === Math.PI)).toBe("(=== free:Number.NaN free:Math.PI)");
  });
});

describe("functions that cannot be read are refused with the reason", () => {
  test("functions without a source", () => {
    const lambda = (x: Row) => x.out.score < 1;
    expect([Math.abs, lambda.bind(null), new Proxy(lambda, {})].map((fn) => read(fn as Lambda)).join("\n"))
      .toMatchInlineSnapshot(`
      "SL1044 the source of the native or wrapped function 'abs' cannot be read
      SL1044 the source of a bound function ('bound lambda') cannot be read
      SL1044 the source of the native or wrapped function 'lambda' cannot be read"
    `);
  });

  test("functions of another kind", () => {
    const getter = Object.getOwnPropertyDescriptor(
      {
        get z() {
          return 1;
        },
      },
      "z",
    )?.get;
    const all: unknown[] = [
      async (x: Row) => x.out,
      function* (x: Row) {
        yield x;
      },
      {
        async m(x: Row) {
          return x;
        },
      }.m,
      class A {},
      getter,
      "x => true",
      undefined,
    ];
    expect(all.map((fn) => read(fn as Lambda)).join("\n")).toMatchInlineSnapshot(`
      "SL1002 an async function does not return a plain value
      SL1002 a generator does not return a plain value
      SL1009 \`yield\` waits for something outside the row
      SL1002 an async function does not return a plain value
      SL1001 a class is not a lambda
      SL1001 a getter or setter is not a lambda
      SL1001 this value is not a lambda
      SL1001 this value is not a lambda"
    `);
  });

  test("names from outside are shown as in the author's source", () => {
    const here = 1;
    const all: Lambda[] = [
      (x: Row) => x.out.score < here,
      (x: Row) => x.out.score < LIMIT,
      (x: Row) => x.out.score < defaultLimits.max,
      evaluated("const lambda = (x) => x.out.score < import_limits.LIMIT;"),
      evaluated("const lambda = (x) => x.out.score < limits_1.LIMIT.a;"),
      evaluated('const lambda = (x) => x.out.score < _limits__WEBPACK_IMPORTED_MODULE_0__["LIMIT"];'),
      evaluated("const lambda = (x) => (0, import_limits.isSmall)(x.out.score);"),
    ];
    expect(all.map(read).join("\n")).toMatchInlineSnapshot(`
      "SL1042 'here' comes from outside the lambda, and its value cannot be read from a running function
      SL1042 'LIMIT' comes from outside the lambda, and its value cannot be read from a running function
      SL1042 'default.max' comes from outside the lambda, and its value cannot be read from a running function
      SL1042 'LIMIT' comes from outside the lambda, and its value cannot be read from a running function
      SL1042 'LIMIT.a' comes from outside the lambda, and its value cannot be read from a running function
      SL1042 'LIMIT' comes from outside the lambda, and its value cannot be read from a running function
      SL1042 'isSmall' comes from outside the lambda, and its value cannot be read from a running function"
    `);
    expect(readLambda((x: Row) => x.out.score < here).diagnostics[0]?.hint).toMatchInlineSnapshot(
      `"compile the file with \`shapeline compile\`, which resolves names, and deploy the config: \`deploy(target, { config })\`; or write the value into the lambda"`,
    );
  });

  test("a global that is shadowed by a declaration around the lambda", () => {
    const around = (declared: string, body: string) => new Function(`${declared}; return ${body};`)() as Lambda;
    const all: Lambda[] = [
      around("const Math = { abs: (v) => v }", "(x) => Math.abs(x.out.score) < 1"),
      around("const Math = { PI: 3 }", "(x) => x.out.score < Math.PI"),
      around("const Number = { isFinite: () => true }", "(x) => x.out.scores.every(Number.isFinite)"),
      around("const NaN = 1", "(x) => x.out.score < NaN"),
      // The same text, but the global is not shadowed.
      around("", "(x) => Math.abs(x.out.score) < 1"),
    ];
    expect(all.map(read).join("\n")).toMatchInlineSnapshot(`
      "SL1049 'Math' is declared in this file and hides the global of that name
      SL1049 'Math' is declared in this file and hides the global of that name
      SL1049 'Number' is declared in this file and hides the global of that name
      SL1049 'NaN' is declared in this file and hides the global of that name
      (< (Math.abs (. (. x out) score)) 1)"
    `);
  });

  test("names from outside and other problems are reported together, in source order", () => {
    const here = 1;
    expect(read((x: Row) => x.out.score << 2 < here && x.out.score ** 2 < LIMIT)).toMatchInlineSnapshot(`
      "SL1016 \`<<\` works on 32-bit integers, which no target supports
      SL1042 'here' comes from outside the lambda, and its value cannot be read from a running function
      SL1042 'LIMIT' comes from outside the lambda, and its value cannot be read from a running function"
    `);
  });
});

test("functions with the same text are parsed once", () => {
  const make = () => (x: Row) => x.out.score < 0.123;
  expect(readLambda(make())).toBe(readLambda(make()));
});

test("an overridden toString of the function is ignored", () => {
  const lambda = Object.assign((x: Row) => x.out.score < 1, { toString: () => "x => true" });
  expect(read(lambda)).toBe("(< (. (. x out) score) 1)");
});
