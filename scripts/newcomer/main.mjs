// What a newcomer does, with a home folder of its own: the README's commands, every example of `--help`, `shapeline
// init` in every kind of project. Ends with a table; exits with 1 if anything failed.
// Usage: npm run newcomer [-- <part of a name>]
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runHelpExamples } from "./help-examples.mjs";
import { initCases, runInitCase, runQuietly } from "./init-cases.mjs";
import { runCloneCommands, runProjectCommands } from "./readme.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const work = mkdtempSync(join(tmpdir(), "shapeline-newcomer-"));
const home = join(work, "home");
mkdirSync(home);
writeFileSync(join(home, ".npmrc"), "audit=false\nfund=false\nupdate-notifier=false\n");
// Downloads may be shared: they are the same files.
symlinkSync(join(homedir(), ".npm"), join(home, ".npm"));
const tools = join(work, "tools");
// The machine's own settings stay, such as certificates and proxies; those of npm and of this clone do not.
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|NODE_ENV)/i.test(name))),
  PATH: [join(tools, "node_modules", ".bin"), process.env.PATH].join(delimiter),
  HOME: home,
};

const wanted = process.argv[2] ?? "";
const results = [];
/** Runs one part, in a folder of its own. */
async function part(name, task) {
  if (!name.includes(wanted)) return;
  const folder = join(work, name.replaceAll(/[^a-z-]+/gi, "-"));
  mkdirSync(folder);
  const started = performance.now();
  let note = "";
  let failed = false;
  try {
    note = (await task(folder)) ?? "";
  } catch (error) {
    failed = true;
    console.error(error);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  results.push({ name, failed });
  console.log(`${failed ? "FAILED" : "ok    "} ${seconds.padStart(4)} s  ${name}${note === "" ? "" : `: ${note}`}`);
}

try {
  const packed = runQuietly("npm", ["pack", "--json", "--pack-destination", work], root);
  const tarball = join(work, JSON.parse(packed)[0].filename);
  runQuietly("npm", ["install", "--prefix", tools, "--no-save", "--ignore-scripts", "pnpm@10.34.8"], work, env);

  await part("README: a fresh clone", (folder) => runCloneCommands(root, folder, env));
  await part("README: in your own project", (folder) => runProjectCommands(root, tarball, folder, env));
  await part("--help: every example", async (folder) => {
    const packages = [tarball, "onnxruntime-node", "@duckdb/node-api", "fastify"];
    writeFileSync(join(folder, "package.json"), `${JSON.stringify({ private: true, type: "module" })}\n`);
    runQuietly("npm", ["install", "--ignore-scripts", ...packages], folder, env);
    return `${(await runHelpExamples(root, folder, env)).length} examples`;
  });
  const shapeline = ["npx", "--yes", "--package", tarball, "--", "shapeline"];
  for (const name of Object.keys(initCases))
    await part(
      `init: ${name}`,
      async (folder) => `first inference after ${await runInitCase(name, shapeline, folder, { env })} s`,
    );
} finally {
  rmSync(work, { recursive: true, force: true });
}
const failures = results.filter(({ failed }) => failed).length;
console.log(`${results.length} parts, ${failures} failed`);
if (failures > 0 || results.length === 0) process.exitCode = 1;
