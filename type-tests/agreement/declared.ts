import type { Compiler } from "../compilers.js";
import { Workspace } from "../declarations/workspace.js";
import { makeCase } from "./pipelines.js";
import { preamble, render, typesOf } from "./render.js";

/**
 * Emits declarations of the pipelines without a problem among `count` ones, and checks in another package that their
 * types are the same there and that they take a further step. Needs `dist/`.
 *
 * @returns what the compiler prints: one line per disagreement, or none
 */
export function declaredElsewhere(compiler: Compiler, count: number, seed: number): readonly string[] {
  const cases = Array.from({ length: count }, (_, index) => makeCase(seed + index)).filter(
    ({ problems, built }) => problems.size === 0 && built.steps.some(({ kind }) => kind !== "refine"),
  );
  const names = cases.map((one) => `p${one.seed}`);
  const head = preamble("shapeline");
  const workspace = new Workspace({
    made: [...head, ...cases.flatMap((one) => render(one).lines)].join("\n"),
    used: [
      ...head,
      `import { ${names.join(", ")} } from "made";`,
      ...cases.flatMap(typesOf),
      ...names.map((name) => `export const more_${name} = ${name}.validate("after", () => true);`),
    ].join("\n"),
  });
  try {
    return workspace
      .build(compiler)
      .split("\n")
      .filter((line) => line.includes("error TS"));
  } finally {
    workspace.remove();
  }
}
