import { dirname } from "node:path";
import { Option } from "commander";
import { displayPath } from "../../util/display-path.js";
import { type RegisterCommand, exitCodes, redirectUserOutput, colorize, type Io } from "../output/io.js";
import { readConfigText } from "../input/read-files.js";
import { isDefinition } from "../input/read-pipeline.js";
import { prettyJson } from "../output/pretty-json.js";
import { problemsToJson, printProblems } from "../output/print-problems.js";
import type { Config, StepConfigOf } from "../../config/schema.js";
import type { AlertBackEnd } from "../../expression/backends/back-ends.js";
import type { Support } from "../../expression/backends/support.js";
import type { AlertExpression, Expression } from "../../expression/compile.js";
import type { ExpressionTree } from "../../expression/tree/tree.js";

interface Explained {
  readonly file: string;
  readonly config: Config;
}
type Definition = Awaited<ReturnType<typeof explainDefinition>>;

/** What the tree of a lambda says, loaded when needed. */
interface Describe {
  readonly readable: (tree: ExpressionTree) => string;
  readonly supportOf: (expression: Expression | AlertExpression) => Support;
}

/** The names of all back-ends, without loading them. */
const targets = Object.keys({
  "polars-0.18": true,
  "polars-1": true,
  "polars-1.44": true,
  checks: true,
  cel: true,
  sql: true,
  promql: true,
  javascript: true,
} satisfies Record<AlertBackEnd, true>) as readonly AlertBackEnd[];

export const explain: RegisterCommand = (command, { getIo, setExitCode }) => {
  command
    .argument("<files...>", "pipeline files, configs, or platform definitions")
    .option("--project <tsconfig>", "the project's tsconfig", "tsconfig.json")
    .addOption(new Option("--target <back-end>", "print the lambdas in this language only").choices(targets))
    .option("--all", "print every language")
    .addHelpText(
      "after",
      "\nExample:\n  $ shapeline explain src/fraud.pipeline.ts\n  $ shapeline explain src/fraud.pipeline.ts --target polars-0.18",
    )
    .action(async (files: string[], options: { project: string; target?: AlertBackEnd; all?: true }) => {
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
        if (isDefinition(text)) definitions.push(await explainDefinition(io, file, text));
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
      const [{ printReadable: readable }, { supportOf }] = await Promise.all([
        import("../../expression/tree/print.js"),
        import("../../expression/backends/support.js"),
      ]);
      const describe = { readable, supportOf };
      io.printJson([
        ...explained.map(({ file, config }) => ({
          file,
          pipeline: config.name,
          validations: explainValidations(config, describe),
          alerts: explainAlerts(config, describe),
        })),
        ...definitions,
      ]);
      for (const { file, config } of explained) printConfig(io, file, config, describe, options);
      for (const definition of definitions) printDefinition(io, definition);
      if (definitions.some(({ problems }) => problems.length > 0)) setExitCode(exitCodes.userError);
    });
};

type Lambda = StepConfigOf<"validation" | "alert">;

const explainLambda = ({ name, source, expression }: Lambda, { readable, supportOf }: Describe) => ({
  name,
  source,
  readable: readable(expression.tree),
  support: supportOf(expression),
  ...expression,
});

const explainValidations = ({ steps }: Config, describe: Describe) =>
  steps.filter((step) => step.kind === "validation").map((step) => explainLambda(step, describe));
const explainAlerts = ({ steps }: Config, describe: Describe) =>
  steps
    .filter((step) => step.kind === "alert")
    .map((step) => ({
      ...explainLambda(step, describe),
      overSeconds: step.overSeconds,
      forSeconds: step.forSeconds,
    }));

/** Back-ends whose text is JSON. */
const isJson = /^(?:polars-|checks$)/;
const indent = 17;

function printConfig(
  io: Io,
  file: string,
  config: Config,
  describe: Describe,
  { target, all = false }: { readonly target?: AlertBackEnd; readonly all?: boolean },
): void {
  io.print(`${colorize(io, "bold", config.name)} (${file})`);
  const lambdas = [
    ...explainValidations(config, describe).map((lambda) => ({ ...lambda, about: "" })),
    ...explainAlerts(config, describe).map((alert) => ({
      ...alert,
      about: ` (alert over ${alert.overSeconds} s${alert.forSeconds === 0 ? "" : `, for ${alert.forSeconds} s`})`,
    })),
  ];
  if (lambdas.length === 0) io.print("  no lambdas");
  for (const { name, about, source, readable, support, strings, refused } of lambdas) {
    const [firstLine = "", ...lines] = textLines(source);
    io.print("", `  ${colorize(io, "cyan", name)}${about}  ${firstLine}`, ...lines);
    if (target === undefined) printLabelled(io, "means", readable);
    if (target === undefined && !all) {
      printSupport(io, support);
      continue;
    }
    const isShown = ([backEnd]: readonly [string, unknown]) => target === undefined || backEnd === target;
    for (const [backEnd, text] of Object.entries(strings).filter(isShown)) {
      const [first = "", ...rest] = isJson.test(backEnd) ? jsonLines(text) : textLines(text);
      io.print(`    ${backEnd.padEnd(12)} ${first}`, ...rest);
    }
    const notWritten = Object.entries(refused).filter(isShown);
    for (const [backEnd, { code, reason }] of notWritten) {
      const [first = "", ...rest] = textLines(reason);
      io.print(`    ${backEnd.padEnd(12)} ${colorize(io, "yellow", `refused (${code}): ${first}`)}`, ...rest);
    }
    if (target !== undefined && !(target in strings) && notWritten.length === 0)
      printLabelled(io, target, "not a language of validations");
  }
  io.print("");
}

function printLabelled(io: Io, label: string, text: string): void {
  io.print(`    ${label.padEnd(12)} ${text}`);
}

/** Where a lambda runs, a few lines for all back-ends. */
function printSupport(io: Io, { exact, guarded, refused }: Support): void {
  if (exact.length > 0) printLabelled(io, "exact", exact.join(", "));
  if (guarded.length > 0) {
    const ops = new Set(guarded.flatMap((group) => group.ops));
    const names = guarded.flatMap(({ backEnds }) => backEnds).join(", ");
    printLabelled(io, "guarded", `${names} (${[...ops].map((op) => opLabels[op] ?? op).join(", ")})`);
  }
  for (const { code, reason, backEnds } of refused) {
    const [first = "", ...rest] = textLines(reason);
    printLabelled(io, "refused", colorize(io, "yellow", `${backEnds.join(", ")}: ${first} (${code})`));
    io.print(...rest);
  }
}

/** Operations that a lambda has no sign for. */
const opLabels: Readonly<Record<string, string>> = { read: "reads", constant: "constants", aggregate: "aggregates" };

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

async function explainDefinition(io: Io, file: string, text: string) {
  const [{ fromDefinition }, { decompile }, { loadGeneratedModels }] = await Promise.all([
    import("../../wallaroo/read/from-definition.js"),
    import("../../config/decompile.js"),
    import("../input/generated-models.js"),
  ]);
  const { config, problems, inferred, form } = fromDefinition(text);
  const generated = config === null ? null : await loadGeneratedModels(io, dirname(file));
  const source = config === null ? null : decompile(config, generated?.from, generated?.exported).text;
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
