// `shapeline init` from the packed package: in an empty folder with everything that it downloads, then in the other
// kinds of project, which take their packages from the first one. `npm run newcomer` runs each from nothing.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { initCases, runInitCase, runQuietly } from "./init-cases.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
// A tenth of the time that the projects' own compilers take. The empty folder's project is checked with its own.
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript-7/package.json")), "bin", "tsc");
const work = mkdtempSync(join(tmpdir(), "shapeline-init-"));
// The settings that npm gives to the scripts it runs would reach the projects.
const ownEnv = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD)/i.test(name)));

try {
  const packed = runQuietly("npm", ["pack", "--json", "--pack-destination", work], root);
  const tarball = join(work, JSON.parse(packed)[0].filename);
  const tools = join(work, "tools");
  runQuietly("npm", ["install", "--prefix", tools, "--no-save", "--ignore-scripts", "pnpm@10.34.8"], work);
  const env = { ...ownEnv, PATH: [join(tools, "node_modules", ".bin"), ownEnv.PATH].join(delimiter) };

  const run = async (name, shapeline, options) => {
    const folder = join(work, name.replaceAll(" ", "-"));
    mkdirSync(folder);
    const seconds = await runInitCase(name, shapeline, folder, { env, ...options });
    console.log(`shapeline init in ${name}: first inference after ${seconds} s`);
    return folder;
  };
  const [first, ...others] = Object.keys(initCases);
  const installed = await run(first, ["npx", "--yes", "--package", tarball, "--", "shapeline"]);
  const shapeline = [join(installed, "node_modules", ".bin", "shapeline")];
  // Two at a time: each keeps one core busy. The longest, with pnpm, is last in the list and starts first.
  const lane = async () => {
    for (let name = others.pop(); name !== undefined; name = others.pop())
      await run(name, shapeline, { installed, tsc });
  };
  await Promise.all([lane(), lane()]);
} finally {
  rmSync(work, { recursive: true, force: true });
}
