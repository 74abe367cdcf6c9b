import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readPackageJson } from "./package-json.js";

export const managerNames = ["npm", "pnpm", "yarn", "bun"] as const;
export type ManagerName = (typeof managerNames)[number];

/** The package manager of a project, and how it was found. */
export interface PackageManager {
  readonly name: ManagerName;
  /** The file or setting that says so, for messages. */
  readonly reason: string;
  /** The flag with which pnpm and Yarn 1 add packages to the root of a workspace. */
  readonly rootFlag?: "-w" | "-W";
}

const lockFiles: Readonly<Record<string, ManagerName>> = {
  "pnpm-lock.yaml": "pnpm",
  "pnpm-workspace.yaml": "pnpm",
  "yarn.lock": "yarn",
  "bun.lock": "bun",
  "bun.lockb": "bun",
  "package-lock.json": "npm",
  "npm-shrinkwrap.json": "npm",
};

/**
 * The package manager of a project: by its lock file or `packageManager`, else by those of the workspace around it,
 * else the one that runs this command, else npm.
 *
 * @param userAgent `npm_config_user_agent`, which package managers set for the commands they run
 */
export function findPackageManager(folder: string, userAgent: string | undefined): PackageManager {
  for (let at = folder; ; at = dirname(at)) {
    // A lock file further up counts only if its project is a workspace: others do not install for this folder.
    const found = at === folder || isWorkspaceRoot(at) ? managerOf(at) : null;
    if (found !== null) return { ...found, ...rootFlag(found.name, folder) };
    if (dirname(at) === at) break;
  }
  const running = managerNames.find((name) => userAgent?.startsWith(`${name}/`) === true);
  return { name: running ?? "npm", reason: running === undefined ? "the default" : "it runs this command" };
}

function rootFlag(name: ManagerName, folder: string): Pick<PackageManager, "rootFlag"> {
  if (!isWorkspaceRoot(folder)) return {};
  if (name === "pnpm") return { rootFlag: "-w" };
  // Later versions of Yarn refuse the flag.
  return name === "yarn" && !existsSync(join(folder, ".yarnrc.yml")) ? { rootFlag: "-W" } : {};
}

function managerOf(folder: string): Pick<PackageManager, "name" | "reason"> | null {
  const stated = readPackageJson(folder)?.packageManager?.split("@")[0];
  const name = managerNames.find((manager) => manager === stated);
  if (name !== undefined) return { name, reason: "packageManager in package.json" };
  for (const [file, manager] of Object.entries(lockFiles))
    if (existsSync(join(folder, file))) return { name: manager, reason: file };
  return null;
}

function isWorkspaceRoot(folder: string): boolean {
  return existsSync(join(folder, "pnpm-workspace.yaml")) || readPackageJson(folder)?.workspaces !== undefined;
}

/**
 * The command that adds packages to a project, without their install scripts: that of onnxruntime-node downloads GPU
 * libraries, and no package needs one.
 */
export function addCommand(
  { name, rootFlag: root }: PackageManager,
  packages: readonly string[],
  { dev }: { readonly dev: boolean },
): readonly string[] {
  const commands: Readonly<Record<ManagerName, readonly string[]>> = {
    npm: ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", ...(dev ? ["--save-dev"] : [])],
    pnpm: ["pnpm", "add", "--ignore-scripts", ...(dev ? ["--save-dev"] : [])],
    // An option for install scripts differs between the generations of Yarn: see `addEnvironment`.
    yarn: ["yarn", "add", ...(dev ? ["--dev"] : [])],
    bun: ["bun", "add", "--ignore-scripts", ...(dev ? ["--dev"] : [])],
  };
  return [...commands[name], ...(root === undefined ? [] : [root]), ...packages];
}

/** Environment variables of `addCommand`: both generations of Yarn read one of them and run no install scripts. */
export const addEnvironment: Readonly<Record<string, string>> = {
  YARN_ENABLE_SCRIPTS: "false",
  YARN_IGNORE_SCRIPTS: "true",
};

/** How the project's package manager runs a command of an installed package, for messages: `npx shapeline infer`. */
export function runPrefix(name: ManagerName): string {
  return { npm: "npx", pnpm: "pnpm", yarn: "yarn", bun: "bunx" }[name];
}
