import { expect, it } from "vitest";
import { alertBackEndNames } from "../../../src/expression/backends/back-ends.js";
import { alert } from "../alert-cases.js";
import { alerts, columns } from "./alerts.js";

const all = alerts.map((text) => ({ text, ...alert(text, columns) }));

it("has the recorded outcome for each alert and back-end", async () => {
  const page = all.map(({ text, strings, refused }) =>
    [
      text,
      `  exact: ${Object.keys(strings).join(", ")}`,
      ...Object.entries(refused).map(([name, { code, reason }]) => `  ${name}: ${code} ${reason}`),
    ].join("\n"),
  );
  await expect(`${page.join("\n\n")}\n`).toMatchFileSnapshot("alerts.txt");
});

it.each(["sql", "promql", "javascript"] as const)("compiles for %s in at least nine of ten cases", (backEnd) => {
  expect(alertBackEndNames).toContain(backEnd);
  expect(all.filter(({ strings }) => strings[backEnd] !== undefined).length / all.length).toBeGreaterThan(0.9);
});
