import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ConfigError } from "../../../dsl/errors.js";
import type { Io } from "../output/io.js";
import { addEnvironment, type PackageManager } from "./package-manager.js";

interface Ended {
  readonly status: number;
  /** What it printed on standard error, where that is not shown. */
  readonly problem: string;
}

/** Runs a program in a folder. Its output is shown, or with `--json` kept for errors. */
function runProgram(
  io: Io,
  folder: string,
  [file = "", ...args]: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", io.json ? "ignore" : "inherit", io.json ? "pipe" : "inherit"],
      // The package managers of Windows are scripts for its shell.
      shell: process.platform === "win32" && file !== process.execPath,
    });
    let problem = "";
    child.stderr?.on("data", (part: Buffer) => (problem = (problem + part.toString("utf8")).slice(-4000)));
    child.on("error", reject);
    child.on("close", (code) => resolve({ status: code ?? 1, problem }));
  });
}

/**
 * Installs packages with the project's package manager.
 *
 * @throws ConfigError SL4062 if the manager is not there or fails
 */
export async function install(
  io: Io,
  folder: string,
  command: readonly string[],
  { name, reason }: PackageManager,
): Promise<void> {
  io.print("", `$ ${command.join(" ")}`);
  const again = `; the files are written: once that is solved, run shapeline init again`;
  const details = { command: command.join(" ") };
  let ended: Ended;
  try {
    ended = await runProgram(io, folder, command, addEnvironment);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new ConfigError(
      "SL4062",
      missing
        ? `'${name}' is not installed, and this project uses it (${reason}): install it, or choose another with --package-manager${again}`
        : `'${command.join(" ")}' cannot be run: ${String(cause)}${again}`,
      details,
      { cause },
    );
  }
  if (ended.status !== 0)
    throw new ConfigError(
      "SL4062",
      `'${command.join(" ")}' ended with exit code ${ended.status}${ended.problem === "" ? "" : `:\n${ended.problem.trim()}\n`}${again}`,
      details,
    );
}

/** Runs a command of the Shapeline that is installed in the project, as its user would. */
export async function runInstalled(io: Io, folder: string, prefix: string, args: readonly string[]): Promise<Ended> {
  const installed = createRequire(join(folder, "package.json")).resolve("shapeline/package.json");
  io.print("", `$ ${prefix} shapeline ${args.join(" ")}`);
  return await runProgram(io, folder, [process.execPath, join(dirname(installed), "dist", "cli.js"), ...args]);
}
