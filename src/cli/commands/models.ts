import { formatPort } from "../output/format.js";
import type { ListedModel } from "../../../codegen/models/list-models.js";
import { type RegisterCommand, errorLines, exitCodes } from "../output/io.js";
import { selectModels } from "../options/models.js";
import { textTable } from "../output/text-table.js";

export const models: RegisterCommand = (command, { getIo, setExitCode }) => {
  command
    .argument(
      "[models...]",
      "model files, folders, globs or metadata URLs (default: from the settings, or models/*.onnx)",
    )
    .option("--config <file>", "the settings file (default: shapeline.config.ts, .mts, .js, .mjs or .json)")
    .addHelpText("after", "\nExample:\n  $ shapeline models models/*.onnx --json")
    .action(async (patterns: string[], { config }: { config?: string }) => {
      const io = getIo();
      const { listModels } = await import("../../../codegen/models/list-models.js");
      const { loadSettings } = await import("../../../codegen/settings/load.js");
      const { models: found, problems } = await listModels(
        selectModels(io, patterns, await loadSettings(io.cwd, config)),
      );
      io.printJson({ models: found.map(({ signature, size }) => ({ ...signature, size })), problems });
      if (found.length > 0)
        io.print(
          ...textTable(["name", "version", "inputs", "outputs", "size", "opset", "digest"], found.flatMap(tableRows)),
        );
      for (const problem of problems) io.printStderr(...errorLines(io, problem));
      if (problems.length > 0) setExitCode(exitCodes.userError);
    });
};

/** One line per port, so that a model with many ports stays readable. */
function tableRows({ signature: { name, version, inputs, outputs, opset, sha256 }, size }: ListedModel): string[][] {
  const lines = Math.max(1, inputs.length, outputs.length);
  const operators = Object.entries(opset)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([domain, number]) => (domain === "" ? String(number) : `${domain} ${number}`));
  return Array.from({ length: lines }, (_, line) => [
    ...(line === 0 ? [name, version ?? "1"] : ["", ""]),
    ...[inputs[line], outputs[line]].map((port) => (port === undefined ? "" : formatPort(port))),
    ...(line === 0 ? [size === null ? "" : formatSize(size), operators.join(", "), sha256.slice(0, 12)] : ["", "", ""]),
  ]);
}

function formatSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let value = bytes;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ""}`;
}
