import { realpath } from "node:fs/promises";
import type { RegisterCommand } from "../output/io.js";
import type { ModelStatus } from "../../../dsl/deployment.js";
import { addTargetOptions, openPlatform, type TargetFlags } from "../options/platform-target.js";
import { addDataOption, dataFolder, withLocalTarget } from "../options/local-target.js";
import { logStatusLines } from "../output/withheld-lines.js";
import { textTable } from "../output/text-table.js";

export const status: RegisterCommand = (command, { getIo }) => {
  addTargetOptions(addDataOption(command.argument("<pipeline>", "the pipeline's name")))
    .addHelpText("after", "\nExample:\n  $ shapeline status fraud --json")
    .action(async (name: string, options: TargetFlags & { readonly data?: string }) => {
      const io = getIo();
      if (options.to === "wallaroo") {
        const found = await (await (await openPlatform(io, options)).pipeline(name)).status();
        io.printJson(found);
        io.print(`${found.pipeline} version ${found.version} is ${found.platformStatus ?? "not deployed"}`);
        return io.print(...modelLines(found.models));
      }
      // Before this command opens the folder itself.
      const owner = await ownerOf(await dataFolder(io, options));
      // Counts and latencies belong to a handle, and this command's handle has served no request.
      const {
        counts: _counts,
        latency: _latency,
        ...found
      } = await withLocalTarget(io, options, async (target) => (await target.pipeline(name)).status());
      // The folder's engine, whichever process runs it.
      io.printJson({ ...found, target: "local", process: owner });
      io.print(
        `${found.pipeline} version ${found.version} is ${found.state}, deployed ${found.since.toISOString()}, hash ${found.hash.slice(0, 12)}`,
      );
      if (found.state === "running")
        io.print(
          owner === null
            ? "no process has its data folder open; it runs where a program connects to it"
            : `process ${owner} has its data folder open`,
        );
      for (const line of logStatusLines(found)) io.print(line);
      io.print(...modelLines(found.models));
      for (const { notice, separate } of found.models)
        for (const line of [notice, separate]) if (line !== undefined) io.print(line);
    });
};

function modelLines(models: readonly ModelStatus[]): string[] {
  return textTable(
    ["model", "version", "sha256"],
    models.map((model) => [model.name, model.version, model.sha256.slice(0, 12)]),
  );
}

/** The process that has a data folder open: a server, or a program with a deployment. None has a missing folder. */
async function ownerOf(folder: string): Promise<number | null> {
  const real = await realpath(folder).catch(() => null);
  if (real === null) return null;
  const { folderOwner } = await import("../../logs/remote/owner-socket.js");
  return folderOwner(real);
}
