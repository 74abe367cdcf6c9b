// Holds two rules of CONTRIBUTING.md: folders stay small, and a step kind stays in eight files.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const rooms = ["dsl", "codegen", "src", "test", "type-tests", "scripts", "bench", "docs"];
const list = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", ...rooms], {
  encoding: "utf8",
});
const files = list.split("\n").filter((file) => existsSync(file) && !file.startsWith("test/fixtures/") && file !== "");
const problems = [];

const folderLimit = 16;
/** Folders that may hold more, because all their files are of one kind. */
const exempt = new Set(["src/cli/commands", "docs"]);
const counts = new Map();
for (const file of files) {
  const folder = file.slice(0, file.lastIndexOf("/"));
  counts.set(folder, (counts.get(folder) ?? 0) + 1);
}
for (const [folder, count] of counts) {
  if (count > folderLimit && !exempt.has(folder)) {
    problems.push(`${folder} holds ${count} files, more than ${folderLimit}: group them in sub-folders by subject`);
  }
}

const kindLimit = 8;
/** Step kinds whose names are used for nothing else, and the names under which a file refers to them. */
const kinds = { keySplit: /key-?split/i, randomSplit: /random-?split/i };
// The edits of fetched pipelines are the methods of the platform's class, under its names.
const sources = files.filter((file) => /^(dsl|codegen|src(?!\/targets\/wallaroo\/edits))\/.*\.ts$/.test(file));
for (const [kind, name] of Object.entries(kinds)) {
  const found = sources.filter((file) => name.test(file) || name.test(readFileSync(file, "utf8")));
  if (found.length > kindLimit) {
    problems.push(`the step kind ${kind} is in ${found.length} files, more than ${kindLimit}: ${found.join(", ")}`);
  }
}

for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
