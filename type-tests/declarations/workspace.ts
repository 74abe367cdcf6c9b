import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { compilers, repository, type Compiler } from "../compilers.js";

/**
 * A folder with packages of a monorepo, each a composite project, in which Shapeline is installed as users get it:
 * under `node_modules`, with declaration files only.
 */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), "shapeline-workspace-"));
  readonly #packages: readonly string[];

  /** @param packages the source of each package, after those that it depends on */
  constructor(packages: Readonly<Record<string, string>>) {
    this.#packages = Object.keys(packages);
    this.#install();
    for (const [name, source] of Object.entries(packages)) this.#add(name, source);
  }

  /** Builds the packages in their order with `tsc --build`; returns what the compiler prints. */
  build(compiler: Compiler): string {
    for (const name of this.#packages) rmSync(join(this.folder, name, "out"), { recursive: true, force: true });
    const tsc = join(repository, "node_modules", compilers[compiler], "bin/tsc");
    const last = join(this.folder, this.#packages.at(-1) ?? "");
    return spawnSync(process.execPath, [tsc, "--build", last, "--pretty", "false"], {
      cwd: this.folder,
      encoding: "utf8",
    }).stdout;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  #install(): void {
    const installed = join(this.folder, "node_modules", "shapeline");
    mkdirSync(installed, { recursive: true });
    cpSync(join(repository, "package.json"), join(installed, "package.json"));
    for (const room of ["dsl", "src"])
      cpSync(join(repository, "dist", room), join(installed, "dist", room), {
        recursive: true,
        filter: (path) => !path.endsWith(".js"),
      });
    symlinkSync(join(repository, "node_modules/zod"), join(this.folder, "node_modules/zod"));
  }

  #add(name: string, source: string): void {
    const folder = join(this.folder, name);
    const before = this.#packages.slice(0, this.#packages.indexOf(name));
    mkdirSync(join(folder, "src"), { recursive: true });
    symlinkSync(relative(join(this.folder, "node_modules"), folder), join(this.folder, "node_modules", name));
    writeFileSync(join(folder, "src/index.ts"), source);
    const entry = { types: "./out/index.d.ts", default: "./out/index.js" };
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name, type: "module", exports: { ".": entry } }));
    const compilerOptions = {
      composite: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      target: "es2022",
      lib: ["es2023"],
      module: "nodenext",
      rootDir: "src",
      outDir: "out",
      types: ["node"],
      typeRoots: [join(repository, "node_modules/@types")],
    };
    const references = before.map((path) => ({ path: `../${path}` }));
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"], references }));
  }
}
