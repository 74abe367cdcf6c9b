// The two CEL libraries: each makes of an expression a function of `x`. JavaScript's numbers are CEL's doubles, bigints its
// ints, and what `uint` makes of a bigint its uints.
import { celEnv, celUint, parse, plan } from "@bufbuild/cel";
import { evaluate, parse as compile } from "@marcbachmann/cel-js";

const UnsignedInt = evaluate("0u").constructor;

export const libraries = {
  "@bufbuild/cel": {
    uint: celUint,
    compile(text) {
      const run = plan(celEnv(), parse(text));
      return (x) => run({ x });
    },
  },
  "@marcbachmann/cel-js": {
    uint: (value) => new UnsignedInt(value),
    compile(text) {
      const run = compile(text);
      return (x) => run({ x });
    },
  },
};
