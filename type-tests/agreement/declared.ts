import type { Compiler } from "../compilers.js";
import { Workspace } from "../declarations/workspace.js";
import type { Case } from "./pipelines.js";
import { preamble, render, typesOf } from "./render.js";

/** Whether a pipeline has no problem and an inference step. */
export const isDeclared = ({ problems, built }: Case): boolean =>
  problems.size === 0 && built.steps.some(({ kind }) => kind !== "refine");

/**
 * Emits declarations of pipelines without a problem, and checks in another package that their types are the same there
 * and that they take a further step. Needs `dist/`.
 *
 * @returns what the compiler prints: one line per disagreement, or none
 */
export function declaredElsewhere(compiler: Compiler, cases: readonly Case[]): readonly string[] {
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
