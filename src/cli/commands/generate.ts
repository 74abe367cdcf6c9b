import { resolve } from "node:path";
import type { CommandFile } from "../run.js";
import { shown } from "../files.js";
import { exitCodes } from "../io.js";
import { portText } from "../port-text.js";

export const generate: CommandFile = (program, { io, done }) => {
  program
    .command("generate")
    .description("write the typings of model files: one interface and one handle a model")
    .argument("[models...]", "model files or globs", ["models/*.onnx"])
    .option("--out <file>", "the file to write", "models.gen.ts")
    .option("--check", "write nothing; exit 2 when the file is out of date, and say what changed")
    .addHelpText("after", "\nExample:\n  $ shapeline generate models/*.onnx --out src/models.gen.ts")
    .action(async (models: string[], options: { out: string; check?: boolean }) => {
      const out = io();
      const { generateModels } = await import("../../../codegen/models/generate.js");
      const result = await generateModels({ models, out: resolve(out.cwd, options.out), check: options.check === true, cwd: out.cwd });
      const file = shown(out.cwd, resolve(out.cwd, options.out));
      out.result({
        out: file,
        changed: result.changed,
        differences: result.differences,
        models: result.models.map(({ name, sha256, inputs, outputs }) => ({ name, sha256, inputs, outputs })),
      });
      for (const model of result.models) {
        out.say(`${model.name}: ${model.inputs.map(portText).join(", ")} -> ${model.outputs.map(portText).join(", ")}`);
      }
      if (options.check === true) {
        for (const difference of result.differences) out.say(difference);
        out.say(result.changed ? `${file} is out of date: run \`shapeline generate\`` : `${file} is up to date`);
        if (result.changed) done(exitCodes.difference);
        return;
      }
      out.say(result.changed ? `wrote ${file}: ${result.models.length} models` : `${file} is up to date`);
    });
};
