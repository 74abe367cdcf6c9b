import { type RegisterCommand, exitCodes } from "../output/io.js";
import { diffLines } from "../output/diff-lines.js";
import { readPipeline } from "../input/read-pipeline.js";
import { addDataOption, withLocalTarget } from "../options/local-target.js";

interface Options {
  readonly project: string;
  readonly data?: string;
  readonly sharedFolder?: boolean;
}

export const diff: RegisterCommand = (command, { getIo, setExitCode }) => {
  addDataOption(
    command
      .argument("<before>", "a config, a platform definition, a pipeline file, or a deployed version such as fraud@3")
      .argument("<after>", "the same")
      .option("--project <tsconfig>", "the project's tsconfig, for pipeline files", "tsconfig.json"),
  )
    .addHelpText("after", "\nExample:\n  $ shapeline diff fraud src/fraud.pipeline.ts")
    .action(async (before: string, after: string, options: Options) => {
      const io = getIo();
      const read = (name: string) =>
        readPipeline(io, name, {
          project: options.project,
          withTarget: (use) => withLocalTarget(io, options, use),
        });
      const first = await read(before);
      const second = first === null ? null : await read(after);
      if (first === null || second === null) return setExitCode(exitCodes.userError);
      const { diffConfigs } = await import("../../diff.js");
      const found = await diffConfigs(first, second);
      io.printJson({ before, after, ...found });
      if (found.same) return io.print(`${before} and ${after} are the same pipeline`);
      io.print(...diffLines(io, found));
      setExitCode(exitCodes.difference);
    });
};
