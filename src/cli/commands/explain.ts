import type { CommandFile } from "../command-file.js";
import { readConfig, shown } from "../files.js";
import { exitCodes, ownOutput, paint, type Io } from "../io.js";
import { problemsFor } from "./compile.js";
import type { Config, StepConfigOf } from "../../config/schema.js";
import { readableTree } from "../../expression/print.js";

interface Explained {
  readonly file: string;
  readonly config: Config;
}

export const explain: CommandFile = (program, { io, done }) => {
  program
    .command("explain")
    .description("show each lambda and what it becomes for every back-end, or why not")
    .argument("<files...>", "pipeline files or configs")
    .option("--project <tsconfig>", "the project's tsconfig", "tsconfig.json")
    .addHelpText("after", "\nExample:\n  $ shapeline explain fraud.pipeline.ts")
    .action(async (files: string[], options: { project: string }) => {
      const out = io();
      const explained: Explained[] = [];
      const sources: string[] = [];
      for (const file of files) {
        if (file.endsWith(".json")) explained.push({ file, config: await readConfig(out.cwd, file) });
        else sources.push(file);
      }
      if (sources.length > 0) {
        const { compileProject } = await import("../../../codegen/project/compile-project.js");
        const compiled = await ownOutput(() => compileProject({ files: sources, cwd: out.cwd, project: options.project }));
        for (const { config, file } of compiled.configs) explained.push({ file: shown(out.cwd, file), config });
        for (const problem of compiled.problems) out.say(problem.message);
        if (compiled.problems.length > 0) {
          out.result({ problems: problemsFor(out, compiled.problems) });
          done(exitCodes.userError);
          return;
        }
      }
      out.result(explained.map(({ file, config }) => ({ file, pipeline: config.name, validations: validationsOf(config), alerts: alertsOf(config) })));
      for (const { file, config } of explained) print(out, file, config);
    });
};

type Lambda = StepConfigOf<"validation" | "alert">;

/** What people and programs are told of a step's lambda. */
const explainedLambda = ({ name, source, expression }: Lambda) => ({ name, source, readable: readableTree(expression.tree), ...expression });

const validationsOf = ({ steps }: Config) => steps.filter((step) => step.kind === "validation").map(explainedLambda);
const alertsOf = ({ steps }: Config) =>
  steps.filter((step) => step.kind === "alert").map((step) => ({ ...explainedLambda(step), overSeconds: step.overSeconds, forSeconds: step.forSeconds }));

function print(io: Io, file: string, config: Config): void {
  io.say(`${paint(io, "bold", config.name)} (${file})`);
  const lambdas = [
    ...validationsOf(config).map((lambda) => ({ ...lambda, about: "" })),
    ...alertsOf(config).map((alert) => ({ ...alert, about: ` (alert over ${alert.overSeconds} s${alert.forSeconds === 0 ? "" : `, for ${alert.forSeconds} s`})` })),
  ];
  if (lambdas.length === 0) io.say("  it has no lambdas");
  for (const { name, about, source, readable, strings, refused } of lambdas) {
    io.say(`\n  ${paint(io, "cyan", name)}${about}  ${source}`);
    io.say(`    means        ${readable}`);
    for (const [backEnd, text] of Object.entries(strings)) io.say(`    ${backEnd.padEnd(12)} ${text}`);
    for (const [backEnd, { code, reason }] of Object.entries(refused)) io.say(`    ${backEnd.padEnd(12)} ${paint(io, "yellow", `refused (${code}): ${reason}`)}`);
  }
  io.say("");
}
