// Fails when a folder holds more than 16 files, unless all of them are of one kind.
import { execFileSync } from "node:child_process";

const limit = 16;
const rooms = ["dsl", "codegen", "src", "test", "type-tests", "scripts", "bench", "docs"];
/** Folders that may hold more, because all their files are of one kind. */
const exempt = new Set(["src/cli/commands"]);

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", ...rooms], {
  encoding: "utf8",
});
const counts = new Map();
for (const file of files.split("\n")) {
  if (file === "" || file.startsWith("test/fixtures/")) continue;
  const folder = file.slice(0, file.lastIndexOf("/"));
  counts.set(folder, (counts.get(folder) ?? 0) + 1);
}

const large = [...counts].filter(([folder, count]) => count > limit && !exempt.has(folder));
for (const [folder, count] of large) {
  console.error(`${folder} holds ${count} files, more than ${limit}: group them in sub-folders by subject`);
}
process.exit(large.length > 0 ? 1 : 0);
