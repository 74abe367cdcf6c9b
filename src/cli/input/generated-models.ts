import { relative, resolve, sep } from "node:path";
import { ShapelineError } from "../../../dsl/errors.js";
import { redirectUserOutput, type Io } from "../output/io.js";

/** The module that `shapeline generate` wrote in a project. */
export interface GeneratedModels {
  /** What a file in a folder imports it as: `./models.gen.js`. */
  readonly from: string;
  readonly exported: Readonly<Record<string, unknown>>;
}

/** Loads the generated handles of the project; null if there are none, or none that can be loaded. */
export async function loadGeneratedModels(io: Io, folder: string): Promise<GeneratedModels | null> {
  const [{ findEarlierOutput }, { loadSettings }, { loadModule }] = await Promise.all([
    import("../../../codegen/models/write/earlier-output.js"),
    import("../../../codegen/settings/load.js"),
    import("../../../codegen/project/load-pipelines.js"),
  ]);
  try {
    const file = (await loadSettings(io.cwd)).settings.out ?? (await findEarlierOutput(io.cwd))?.out;
    if (file === undefined) return null;
    const exported = await redirectUserOutput(io, () => loadModule(file, { root: io.cwd }));
    const path = relative(resolve(io.cwd, folder), file).split(sep).join("/");
    const from = path.startsWith("../") ? path : `./${path}`;
    return { from: from.replace(/\.([cm]?)ts$/, ".$1js"), exported };
  } catch (error) {
    // What is explained needs no handles: `generate` reports what is wrong with them.
    if (error instanceof ShapelineError) return null;
    throw error;
  }
}
