import { displayPath } from "../../util/display-path.js";
import { type RegisterCommand, exitCodes, redirectUserOutput, colorize, type Io } from "../output/io.js";
import { readConfigText } from "../input/read-files.js";
import { isDefinition } from "../input/read-pipeline.js";
import { prettyJson } from "../output/pretty-json.js";
import { problemsToJson, printProblems } from "../output/print-problems.js";
import type { Config, StepConfigOf } from "../../config/schema.js";
import type { ExpressionTree } from "../../expression/tree/tree.js";

interface Explained {
  readonly file: string;
  readonly config: Config;
}
type Definition = Awaited<ReturnType<typeof explainDefinition>>;

type PrintTree = (tree: ExpressionTree) => string;

export const explain: RegisterCommand = (program, { getIo, setExitCode }) => {
  program
    .command("explain")
    .description(
      "show each lambda as every back-end compiles it, or why it cannot; show a platform definition as TypeScript",
    )
    .argument("<files...>", "pipeline files, configs, or platform definitions")
    .option("--project <tsconfig>", "the project's tsconfig", "tsconfig.json")
    .addHelpText("after", "\nExample:\n  $ shapeline explain fraud.pipeline.ts")
    .action(async (files: string[], options: { project: string }) => {
      const io = getIo();
      const explained: Explained[] = [];
      const definitions: Definition[] = [];
      const sources: string[] = [];
      for (const file of files) {
        if (!file.endsWith(".json")) {
          sources.push(file);
          continue;
        }
        const text = await readConfigText(io.cwd, file);
        if (isDefinition(text)) definitions.push(await explainDefinition(file, text));
        else explained.push({ file, config: (await import("../../config/config.js")).parseConfig(text, file) });
      }
      if (sources.length > 0) {
        const { compileProject } = await import("../../../codegen/project/compile-project.js");
        const compiled = await redirectUserOutput(io, () =>
          compileProject({ files: sources, cwd: io.cwd, project: options.project }),
        );
        for (const { config, file } of compiled.configs) explained.push({ file: displayPath(io.cwd, file), config });
        if (compiled.problems.length > 0) {
          io.printJson({ problems: problemsToJson(io, compiled.problems) });
          printProblems(io, compiled.problems);
          setExitCode(exitCodes.userError);
          return;
        }
      }
      const { printReadable } = await import("../../expression/tree/print.js");
      io.printJson([
        ...explained.map(({ file, config }) => ({
          file,
          pipeline: config.name,
          validations: explainValidations(config, printReadable),
          alerts: explainAlerts(config, printReadable),
        })),
        ...definitions,
      ]);
      for (const { file, config } of explained) printConfig(io, file, config, printReadable);
      for (const definition of definitions) printDefinition(io, definition);
      if (definitions.some(({ problems }) => problems.length > 0)) setExitCode(exitCodes.userError);
    });
};

type Lambda = StepConfigOf<"validation" | "alert">;

const explainLambda = ({ name, source, expression }: Lambda, readable: PrintTree) => ({
  name,
  source,
  readable: readable(expression.tree),
  ...expression,
});

const explainValidations = ({ steps }: Config, readable: PrintTree) =>
  steps.filter((step) => step.kind === "validation").map((step) => explainLambda(step, readable));
const explainAlerts = ({ steps }: Config, readable: PrintTree) =>
  steps
    .filter((step) => step.kind === "alert")
    .map((step) => ({
      ...explainLambda(step, readable),
      overSeconds: step.overSeconds,
      forSeconds: step.forSeconds,
    }));

/** Back-ends whose text is JSON. */
const isJson = /^(?:polars-|checks$)/;
const indent = 17;

function printConfig(io: Io, file: string, config: Config, printReadable: PrintTree): void {
  io.print(`${colorize(io, "bold", config.name)} (${file})`);
  const lambdas = [
    ...explainValidations(config, printReadable).map((lambda) => ({ ...lambda, about: "" })),
    ...explainAlerts(config, printReadable).map((alert) => ({
      ...alert,
      about: ` (alert over ${alert.overSeconds} s${alert.forSeconds === 0 ? "" : `, for ${alert.forSeconds} s`})`,
    })),
  ];
  if (lambdas.length === 0) io.print("  no lambdas");
  for (const { name, about, source, readable, strings, refused } of lambdas) {
    const [firstLine = "", ...lines] = textLines(source);
    io.print("", `  ${colorize(io, "cyan", name)}${about}  ${firstLine}`, ...lines);
    io.print(`    means        ${readable}`);
    for (const [backEnd, text] of Object.entries(strings)) {
      const [first = "", ...rest] = isJson.test(backEnd) ? jsonLines(text) : textLines(text);
      io.print(`    ${backEnd.padEnd(12)} ${first}`, ...rest);
    }
    for (const [backEnd, { code, reason }] of Object.entries(refused)) {
      const [first = "", ...rest] = textLines(reason);
      io.print(`    ${backEnd.padEnd(12)} ${colorize(io, "yellow", `refused (${code}): ${first}`)}`, ...rest);
    }
  }
  io.print("");
}

/** The lines of a text from a config, below each other. */
function textLines(text: string): string[] {
  const [first = "", ...rest] = text.replaceAll("\t", "  ").split(/\r?\n/);
  return [first, ...rest.map((line) => " ".repeat(indent) + line)];
}

/** Longer JSON is shown as it is: nobody reads it, and laying it out takes long. */
const longestLaidOut = 50_000;

/** A text that a config kept from a definition is any text. */
function jsonLines(text: string): string[] {
  if (text.length > longestLaidOut) return textLines(text);
  try {
    return prettyJson(JSON.parse(text), { indent, width: 120 }).split("\n");
  } catch {
    return textLines(text);
  }
}

async function explainDefinition(file: string, text: string) {
  const [{ fromDefinition }, { decompile }] = await Promise.all([
    import("../../wallaroo/read/from-definition.js"),
    import("../../config/decompile.js"),
  ]);
  const { config, problems, inferred, form } = fromDefinition(text);
  const source = config === null ? null : decompile(config).text;
  return { file, pipeline: config?.name ?? null, dialect: form.dialect, source, problems, inferred };
}

function printDefinition(io: Io, { file, dialect, source, problems, inferred }: Definition): void {
  io.print(`${colorize(io, "bold", file)}: a platform definition, dialect ${dialect}`);
  if (source !== null) io.print("", ...source.split("\n"));
  if (inferred.length > 0)
    io.print(
      colorize(
        io,
        "dim",
        `The ports of ${inferred.join(", ")} were inferred from the checks; \`shapeline generate\` reads them from the model files.`,
      ),
    );
  for (const { code, path, message } of problems)
    io.print(colorize(io, "yellow", `not read (${code}) ${path}: ${message}`));
  io.print("");
}
