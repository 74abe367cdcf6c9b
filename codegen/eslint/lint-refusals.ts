import { compileHint, type Refusal } from "../lambda/refusals.js";

/** What the rule reports besides the refusals of the compiler. */
export const lintRefusals = {
  compiledOnly: (name: string) => ({
    code: "SL1042",
    message: `'${name}' comes from outside the lambda: compiled only by the plugin or the CLI`,
    hint: compileHint,
  }),
  inexactSquare: (written: string) => ({
    code: "SL1207",
    message: `\`${written}\` is refused by targets that round powers differently from JavaScript`,
    hint: "multiply, as in `x * x`, which is exact everywhere",
  }),
} satisfies Record<string, (...args: never[]) => Refusal>;
