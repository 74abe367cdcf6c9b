import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { buildConfig } from "../../../codegen/build-config.js";
import { loadPipelines } from "../../../codegen/project/load-pipelines.js";
import { PipelineError } from "../../../dsl/errors.js";

const root = fileURLToPath(new URL("../../fixtures/projects/followed", import.meta.url));

/** Each validation of a file's pipelines: what it means, with the values of all names written in. */
async function meanings(file: string): Promise<string> {
  const loaded = await loadPipelines([file], { project: join(root, "tsconfig.json"), root });
  return loaded
    .flatMap(({ pipeline }) =>
      buildConfig(pipeline).steps.flatMap((step) =>
        step.kind === "validation" || step.kind === "alert"
          ? [`${pipeline.name} ${step.name}: ${step.expression.strings.javascript ?? ""}`]
          : [],
      ),
    )
    .join("\n");
}

test("a lambda behind a name, in a record, in a list, in a method or on one side of ?: is found in its file", async () => {
  expect(await meanings("here.pipeline.ts")).toMatchInlineSnapshot(`
    "here member: (x) => x.out.score[0] < 4
    here method: (x) => x.out.score[0] > -4
    here item: (x) => x.out.score[0] !== 4
    here chosen: (x) => x.out.score[0] < 4
    here either: (x) => x.out.score[0] < 4
    here bracket: (x) => x.out.score[0] < 5"
  `);
});

test("values and functions of other files are followed through every kind of export, out of records and factories too", async () => {
  expect(await meanings("main.pipeline.ts")).toMatchInlineSnapshot(`
    "each each_0: (x) => x.out.score[0] < 0.25
    each each_1: (x) => x.out.score[0] < 0.5
    functions imported: (x) => x.out.score[0] < 0.125
    functions declared: (x) => x.out.score[0] < 0.75
    functions record: (x) => x.out.score[0] > 0.125
    functions method: (x) => x.out.score[0] >= 0 && x.out.score[0] < 0.75
    functions nested: (x) => x.out.score[0] !== 0.75
    functions factory: (x) => x.out.score[0] < 0.625
    functions class_static: (x) => x.out.score[0] <= 0.75
    functions default_export: (x) => x.out.score[0] === 0.125
    functions default_directly: (x) => x.out.score[0] === 0.125
    functions helper_member: (x) => x.out.score[0] > 0.125 && x.out.score.every((v) => v > 0.125)
    values reexported: (x) => x.out.score[0] < 7.125 && x.out.score[0] < 3.5
    values defaults: (x) => x.out.score[0] < 3.5
    values namespace: (x) => x.out.score[0] < 4.4
    values nested_namespace: (x) => x.out.score[0] < 2.5 && x.out.score[0] < 0.125
    values enums: (x) => x.out.score[0] < 40 && x.out.score[0] !== 2 && x.out.score[0] < 0.9
    watched mean: (all) => all.avg((x) => x.out.score[0]) > 0.75
    watched share: (all) => all.share((x) => x.out.score[0] < 0.75) > 0.125 && all.count() > 10
    watched high: (all) => all.max((x) => x.out.score[0]) > 0.125 && all.count((x) => x.out.score[0] > 0.125) > 3"
  `);
});

test("what is wrong in a function of another file is said at its place", async () => {
  const [loaded] = await loadPipelines(["wrong.pipeline.ts"], { project: join(root, "tsconfig.json"), root });
  const problems = () => {
    try {
      return loaded && buildConfig(loaded.pipeline);
    } catch (error) {
      return error instanceof PipelineError ? error.problems.map(({ message }) => message).join("\n\n") : error;
    }
  };
  expect(problems()).toMatchInlineSnapshot(`
    "rules/rules.ts:35:50 - error SL1016: \`<<\` works on 32-bit integers, which no target supports

      35 | (x: ScoreRow) => x.out.score[0] << 2 < HIGH
         |                  ^^^^^^^^^^^^^^^^^^^

      hint: use \`&&\`, \`||\` and \`!\` for conditions, and arithmetic for numbers
      see docs/errors.md#sl1016

    wrong.pipeline.ts:9:29 - error SL1048: in 'second' (rules/cycle-back.ts:2:56): 'first' calls itself (first -> second -> first); recursion cannot be compiled

      9 | (x) => first(x.out.score[0])
        |        ^^^^^^^^^^^^^^^^^^^^^

      hint: write the condition out
      see docs/errors.md#sl1048

    wrong.pipeline.ts:10:60 - error SL1003: the lambda takes one row, but has more than one parameter

      10 | (x: { out: { score: number[] } }, y: number) => x.out.score[0] < y
         |                                   ^^^^^^^^^

      hint: take one parameter and read from it: \`(x) => x.in.amount < x.out.limit\`
      see docs/errors.md#sl1003

    wrong.pipeline.ts:11:52 - error SL1052: \`import.meta.env\` is replaced by a bundler, and the lambda is read before bundling

      11 | (x) => x.out.score[0] < (import.meta as unknown as { env: { LIMIT: number } }).env.LIMIT
         |                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

      hint: export the value as a \`const\` from a module of the project, and use that
      see docs/errors.md#sl1052"
  `);
});
