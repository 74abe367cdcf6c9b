import type { Command } from "commander";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StorageError } from "../../../dsl/errors.js";
import type { ServerDeployment } from "../../client/server/public-types.js";
import type { Config } from "../../config/schema.js";
import type { DeployedPipeline, LocalDeployment, LocalOptions } from "../../targets/local/index.js";
import type { Io } from "../output/io.js";
import { openHeldFolder } from "./held-folder.js";
import { parseSize } from "./parse-values.js";
import { resolvePath } from "./resolve-path.js";

/** Adds `--data`, an option of every command that uses the embedded engine. */
export function addDataOption(command: Command): Command {
  return command
    .option("--data <dir>", "the data folder (default: .shapeline beside package.json)")
    .option("--shared-folder", "use a data folder that belongs to another user")
    .option("--database-memory <size>", "the most memory of the log's database (default: 256MB)", parseSize);
}

/** The settings of the embedded engine, as absolute paths. */
export async function localSettings(
  io: Io,
): Promise<Pick<LocalOptions, "models" | "data" | "sharedFolder" | "databaseMemory" | "durability" | "log">> {
  const { loadSettings } = await import("../../../codegen/settings/load.js");
  return (await loadSettings(io.cwd)).settings.targets?.local ?? {};
}

/**
 * Refuses a data folder that the user named if it has no log: a command that only reads would find nothing in it.
 *
 * @throws StorageError SL7002
 */
export async function requireLog(io: Io, data: string | undefined): Promise<void> {
  if (data === undefined) return;
  const { databaseFileName, noLogError } = await import("../../logs/database/data-folder.js");
  const folder = resolvePath(io, "--data", data);
  if (!existsSync(join(folder, databaseFileName))) throw noLogError(folder);
}

/** What commands use of a target. */
export interface CommandTarget {
  deploy(config: Config): Promise<LocalDeployment | ServerDeployment>;
  pipeline(name: string): Promise<LocalDeployment | ServerDeployment>;
  pipelines(): Promise<DeployedPipeline[]>;
}

type TargetOptions = Pick<LocalOptions, "data" | "sharedFolder" | "databaseMemory" | "models" | "log">;

/** The options of the target that a command's options and the settings select. */
async function targetOptions(io: Io, options: TargetOptions): Promise<LocalOptions> {
  const settings = options.data === undefined ? await localSettings(io) : {};
  const data = options.data ?? settings.data;
  const sharedFolder = options.sharedFolder ?? settings.sharedFolder;
  const databaseMemory = options.databaseMemory ?? settings.databaseMemory;
  const { log } = options;
  return {
    ...(data === undefined ? {} : { data: resolvePath(io, "--data", data) }),
    ...(sharedFolder === undefined ? {} : { sharedFolder }),
    ...(databaseMemory === undefined ? {} : { databaseMemory }),
    ...(options.models === undefined ? {} : { models: resolvePath(io, "--models", options.models) }),
    ...(log === undefined ? {} : { log }),
  };
}

/** The absolute path of the data folder that a command uses. */
export async function dataFolder(io: Io, options: Pick<TargetOptions, "data">): Promise<string> {
  const { parseLocalOptions } = await import("../../targets/local/options/local-options.js");
  return parseLocalOptions(await targetOptions(io, options)).data;
}

/** Milliseconds that a command waits for a data folder that another command has open. */
const patienceMs = 1000;
const retryMs = 100;

/**
 * Opens the embedded engine on the selected data folder, runs `use`, and closes it. Where a server holds the folder,
 * its API does the same. Commands that run at the same time take turns: `use` is run again if the folder was held.
 */
export async function withLocalTarget<T>(
  io: Io,
  options: TargetOptions,
  use: (target: CommandTarget) => Promise<T>,
): Promise<T> {
  const { local } = await import("../../targets/local/index.js");
  const chosen = await targetOptions(io, options);
  for (const end = performance.now() + patienceMs; ; await sleep(retryMs)) {
    const target = (await openHeldFolder(chosen)) ?? local(chosen);
    try {
      return await use(target);
    } catch (error) {
      const held = error instanceof StorageError && error.code === "SL7003";
      if (!held || performance.now() > end) throw error;
    } finally {
      await target.close();
    }
  }
}
