import type { Config } from "../../config/schema.js";
import { type RegisterCommand, exitCodes } from "../output/io.js";
import { diffLines } from "../output/diff-lines.js";
import { readPipeline } from "../input/read-pipeline.js";
import { addTargetOptions, openPlatform, type TargetFlags } from "../options/platform-target.js";
import { printPlatformPlan } from "../output/platform-plan.js";
import { addDataOption, type CommandTarget, withLocalTarget } from "../options/local-target.js";

interface Options extends TargetFlags {
  readonly project: string;
  readonly data?: string;
  readonly sharedFolder?: boolean;
}

/** The newest version that a target has under a pipeline's name. */
interface Deployed {
  readonly config: Config;
  readonly version: string;
  readonly running: boolean;
}

export const plan: RegisterCommand = (command, { getIo, setExitCode }) => {
  addTargetOptions(
    addDataOption(
      command
        .argument("<pipeline>", "a config, a pipeline file, or a deployed version such as fraud@3")
        .option("--project <tsconfig>", "the project's tsconfig, for pipeline files", "tsconfig.json"),
    ),
  )
    .addHelpText("after", "\nExample:\n  $ shapeline plan fraud.pipeline.json --to local")
    .action(async (name: string, options: Options) => {
      const io = getIo();
      const withTarget = <T>(use: (target: CommandTarget) => Promise<T>): Promise<T> =>
        withLocalTarget(io, options, use);
      const config = await readPipeline(io, name, { project: options.project, withTarget });
      if (config === null) return setExitCode(exitCodes.userError);
      if (options.to === "wallaroo") {
        const found = await (await openPlatform(io, options)).plan(config);
        if (!found.same || !found.running) setExitCode(exitCodes.difference);
        return printPlatformPlan(io, found);
      }
      const deployed = await withTarget((target) => findDeployed(target, config.name));
      const { additionsOf, diffConfigs } = await import("../../diff.js");
      const found = deployed === null ? additionsOf(config) : await diffConfigs(deployed.config, config);
      const { version = null, running = false } = deployed ?? {};
      io.printJson({ pipeline: config.name, target: options.to, version, running, hash: config.hash, ...found });
      if (found.same && running)
        return io.print(`${config.name} version ${version} runs these steps and models: no change`);
      setExitCode(exitCodes.difference);
      if (version === null) io.print(`${config.name} is not deployed; a deploy adds it:`);
      else if (running) io.print(`a deploy changes ${config.name} version ${version}:`);
      else
        io.print(
          `${config.name} version ${version} is stopped; a deploy starts it${found.same ? "" : " with changes:"}`,
        );
      io.print(...diffLines(io, found));
    });
};

/** Null if nothing was ever deployed under the name. */
async function findDeployed(target: CommandTarget, name: string): Promise<Deployed | null> {
  const entry = (await target.pipelines()).find((deployed) => deployed.name === name);
  if (entry === undefined) return null;
  const live = await target.pipeline(name);
  return { config: await live.configuration(), version: entry.version, running: entry.state === "running" };
}
