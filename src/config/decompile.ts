import { isRecord } from "../util/objects.js";
import { modelIdentifiers } from "../util/model-identifiers.js";
import { objectText, quote } from "./chain-text.js";
import type { Config, ModelConfig, StepConfig, StepConfigOf } from "./schema.js";
import { stepModels } from "./step-models.js";
import { stepKind } from "./steps/steps.js";

export interface Decompiled {
  /**
   * The TypeScript module: imports, and the pipeline as an exported constant. A comment states each `batchSize` that
   * the imported model must have.
   */
  readonly text: string;
  /** The chain alone: `pipeline("fraud").model(ccfraud)…`. */
  readonly chain: string;
  /** The identifiers of the models in the text, by model name. */
  readonly handles: ReadonlyMap<string, string>;
}

/**
 * Writes the pipeline of a config as TypeScript: the chain of calls, with lambdas.
 *
 * @param config what `build()` or `fromDefinition` returned
 * @param from the module to import the models from
 * @param exported what that module exports: models are then imported by the names that it has for them. A file
 *   `modelA.onnx` has the model name `modela` and the handle `modelA`, which no config tells
 * @example decompile(config).text // "import { pipeline } from \"shapeline\";\n…"
 */
export function decompile(
  config: Config,
  from = "./models.gen.js",
  exported: Readonly<Record<string, unknown>> = {},
): Decompiled {
  const identifiers = modelIdentifiers(config.models.map(({ name }) => name)).map(({ handle }, i) => {
    const own = Object.entries(exported).find(([, value]) => isHandleOf(config.models[i], value))?.[0];
    return own ?? (imported.has(handle) ? `${handle}Model` : handle);
  });
  const handles = new Map(config.models.map(({ name }, i) => [name, identifiers[i] as string]));
  const declared = declaredInputs(config);
  const lines = config.steps.map(
    (step) => `  .${stepKind(step.kind).callText(step, (name) => handles.get(name) ?? name, false)}`,
  );
  const chain = [
    `pipeline(${quote(config.name)}${declared === null ? "" : `, { inputs: ${declared}${missingText(config)} }`})`,
    ...lines,
  ].join("\n");
  const [{ handle: wanted } = { handle: "fraud" }] = modelIdentifiers([config.name]);
  const name = identifiers.includes(wanted) || imported.has(wanted) ? `${wanted}Pipeline` : wanted;
  const names = [...(hasConstant(config) ? ["constant"] : []), "pipeline", ...(declared === null ? [] : ["tensor"])];
  const imports = [
    `import { ${names.join(", ")} } from "shapeline";`,
    `import { ${[...new Set(identifiers)].sort().join(", ")} } from ${quote(from)};`,
  ];
  const sizes = config.models.flatMap(({ name: model, batchSize }) =>
    batchSize === undefined ? [] : [`// The file of ${handles.get(model) ?? model} fixes batchSize: ${batchSize}.`],
  );
  return { text: `${[...imports, ...sizes].join("\n")}\n\nexport const ${name} = ${chain};\n`, chain, handles };
}

function isHandleOf(model: ModelConfig | undefined, value: unknown): boolean {
  return isRecord(value) && value["name"] === model?.name && value["sha256"] === model?.sha256;
}

/** What the text imports from the package. */
const imported: ReadonlySet<string> = new Set(["constant", "pipeline", "tensor"]);

function hasConstant({ steps }: Config): boolean {
  return steps.some(
    (step) => step.kind === "model" && Object.values(step.sources ?? {}).some((source) => "constant" in source),
  );
}

/** Whether the pipeline states its columns: they are not simply the inputs of its first model. */
export function statesInputs({ inputs, missing, models, steps }: Config): boolean {
  const first = firstModel(steps);
  const model = models.find(({ name }) => name === first.model);
  const taken = model?.inputs.flatMap((port) => {
    const source = first.sources[port.name];
    if (source !== undefined && !("column" in source)) return [];
    return [{ ...port, name: source?.column ?? first.rename[port.name] ?? port.name }];
  });
  const text = (ports: ModelConfig["inputs"]): string =>
    JSON.stringify(
      [...ports].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, dtype, shape }) => [name, dtype, shape]),
    );
  return missing !== undefined || taken === undefined || text(taken) !== text(inputs);
}

/** The request's columns as text; null if they are the inputs of the first model. */
function declaredInputs(config: Config): string | null {
  if (!statesInputs(config)) return null;
  return objectText(
    Object.fromEntries(config.inputs.map((port) => [port.name, port])),
    ({ dtype, shape }) => `tensor(${quote(dtype)}${shape === null ? "" : `, ${JSON.stringify(shape)}`})`,
  );
}

function missingText({ missing }: Config): string {
  if (missing === undefined) return "";
  return `, missing: ${objectText(Object.fromEntries(missing.map((column) => [column, "nan"])), quote)}`;
}

function firstModel(steps: readonly StepConfig[]): {
  readonly model: string | undefined;
  readonly rename: Readonly<Record<string, string>>;
  readonly sources: NonNullable<StepConfigOf<"model">["sources"]>;
} {
  for (const step of steps) {
    const [model] = stepModels(step).serving;
    if (model === undefined) continue;
    return step.kind === "model"
      ? { model, rename: step.rename, sources: step.sources ?? {} }
      : { model, rename: {}, sources: {} };
  }
  return { model: undefined, rename: {}, sources: {} };
}

/**
 * A step as a call in a chain, with identifiers made from model names: `validate("amt", x => x.out.y[0] < 1)`. Long
 * constants are abbreviated.
 */
export function stepText(step: StepConfig): string {
  return stepKind(step.kind).callText(step, (name) => modelIdentifiers([name])[0]?.handle ?? name, true);
}
