// Whether dist/ is what a build would write: nearly every npm script builds first, most of them after another one did.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Everything that a build reads. The lockfile stands for the packages. */
const inputs = [
  ...["dsl", "codegen", "src", "scripts", join("examples", "fraud")],
  ...["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"],
];
// `npm ci` removes it.
const file = join(root, "node_modules", ".cache", "shapeline-build.json");

const filesIn = (path) =>
  statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
    : [path];

/** A hash of all that a build reads. */
export function hashInputs() {
  const hash = createHash("sha256");
  for (const path of inputs.flatMap((input) => filesIn(join(root, input)))) {
    const content = readFileSync(path);
    hash.update(`${path}\n${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

function stamp(hash) {
  const outputs = filesIn(join(root, "dist")).map((path) => {
    const { size, mtimeMs } = statSync(path);
    return `${path} ${size} ${mtimeMs}`;
  });
  return JSON.stringify({ inputs: hash, outputs });
}

/** Whether dist/ was built from the inputs with this hash, and no file in it was changed since. */
export function isBuilt(hash) {
  try {
    return readFileSync(file, "utf8") === stamp(hash);
  } catch {
    return false;
  }
}

/** Remembers what was built. The hash is from before the build: files may have been edited meanwhile. */
export function markBuilt(hash) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, stamp(hash));
}
