// What the plugin costs: per lambda, and its share of a build of 2,000 files, 50 of which have four pipelines each.
// `npm run bench:plugin`. CPU time, because other processes share the machine.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build as esbuild } from "esbuild";
import { rolldown } from "rolldown";
import { resolveOptions } from "../dist/codegen/plugin/options.js";
import { createTransform } from "../dist/shapeline-transform.js";
import esbuildPlugin from "../dist/esbuild.js";
import rolldownPlugin from "../dist/rolldown.js";

const files = 2000;
const withPipelines = 50;
const root = mkdtempSync(join(tmpdir(), "shapeline-bench-"));
mkdirSync(join(root, "src"));
const pipelines = (i) =>
  `import { pipeline } from "shapeline";\nimport { LIMIT } from "./m0.js";\n${Array.from(
    { length: 4 },
    (_, k) =>
      `export const p${k} = pipeline("p${i}_${k}").model(m).validate("v", (x) => x.out.v[0] < LIMIT && x.out.w[${k}] > 2);`,
  ).join("\n")}\nexport const v${i} = [p0, p1, p2, p3];\n`;
const component = (i) =>
  Array.from(
    { length: 60 },
    (_, k) =>
      `export function f${i}_${k}(a: number, b = { x: ${k} }): string { return \`\${a + b.x}\`.padStart(${k}); }`,
  ).join("\n") + `\nexport const v${i} = f${i}_0(1);\n`;
for (let i = 0; i < files; i++) {
  const text =
    i === 0 ? "export const LIMIT = 0.5; export const v0 = 1;\n" : i <= withPipelines ? pipelines(i) : component(i);
  writeFileSync(join(root, "src", `m${i}.ts`), text);
}
const entry = join(root, "src", "main.ts");
writeFileSync(entry, Array.from({ length: files }, (_, i) => `export { v${i} } from "./m${i}.js";`).join("\n"));

const milliseconds = async (work) => {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
};
const seconds = async (work) => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

const transform = createTransform(resolveOptions({ root }, "bench"));
const perLambda = [];
for (let round = 0; round < 9; round++) {
  const cost = await milliseconds(() => {
    for (let i = 1; i <= withPipelines; i++) transform(pipelines(i), join(root, "src", `m${i}.ts`));
  });
  if (round > 1) perLambda.push(cost / (4 * withPipelines));
}
console.log(`a lambda with its source map: ${median(perLambda).toFixed(3)} ms of CPU`);

const bundlers = {
  esbuild: (plugins) =>
    esbuild({
      entryPoints: [entry],
      bundle: true,
      external: ["shapeline"],
      format: "esm",
      write: false,
      sourcemap: "external",
      outfile: join(root, "out.js"),
      logLevel: "error",
      plugins,
    }),
  rolldown: async (plugins) => {
    const bundle = await rolldown({ input: entry, external: ["shapeline"], plugins });
    await bundle.generate({ format: "esm", sourcemap: true });
    await bundle.close();
  },
};
const plugins = { esbuild: esbuildPlugin, rolldown: rolldownPlugin };
for (const [name, bundle] of Object.entries(bundlers)) {
  const times = { without: [], with: [] };
  for (let round = 0; round < 3; round++) {
    times.without.push(await seconds(() => bundle([])));
    times.with.push(await seconds(() => bundle([plugins[name]({ root })])));
  }
  const [without, withPlugin] = [median(times.without.slice(1)), median(times.with.slice(1))];
  const share = ((withPlugin - without) / withPlugin) * 100;
  console.log(
    `${name}, ${files} files: ${without.toFixed(2)} s without, ${withPlugin.toFixed(2)} s with the plugin (${share.toFixed(1)} %)`,
  );
}
rmSync(root, { recursive: true, force: true });
