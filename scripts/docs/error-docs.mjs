const groups = {
  1: ["Lambdas", "LambdaError, or among the `problems` of a PipelineError"],
  2: ["Shapes and steps", "PipelineError"],
  3: ["Models", "ModelError"],
  4: ["Configs", "ConfigError"],
  5: ["Input rows", "InputError"],
  6: ["Targets", "TargetError"],
  7: ["Storage", "StorageError"],
  8: ["Command line", null],
};

const examplePorts =
  "Examples read the inputs `amount` (float64), `country` (string), `account` (int64), `vip` (bool), `features` (float32[4]), `tokens` (int64, any number), and the outputs `score` (float64[1]), `probs` (float32[3]), `boxes` (float32[2, 4]), `label` (string).";

const runTime =
  "Examples are run in a folder with the models, the pipeline and the rows of `examples/fraud`. `live` is the deployed pipeline of the target `engine`, `config` its config, `row` one of its rows.";

/**
 * Renders docs/errors.md from the list of error codes.
 *
 * @param examples by code: `{ example, cause, fix }`, from `errorExamples`
 */
export function errorCodesPage(errorCodes, examples) {
  const lines = [
    "# Errors",
    "",
    "Every error is a subclass of `ShapelineError` with a stable `code`, a `message` and `details`.",
    "The message contains the problem, its location and the remedy.",
    "This page is generated from `dsl/messages/error-codes.ts` by `npm run docs`. The examples are compiled or run: what they say is what users read.",
  ];
  for (const [digit, [title, thrown]] of Object.entries(groups)) {
    const codes = Object.entries(errorCodes)
      .filter(([code]) => code.startsWith(`SL${digit}`))
      .sort();
    const hasExamples = codes.some(([code]) => code in examples);
    lines.push("", `## SL${digit}xxx: ${title}`, "", `Thrown as ${thrown}.`);
    if (digit === "1") lines.push(examplePorts);
    if (Number(digit) > 2) lines.push(runTime);
    if (digit === "2") lines.push("[Type errors](type-errors.md) lists the models of the examples.");
    lines.push("", hasExamples ? "| code | meaning | example | cause and fix |" : "| code | meaning |");
    lines.push(hasExamples ? "|---|---|---|---|" : "|---|---|");
    for (const [code, meaning] of codes) {
      const cells = [`<a id="${code.toLowerCase()}"></a>${code}`, meaning];
      if (hasExamples) cells.push(...exampleCells(examples[code]));
      lines.push(`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function exampleCells(found) {
  if (found === undefined) return ["", ""];
  const { example, cause, fix } = found;
  // A code span may hold backticks if its fence is longer.
  const fence = example.includes("`") ? "``" : "`";
  return [`${fence}${example}${fence}`, fix === undefined ? cause : `${cause}. Fix: ${fix}`];
}
