// Every snippet that is marked as `ts run` is run with the models of examples/fraud. Its pipeline is deployed and has
// logged rows, and the files that the snippets name hold its rows.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, it, onTestFinished } from "vitest";
import { pages, root, snippetsOf } from "./snippets.js";

const fraud = join(root, "examples", "fraud");

/** The rows of the example as CSV: a column for each element. */
function csv(rows: readonly { readonly pixels: readonly number[] }[]): string {
  const header = rows[0]?.pixels.map((_, i) => `pixels_${i}`).join(",");
  return `${[header, ...rows.map(({ pixels }) => pixels.join(","))].join("\n")}\n`;
}

it("all run", async () => {
  const snippets = pages.flatMap(snippetsOf).filter(({ runs }) => runs);
  expect(snippets.length).toBeGreaterThanOrEqual(10);
  const folder = mkdtempSync(join(root, "node_modules", ".docs-run-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "shapeline"), "dir");
  const base = join(folder, "base");
  mkdirSync(base);
  cpSync(join(fraud, "models"), join(base, "models"), { recursive: true });
  const rows = (JSON.parse(readFileSync(join(fraud, "rows.df.json"), "utf8")) as { pixels: number[] }[]).slice(0, 20);
  writeFileSync(join(base, "rows.json"), JSON.stringify(rows));
  writeFileSync(join(base, "rows.csv"), csv(rows));
  writeFileSync(join(base, "rows.csv.gz"), gzipSync(csv(rows)));
  for (const name of ["models.gen.ts", "fraud.pipeline.ts", "fraud.pipeline.json"])
    cpSync(join(fraud, name), join(folder, name));
  cpSync(fileURLToPath(new URL("run-context.ts", import.meta.url)), join(folder, "context.ts"));
  cpSync(fileURLToPath(new URL("run-snippets.mjs", import.meta.url)), join(folder, "run-snippets.mjs"));
  for (const { place, text } of snippets) writeFileSync(join(folder, `${fileName(place)}.ts`), text);
  await build({
    entryPoints: snippets.map(({ place }) => join(folder, `${fileName(place)}.ts`)),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  const names = snippets.map(({ place }) => fileName(place));
  const output = execFileSync(process.execPath, ["run-snippets.mjs", ...names], { cwd: folder, encoding: "utf8" });
  expect(output.trimEnd().split("\n").at(-1)).toBe("[]");
});

const fileName = (place: string): string => place.replaceAll(/\W/g, "-");
