import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PackageJson } from "./package-json.js";
import type { ExistingTsconfig } from "./existing-tsconfig.js";

/** Where the files of Shapeline go in a project, and how its modules are written. Paths are relative to the project. */
export interface Layout {
  /** Whether the project was there before: its own files are then left as they are. */
  readonly joined: boolean;
  /** The folder of the pipeline and the service. */
  readonly source: string;
  readonly models: string;
  readonly rows: string;
  readonly tsconfig: string;
  readonly settings: string;
  /** The ending of TypeScript files. `mts` is always an ES module, `ts` only where package.json says so. */
  readonly extension: "ts" | "mts";
  /** The ending of relative imports. */
  readonly importEnding: ".js" | ".mjs" | "";
  readonly module: "nodenext" | "bundler";
  readonly tests: "node:test" | "vitest";
}

/** The settings file of a project that `shapeline init` made, in each form. */
const settingsFiles = ["ts", "mts", "js", "mjs", "json"].map((extension) => `shapeline.config.${extension}`);

/** The settings that a project already has. */
export function existingSettings(folder: string): string | undefined {
  return settingsFiles.find((file) => existsSync(join(folder, file)));
}

/**
 * A new project has its files in `src/`, as the documentation does. In a project that is there already they are in a
 * folder of their own, with a tsconfig of their own, so that its builds stay as they are.
 */
export function chooseLayout(project: PackageJson | null, tsconfig: ExistingTsconfig | null): Layout {
  const tests = project?.dependencies["vitest"] === undefined ? "node:test" : "vitest";
  if (project === null)
    return {
      joined: false,
      source: "src",
      models: "models",
      rows: "rows.json",
      tsconfig: "tsconfig.json",
      settings: "shapeline.config.ts",
      extension: "ts",
      importEnding: ".js",
      module: "nodenext",
      tests,
    };
  const joined = {
    joined: true,
    source: "pipelines",
    models: "pipelines/models",
    rows: "pipelines/rows.json",
    tsconfig: "pipelines/tsconfig.json",
    tests,
  } as const;
  if (project.type === "module")
    return { ...joined, settings: "shapeline.config.ts", extension: "ts", importEnding: ".js", module: "nodenext" };
  // A bundler such as Next's compiles `.ts` as ES modules, whatever package.json says, from imports without an ending.
  if (tsconfig?.bundler === true)
    return { ...joined, settings: "shapeline.config.ts", extension: "ts", importEnding: "", module: "bundler" };
  return { ...joined, settings: "shapeline.config.mts", extension: "mts", importEnding: ".mjs", module: "nodenext" };
}
