// The commands of the README, in order, as a newcomer types them.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runQuietly } from "./init-cases.mjs";

/** The shell blocks of a page, each as its lines without comments. */
function shellBlocks(text) {
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) =>
    block
      .split("\n")
      .map((line) => line.replace(/\s+#.*$/, "").trim())
      .filter((line) => line !== ""),
  );
}

/** A fresh clone: `npm ci`, the quickstart on both examples, and no file that git sees as changed. */
export function runCloneCommands(root, work, env) {
  const clone = join(work, "clone");
  runQuietly("git", ["clone", "--quiet", root, clone], work, env);
  const [commands] = shellBlocks(readFileSync(join(root, "README.md"), "utf8"));
  for (const command of commands)
    // .ci/run runs the tests; they take minutes.
    if (!command.includes("npm test")) runQuietly("bash", ["-c", command], clone, env);
  runQuietly("bash", ["-c", "npm run quickstart -- breast-cancer"], clone, env);
  const changed = runQuietly("git", ["status", "--porcelain"], clone, env);
  if (changed !== "") throw new Error(`the quickstart leaves changes in the clone:\n${changed}`);
}

/** The block "In your own project": with models, the pipeline of the README and rows. */
export function runProjectCommands(root, tarball, work, env) {
  const text = readFileSync(join(root, "README.md"), "utf8");
  const project = join(work, "own-project");
  mkdirSync(join(project, "src"), { recursive: true });
  cpSync(join(root, "examples", "fraud", "models"), join(project, "models"), { recursive: true });
  cpSync(join(root, "examples", "fraud", "rows.df.json"), join(project, "rows.json"));
  writeFileSync(join(project, "package.json"), `${JSON.stringify({ private: true, type: "module" })}\n`);
  const [, snippet] = /^```ts(?: run)?\n([\s\S]*?)^```/m.exec(text);
  // The deployment at its end is for an app.
  writeFileSync(join(project, "src", "fraud.pipeline.ts"), snippet.slice(0, snippet.indexOf("const live")));
  const commands = shellBlocks(text).find((block) => block[0].startsWith("npm install shapeline"));
  for (const command of commands)
    runQuietly("bash", ["-c", command.replace(/^npm install shapeline$/, `npm install ${tarball}`)], project, env);
}
