import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compilers, repository, type Compiler } from "../compilers.js";
import type { Project } from "./projects.js";

/** The figures of a compiler run. */
export interface Measurement {
  readonly instantiations: number;
  readonly seconds: number;
  /** Bytes. */
  readonly memory: number;
}

/** Other libraries to compare with, where they are installed. */
export const peersFolder = join(repository, "bench/peers/node_modules");
export const hasPeers = existsSync(join(peersFolder, "kysely/package.json"));

/** Checks a project with `tsc --extendedDiagnostics`; null where it does not compile. */
export function measure(compiler: Compiler, project: Project): Measurement | null {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-cost-"));
  try {
    for (const [name, text] of Object.entries(project)) writeFileSync(join(folder, name), text);
    mkdirSync(join(folder, "node_modules"));
    for (const name of hasPeers ? ["kysely", "hono"] : [])
      symlinkSync(join(peersFolder, name), join(folder, "node_modules", name));
    symlinkSync(join(repository, "node_modules/zod"), join(folder, "node_modules/zod"));
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      target: "es2022",
      lib: ["es2023", "dom"],
      module: "nodenext",
      noEmit: true,
      types: ["node"],
      typeRoots: [join(repository, "node_modules/@types")],
    };
    writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: Object.keys(project) }));
    const tsc = join(repository, "node_modules", compilers[compiler], "bin/tsc");
    // One checker only: with several, TypeScript 7 counts shared work more than once.
    const more = compiler === "7.0" ? ["--singleThreaded"] : [];
    const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", folder, "--extendedDiagnostics", ...more], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
      timeout: 120_000,
    });
    if (status !== 0) return null;
    const figure = (name: string) => Number(new RegExp(`${name}:\\s+([\\d.]+)`).exec(stdout)?.[1]);
    return {
      instantiations: figure("Instantiations"),
      seconds: figure("Total time"),
      memory: figure("Memory used") * 1024,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
