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

/** Renders docs/errors.md from the list of error codes. */
export function errorCodesPage(errorCodes) {
  const lines = [
    "# Errors",
    "",
    "Every error is a subclass of `ShapelineError` with a stable `code`, a `message` and `details`.",
    "The message contains the problem, its location and the remedy.",
    "This page is generated from `dsl/messages/error-codes.ts` by `npm run docs`.",
  ];
  for (const [digit, [title, thrown]] of Object.entries(groups)) {
    lines.push("", `## SL${digit}xxx: ${title}`, "", thrown === null ? "Printed by the `shapeline` command." : `Thrown as ${thrown}.`, "", "| code | meaning |", "|---|---|");
    const codes = Object.entries(errorCodes).filter(([code]) => code.startsWith(`SL${digit}`));
    for (const [code, meaning] of codes.sort())
      lines.push(`| <a id="${code.toLowerCase()}"></a>${code} | ${meaning.replaceAll("|", "\\|")} |`);
  }
  return `${lines.join("\n")}\n`;
}
