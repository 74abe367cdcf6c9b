// What a step costs the compiler: instantiations of a chain of 401 steps less a chain of 1, over 400. Each step has a model of its own:
// repeated models are cached and would flatter. `node type-tests/cost.mjs` prints a table; `--check` exits 2 where a figure is over its limit.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("..", import.meta.url));
const compilers = { "5.9": "typescript-5.9", "6.0": "typescript", "7.0": "typescript-7" };
const kinds = {
  equal: { limit: 94, dims: () => `["batch", 10]` },
  rebinding: { limit: 412, dims: (step) => `["batch", "n${step}"]` },
};

function program(steps, dims) {
  const dsl = JSON.stringify(join(repository, "dsl/index.js"));
  const lines = [`import { pipeline, type Model, type Tensor } from ${dsl};`];
  for (let step = 0; step < steps; step++) {
    const ports = `{ readonly x: Tensor<"float32", ${dims(step)}> }`;
    lines.push(`interface M${step} extends Model<"m${step}", ${ports}, ${ports}> {}`, `declare const m${step}: M${step};`);
  }
  lines.push(`export const chain = pipeline("p", { inputs: { x: { dtype: "float32", shape: ${dims("")} } } })`);
  for (let step = 0; step < steps; step++) lines.push(`  .model(m${step})`);
  return lines.join("\n");
}

function instantiations(compiler, text) {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-cost-"));
  try {
    writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
    writeFileSync(join(folder, "chain.ts"), text);
    const typeRoots = [join(repository, "node_modules/@types")];
    const options = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true, target: "es2022", lib: ["es2023"], module: "nodenext", noEmit: true, types: ["node"], typeRoots };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["chain.ts"] }));
    const tsc = join(repository, "node_modules", compilers[compiler], "bin/tsc");
    // One checker: TypeScript 7 would share the work and count what both need twice.
    const more = compiler === "7.0" ? ["--singleThreaded"] : [];
    const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", folder, "--extendedDiagnostics", ...more], { encoding: "utf8" });
    const count = /Instantiations:\s+(\d+)/.exec(stdout)?.[1];
    if (status !== 0 || count === undefined) {
      process.stderr.write(stdout);
      process.exit(1);
    }
    return Number(count);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const rows = Object.keys(compilers).map((compiler) => {
  const margins = Object.entries(kinds).map(([kind, { dims }]) => [
    kind,
    (instantiations(compiler, program(401, dims)) - instantiations(compiler, program(1, dims))) / 400,
  ]);
  return { TypeScript: compiler, ...Object.fromEntries(margins) };
});
console.table(rows);
const over = rows.filter((row) => Object.entries(kinds).some(([kind, { limit }]) => row[kind] > limit));
if (process.argv.includes("--check") && over.length > 0) process.exit(2);
