// Holds three rules of CONTRIBUTING.md: folders stay small, a step kind stays in eight files, slow tests have a tag.
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

// .ci/run picks slow tests by their tag. It would leave out what runs, or does more, with the slow tests without one.
for (const file of files.filter((each) => each.endsWith(".test.ts"))) {
  const text = readFileSync(file, "utf8");
  if (/slow\.js"|\b(slowSuiteCompilers|judges)\b/.test(text) && !/tags: .*"slow"|@module-tag slow/.test(text))
    problems.push(`${file} uses 'slow' or its compilers, but none of its tests has the tag: tags: ["slow"]`);
}

for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
