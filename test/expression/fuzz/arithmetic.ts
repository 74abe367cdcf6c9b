import fc from "fast-check";

/** Arithmetic on numbers, with the weight of each kind: operators, negation and functions. */
export function arithmetic(inner: fc.Arbitrary<string>): fc.WeightedArbitrary<string>[] {
  return [
    {
      weight: 4,
      arbitrary: fc
        .tuple(inner, fc.constantFrom("+", "-", "*", "/", "%"), inner)
        .map(([l, op, r]) => `(${l} ${op} ${r})`),
    },
    { weight: 1, arbitrary: inner.map((v) => `(-${v})`) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom("abs", "floor", "ceil", "sqrt", "round", "trunc", "sign"), inner)
        .map(([f, v]) => `Math.${f}(${v})`),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom("min", "max"), fc.array(inner, { minLength: 1, maxLength: 3 }))
        .map(([f, v]) => `Math.${f}(${v.join(", ")})`),
    },
  ];
}
