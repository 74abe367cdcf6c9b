import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { expandPatterns } from "../../../codegen/models/glob.js";
import { readSignature } from "../../../codegen/models/read-signature.js";
import { requireUsable } from "../../../codegen/models/require-usable.js";
import { usablePorts, type UsablePort } from "../../../codegen/models/signature.js";
import { ConfigError, ModelError } from "../../../dsl/errors.js";
import { modelIdentifiers } from "../../util/model-identifiers.js";
import { ownPackage } from "../../util/own-package.js";
import type { Layout } from "./layout.js";
import { madeUpRows, rowShape } from "./made-up-rows.js";
import { pipelineText, type TestCase } from "./templates.js";

/** The models that a new project starts with, its pipeline, and rows for it. */
export interface StartingModel {
  /** The pipeline's name, in file names too. */
  readonly pipeline: string;
  /** The name under which its file exports it. */
  readonly variable: string;
  /** The text of the pipeline's file. */
  readonly source: string;
  /** What the project's test shows; null if the pipeline has no validation. */
  readonly test: TestCase | null;
  /** The models for the settings: paths or globs, relative to the project. */
  readonly models: readonly string[];
  /** The folder of the model files, relative to the project. */
  readonly folder: string;
  /** Model files to copy into that folder. */
  readonly files: readonly { readonly name: string; readonly data: Uint8Array }[];
  /** The content of the file of rows. */
  readonly rows: string;
}

/** What of the package makes up the starting project. */
const starterModels = ["scan.onnx", "risk.onnx", "risk-linear.onnx"];

/** The models of the package: is the amount on a cheque genuine? Real scans, some of them altered. */
export async function packagedModel({ models, importEnding }: Layout): Promise<StartingModel> {
  const { root } = ownPackage();
  if (root === null)
    throw new ConfigError("SL4060", "the package's own files cannot be found: install shapeline again", {});
  const folder = join(root, "dist", "starter");
  const files = await Promise.all(
    starterModels.map(async (name) => ({ name, data: await readFile(join(folder, name)) })),
  );
  return {
    pipeline: "fraud",
    variable: "fraud",
    source: pipelineText({
      comment:
        "Is the amount on a cheque genuine (0) or altered (2)? The second risk model only runs beside the first.",
      imports: ["risk", "riskLinear", "scan"],
      importEnding,
      variable: "fraud",
      name: "fraud",
      steps: [".model(scan)", ".shadow(risk, [riskLinear])", `.validate("amt", (x) => x.out < 1)`],
    }),
    test: { validation: "amt", passes: "{ score: [0.2] }", fails: "{ score: [1.9] }" },
    models: [`${models}/*.onnx`],
    folder: models,
    files,
    rows: await readFile(join(folder, "rows.json"), "utf8"),
  };
}

/**
 * A model file of the user, used where it is.
 *
 * @throws ModelError SL3000 to SL3016 if no pipeline can use it
 */
export async function ownModel(folder: string, file: string, { importEnding }: Layout): Promise<StartingModel> {
  const path = resolve(folder, file);
  const signature = await readSignature(path);
  requireUsable(signature);
  const handle = modelIdentifiers([path])[0]?.handle ?? "model";
  const name = /^[a-z]/.test(signature.name) ? signature.name : `model-${signature.name}`.slice(0, 63);
  const variable = `${handle}Pipeline`;
  const checked = checkedOutput(usablePorts(signature.outputs), usablePorts(signature.inputs));
  const shown = relative(folder, path).split(sep).join("/");
  return {
    pipeline: name,
    variable,
    source: pipelineText({
      comment:
        checked === null
          ? 'Add what must hold for each row: .validate("name", (x) => …)'
          : "Replace the validation by what must hold for a row of yours.",
      imports: [handle],
      importEnding,
      variable,
      name,
      steps: [`.model(${handle})`, ...(checked === null ? [] : [`.validate("finite", (x) => ${checked.condition})`])],
    }),
    test: checked === null ? null : { validation: "finite", passes: checked.passes, fails: checked.fails },
    models: [shown],
    folder: dirname(shown),
    files: [],
    rows: `${JSON.stringify(madeUpRows(usablePorts(signature.inputs), 3))}\n`,
  };
}

/** The model files in a project, relative to it. */
export async function findModelFiles(folder: string): Promise<readonly string[]> {
  try {
    return await expandPatterns(["**/*.onnx"], folder);
  } catch (error) {
    if (error instanceof ModelError && error.code === "SL3015") return [];
    throw error;
  }
}

interface CheckedOutput {
  readonly condition: string;
  readonly passes: string;
  readonly fails: string;
}

/** A condition for the first output that has one or several fractions for each row; null if no output does. */
function checkedOutput(outputs: readonly UsablePort[], inputs: readonly UsablePort[]): CheckedOutput | null {
  const isBatched = [...inputs, ...outputs].some(({ shape }) => shape?.includes("batch") === true);
  const found = outputs.find(
    (port) =>
      /^float(32|64)$/.test(port.dtype) &&
      port.shape !== null &&
      rowShape(port).length <= 1 &&
      (!isBatched || port.shape.includes("batch")),
  );
  if (found === undefined) return null;
  const key = JSON.stringify(found.name);
  const port = /^[a-zA-Z_$][\w$]*$/.test(found.name) ? `x.out.${found.name}` : `x.out[${key}]`;
  const [size] = rowShape(found);
  const value = (element: string): string =>
    rowShape(found).length === 0
      ? element
      : `[${Array.from({ length: typeof size === "number" ? size : 1 }, () => element).join(", ")}]`;
  return {
    condition:
      rowShape(found).length === 0 ? `Number.isFinite(${port})` : `${port}.every((value) => Number.isFinite(value))`,
    passes: `{ ${key}: ${value("0")} }`,
    fails: `{ ${key}: ${value("NaN")} }`,
  };
}
