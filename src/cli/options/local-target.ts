import type { Command } from "commander";
import type { LocalOptions } from "../../targets/local/index.js";
import type { Io } from "../output/io.js";
import { resolvePath } from "./resolve-path.js";

/** Adds `--data`, an option of every command that uses the embedded engine. */
export function addDataOption(command: Command): Command {
  return command.option("--data <dir>", "the data folder (default: .shapeline beside package.json)");
}

/** The settings of the embedded engine, as absolute paths. */
export async function localSettings(io: Io): Promise<Pick<LocalOptions, "models" | "data" | "log">> {
  const { loadSettings } = await import("../../../codegen/settings/load.js");
  return (await loadSettings(io.cwd)).settings.targets?.local ?? {};
}

/** Opens the embedded engine on the selected data folder, runs `use`, and closes it. */
export async function withLocalTarget<T>(
  io: Io,
  options: Pick<LocalOptions, "data" | "models" | "log">,
  use: (target: import("../../targets/local/index.js").LocalTarget) => Promise<T>,
): Promise<T> {
  const { local } = await import("../../targets/local/index.js");
  const data = options.data ?? (await localSettings(io)).data;
  const { log } = options;
  const target = local({
    ...(data === undefined ? {} : { data: resolvePath(io, "--data", data) }),
    ...(options.models === undefined ? {} : { models: resolvePath(io, "--models", options.models) }),
    ...(log === undefined ? {} : { log }),
  });
  try {
    return await use(target);
  } finally {
    await target.close();
  }
}
