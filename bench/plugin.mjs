// What the plugin costs: per lambda, and its share of a build of 2,000 files, 50 of which have four pipelines each.
// `npm run bench:plugin`. CPU time (user and system) of this process and of esbuild's, because other processes share
// the machine; builds with and without the plugin alternate. After `npm run peers`, unplugin-typegpu beside it: the
// same files with four functions marked "use gpu" instead of lambdas. `npm run bench:plugin -- 11` is the number of
// rounds.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { build as esbuild, stop } from "esbuild";
import { rolldown } from "rolldown";
import { resolveOptions } from "../dist/codegen/plugin/options.js";
import { createTransform } from "../dist/shapeline-transform.js";
import esbuildPlugin from "../dist/esbuild.js";
import rolldownPlugin from "../dist/rolldown.js";

const rounds = Number(process.argv[2] ?? 7);
const files = 2000;
const withPipelines = 50;
const perFile = 4;
const four = (line) => Array.from({ length: perFile }, (_, k) => line(k)).join("\n");
const values = (i, names) => `\nexport const v${i} = [${Array.from({ length: perFile }, (_, k) => `${names}${k}`)}];\n`;
const pipelines = (i) =>
  `import { pipeline } from "shapeline";\nimport { LIMIT } from "./m0.js";\n` +
  four(
    (k) =>
      `export const p${k} = pipeline("p${i}_${k}").model(m).validate("v", (x) => x.out.v[0] < LIMIT && x.out.w[${k}] > 2);`,
  ) +
  values(i, "p");
const shaders = (i) =>
  `import { LIMIT } from "./m0.js";\n` +
  four((k) => `export const g${k} = (x) => { "use gpu"; return x.out.v[0] < LIMIT && x.out.w[${k}] > 2; };`) +
  values(i, "g");
const component = (i) =>
  Array.from(
    { length: 60 },
    (_, k) =>
      `export function f${i}_${k}(a: number, b = { x: ${k} }): string { return \`\${a + b.x}\`.padStart(${k}); }`,
  ).join("\n") + `\nexport const v${i} = f${i}_0(1);\n`;

const root = mkdtempSync(join(tmpdir(), "shapeline-bench-"));

/** Writes the 2,000 files of an app and returns its entry. */
function writeApp(name, special) {
  const source = join(root, name, "src");
  mkdirSync(source, { recursive: true });
  for (let i = 0; i < files; i++) {
    const text =
      i === 0 ? "export const LIMIT = 0.5; export const v0 = 1;\n" : i <= withPipelines ? special(i) : component(i);
    writeFileSync(join(source, `m${i}.ts`), text);
  }
  const entry = join(source, "main.ts");
  writeFileSync(entry, Array.from({ length: files }, (_, i) => `export { v${i} } from "./m${i}.js";`).join("\n"));
  return entry;
}

/** CPU milliseconds of this process and of its children, which Linux counts in ticks of 10 ms. */
function cpu() {
  const { user, system } = process.cpuUsage();
  let total = (user + system) / 1000;
  if (!existsSync("/proc/self/task")) return total;
  for (const thread of readdirSync("/proc/self/task")) {
    let children = "";
    try {
      children = readFileSync(`/proc/self/task/${thread}/children`, "utf8");
    } catch {
      continue; // The thread has ended.
    }
    for (const child of children.split(" ").filter(Boolean)) {
      const fields = readFileSync(`/proc/${child}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ");
      total += (Number(fields[11]) + Number(fields[12])) * 10;
    }
  }
  return total;
}

async function cost(work) {
  const start = cpu();
  await work();
  return cpu() - start;
}
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

/** Milliseconds for each of the 200 functions of `special`, with source maps. */
async function perFunction(transform, special) {
  const costs = [];
  for (let round = 0; round < rounds + 2; round++) {
    const all = await cost(async () => {
      for (let i = 1; i <= withPipelines; i++) await transform(special(i), join(root, "src", `m${i}.ts`));
    });
    if (round > 1) costs.push(all / (perFile * withPipelines));
  }
  return median(costs);
}

const bundlers = {
  esbuild: (entry, plugins) =>
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
  rolldown: async (entry, plugins) => {
    const bundle = await rolldown({ input: entry, external: ["shapeline"], plugins, logLevel: "silent" });
    await bundle.generate({ format: "esm", sourcemap: true });
    await bundle.close();
  },
};

/** The plugin's share of a build, from builds that alternate. */
async function share(what, name, entry, plugin) {
  const costs = { without: [], with: [] };
  for (let round = 0; round < rounds + 1; round++)
    for (const kind of round % 2 === 0 ? ["without", "with"] : ["with", "without"]) {
      const milliseconds = await cost(() => bundlers[name](entry, kind === "with" ? [plugin()] : []));
      if (round > 0) costs[kind].push(milliseconds);
    }
  const [without, withPlugin] = [median(costs.without), median(costs.with)];
  const percent = ((withPlugin - without) / withPlugin) * 100;
  console.log(
    `${what} in ${name}: ${Math.round(without)} ms of CPU without, ${Math.round(withPlugin)} ms with (${percent.toFixed(1)} %)`,
  );
}

console.log(`${files} files, ${rounds} rounds, load ${loadavg()[0].toFixed(1)}`);
const transform = createTransform(resolveOptions({ root }, "bench"));
console.log(`a lambda with its source map: ${(await perFunction(transform, pipelines)).toFixed(3)} ms of CPU`);
const app = writeApp("shapeline", pipelines);
for (const [name, plugin] of Object.entries({ esbuild: esbuildPlugin, rolldown: rolldownPlugin }))
  await share("shapeline", name, app, () => plugin({ root: join(root, "shapeline") }));

const peers = new URL("./peers/node_modules/unplugin-typegpu/", import.meta.url);
if (existsSync(peers)) {
  const { exports } = JSON.parse(readFileSync(new URL("package.json", peers), "utf8"));
  const load = async (entry) => {
    const found = exports[`./${entry}`];
    const file = typeof found === "string" ? found : (found.import?.default ?? found.import ?? found.default);
    return (await import(new URL(file, peers).href)).default;
  };
  const gpuApp = writeApp("typegpu", shaders);
  for (const name of Object.keys(bundlers)) {
    const plugin = await load(name);
    await share("unplugin-typegpu", name, gpuApp, () => plugin({}));
  }
}
await stop();
rmSync(root, { recursive: true, force: true });
