import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { buildConfig } from "../../../codegen/build-config.js";
import { readLambda } from "../../../codegen/lambda/read-function.js";
import { loadPipelines } from "../../../codegen/project/load-pipelines.js";
import type { PipelineError } from "../../../dsl/errors.js";
import { refusalError } from "../../refusal.js";

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/projects/${name}`, import.meta.url));
const load = (root: string, file: string) => loadPipelines([file], { project: join(root, "tsconfig.json"), root });

/** The JavaScript of each validation and alert in a file's pipelines, with constants and helper functions inlined. */
async function compiledLambdas(project: string, file: string): Promise<string> {
  const loaded = await load(fixture(project), file);
  return loaded
    .flatMap(({ pipeline }) =>
      buildConfig(pipeline, readLambda).steps.flatMap((step) =>
        step.kind === "validation" || step.kind === "alert"
          ? [`${pipeline.name} ${step.name}: ${step.expression.strings.javascript ?? ""}`]
          : [],
      ),
    )
    .join("\n");
}

test("finds lambdas of the same file that are named, in a record or list, a method, or a branch of ?:", async () => {
  expect(await compiledLambdas("followed", "here.pipeline.ts")).toMatchInlineSnapshot(`
    "here member: (x) => x.out.score[0] < 4
    here method: (x) => x.out.score[0] > -4
    here item: (x) => x.out.score[0] !== 4
    here chosen: (x) => x.out.score[0] < 4
    here either: (x) => x.out.score[0] < 4
    here bracket: (x) => x.out.score[0] < 5"
  `);
});

test("resolves values and functions of other files through every kind of export, records and factories", async () => {
  expect(await compiledLambdas("followed", "main.pipeline.ts")).toMatchInlineSnapshot(`
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

test("inlines helper functions of the same and other files, with their own constants, through re-exports too", async () => {
  expect(await compiledLambdas("helpers", "main.pipeline.ts")).toMatchInlineSnapshot(`
    "helped own: (x) => Math.abs(x.out.score[0] + 0.5 - 1) < 0.004 && x.out.score[0] < 4
    helped imported: (x) => x.out.score[0] < 0.30000000000000004 || (x.out.score[0] >= 2 && x.out.score[0] <= 3)
    helped namespace: (x) => x.out.score[0] >= 0 && x.out.score[0] <= 1
    helped callback: (x) => x.out.score.every((v) => v < 0.30000000000000004)"
  `);
});

test("reports a problem in a function of another file at its place there", async () => {
  const [loaded] = await load(fixture("followed"), "wrong.pipeline.ts");
  const { problems } = (await refusalError(() => loaded && buildConfig(loaded.pipeline, readLambda))) as PipelineError;
  expect(problems.map(({ message }) => message).join("\n\n")).toMatchInlineSnapshot(`
    "rules/rules.ts:35:50 - error SL1016: validation 'remainder' (step 1): \`<<\` works on 32-bit integers, which no target supports

      35 | (x: ScoreRow) => x.out.score[0] << 2 < HIGH
         |                  ^^^^^^^^^^^^^^^^^^^

      hint: use \`&&\`, \`||\` and \`!\` for conditions, and arithmetic for numbers
      see node_modules/shapeline/docs/errors.md#sl1016

    wrong.pipeline.ts:9:29 - error SL1048: validation 'cycle' (step 2): in 'second' (rules/cycle-back.ts:2:56): 'first' calls itself (first -> second -> first); recursion cannot be compiled

      9 | (x) => first(x.out.score[0])
        |        ^^^^^^^^^^^^^^^^^^^^^

      hint: write the condition out
      see node_modules/shapeline/docs/errors.md#sl1048

    wrong.pipeline.ts:10:60 - error SL1003: validation 'two_rows' (step 3): the lambda takes one row, but has more than one parameter

      10 | (x: { out: { score: number[] } }, y: number) => x.out.score[0] < y
         |                                   ^^^^^^^^^

      hint: take one parameter and read from it: \`(x) => x.in.amount < x.out.limit\`
      see node_modules/shapeline/docs/errors.md#sl1003

    wrong.pipeline.ts:11:52 - error SL1052: validation 'environment' (step 4): \`import.meta.env\` is replaced by a bundler, and the lambda is read before bundling

      11 | (x) => x.out.score[0] < (import.meta as unknown as { env: { LIMIT: number } }).env.LIMIT
         |                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

      hint: export the value as a \`const\` from a module of the project, and use that
      see node_modules/shapeline/docs/errors.md#sl1052"
  `);
});
