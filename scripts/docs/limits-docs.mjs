/** Renders docs/limits.md from the list of bounds. */
export function limitsPage(bounds) {
  const lines = [
    "# Limits",
    "",
    "Everything that may come from somebody else has a limit, so that no input can use up the memory or the time of the",
    "process. An error about a limit gives the limit, what was found, and the way out.",
    "[Security](security.md) describes who is trusted with what.",
    "This page is generated from `src/util/bounds.ts` by `npm run docs`.",
    "",
    "| what | at most | way out |",
    "|---|---|---|",
  ];
  for (const { what, limit, unit, wayOut } of Object.values(bounds))
    lines.push(`| ${what} | ${limit.toLocaleString("en-US")} ${unit} | ${wayOut} |`);
  return `${lines.join("\n")}\n`;
}
