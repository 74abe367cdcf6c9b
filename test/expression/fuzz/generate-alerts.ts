import fc from "fast-check";
import { parseLambda } from "../../../codegen/lambda/parse.js";
import { float, literal, rowBooleans, rowNumbers } from "./generate-lambdas.js";
import { arithmetic } from "./arithmetic.js";

/** A number from each row, never missing. */
const rowNumber = fc.oneof(
  fc.constantFrom("x.out.d", "x.in.f[1]", "x.in.k", "x.out.i[0]", "x.models.c1.z[0]"),
  fc.tuple(rowNumbers(1), fc.constantFrom("+", "-", "*", "/", "%")).map(([f, op]) => `(${f} ${op} x.out.d)`),
);
const rowCondition = fc
  .tuple(rowBooleans(2), fc.constantFrom("===", "!=="))
  .map(([f, op]) => `(${f} ${op} (x.out.d > 0.5))`);

/** An aggregate over the rows of `generateColumns`. */
const aggregate = fc.oneof(
  fc.constant("all.count()"),
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom("sum", "avg", "min", "max"), rowNumber)
      .map(([fn, f]) => `all.${fn}((x) => ${f})`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(0, 0.01, 0.25, 0.5, 0.9, 0.95, 1), rowNumber)
      .map(([q, f]) => `all.quantile(${q}, (x) => ${f})`),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom("count", "share"), rowCondition).map(([fn, f]) => `all.${fn}((x) => ${f})`),
  },
);

function numbers(depth: number): fc.Arbitrary<string> {
  const leaf = fc.oneof({ weight: 4, arbitrary: aggregate }, { weight: 1, arbitrary: float.map(literal) });
  if (depth <= 0) return leaf;
  const inner = numbers(depth - 1);
  return fc.oneof({ weight: 3, arbitrary: leaf }, ...arithmetic(inner), {
    weight: 1,
    arbitrary: fc.tuple(conditions(depth - 1), inner, inner).map(([t, a, b]) => `(${t} ? ${a} : ${b})`),
  });
}

function conditions(depth: number): fc.Arbitrary<string> {
  const inner = numbers(depth - 1);
  const test = fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(inner, fc.constantFrom("<", ">", "<=", ">=", "===", "!=="), inner)
        .map(([l, op, r]) => `(${l} ${op} ${r})`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom("isFinite", "isNaN", "isInteger"), inner)
        .map(([f, v]) => `Number.${f}(${v})`),
    },
  );
  if (depth <= 1) return test;
  const deeper = conditions(depth - 1);
  return fc.oneof(
    { weight: 3, arbitrary: test },
    {
      weight: 2,
      arbitrary: fc.tuple(deeper, fc.constantFrom("&&", "||"), deeper).map(([l, op, r]) => `(${l} ${op} ${r})`),
    },
    { weight: 1, arbitrary: deeper.map((v) => `!${v}`) },
    { weight: 1, arbitrary: fc.tuple(deeper, deeper, deeper).map(([t, a, b]) => `(${t} ? ${a} : ${b})`) },
  );
}

/** Conditions of alerts over the rows of `generateColumns`. */
export const alertConditions = (depth: number): fc.Arbitrary<string> =>
  conditions(depth)
    .map((body) => `(all) => ${body}`)
    .filter((text) => "node" in parseLambda(text));
