import type { Config, ModelConfig, StepConfig, StepConfigOf } from "./schema.js";
import { identifiersFor } from "../util/identifiers.js";
import { printConstant, readableTree } from "../expression/tree/print.js";
import { constantOf, type ExpressionTree } from "../expression/tree/tree.js";

/**
 * A lambda for a typed tree, in TypeScript. It compiles to the same tree where the tree is one that a lambda compiles to.
 *
 * @example decompileLambda(tree) // "x => !(x.out.dense_1[0] > 0.9)"
 */
export function decompileLambda(tree: ExpressionTree): string {
  return `x => ${readableTree(tree)}`;
}

export interface Decompiled {
  /** The module: its imports, and the pipeline as an exported constant. */
  readonly text: string;
  /** The chain alone: `pipeline("fraud").model(ccfraud)…`. */
  readonly chain: string;
  /** The names that stand for the models, by the models' names. */
  readonly handles: ReadonlyMap<string, string>;
}

/**
 * The pipeline of a config as a person would write it: the chain in TypeScript, lambdas included.
 *
 * @param config what `build()` or `fromDefinition` gave
 * @param from the module that the models are imported from
 * @example decompile(config).text // "import { pipeline } from \"shapeline\";\n…"
 */
export function decompile(config: Config, from = "./models.gen.js"): Decompiled {
  const identifiers = identifiersFor(config.models.map(({ name }) => name)).map(({ handle }) =>
    handle === "pipeline" || handle === "tensor" ? `${handle}Model` : handle,
  );
  const handles = new Map(config.models.map(({ name }, i) => [name, identifiers[i] as string]));
  const declared = declaredInputs(config);
  const lines = config.steps.map((step) => `  .${callOf(step, (name) => handles.get(name) ?? name)}`);
  const chain = [
    `pipeline(${quote(config.name)}${declared === null ? "" : `, { inputs: ${declared} }`})`,
    ...lines,
  ].join("\n");
  const [{ handle: wanted } = { handle: "fraud" }] = identifiersFor([config.name]);
  const name =
    identifiers.includes(wanted) || wanted === "pipeline" || wanted === "tensor" ? `${wanted}Pipeline` : wanted;
  const imports = [
    `import { pipeline${declared === null ? "" : ", tensor"} } from "shapeline";`,
    `import { ${[...new Set(identifiers)].sort().join(", ")} } from ${quote(from)};`,
  ];
  return { text: `${imports.join("\n")}\n\nexport const ${name} = ${chain};\n`, chain, handles };
}

const quote = (text: string): string => printConstant(constantOf(text));
const key = (text: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(text) ? text : text === "__proto__" ? `["__proto__"]` : quote(text);

type Handle = (model: string) => string;

const calls: { readonly [K in StepConfig["kind"]]: (step: StepConfigOf<K>, handle: Handle) => string } = {
  model: ({ model, rename }, handle) =>
    `model(${[handle(model), ...(Object.keys(rename).length === 0 ? [] : [record(rename, quote)])].join(", ")})`,
  models: ({ models }, handle) => `models([${models.map(handle).join(", ")}])`,
  audit: ({ from, to }) => `audit("${from}:${to ?? ""}")`,
  select: ({ index }) => `select(${index})`,
  keySplit: (step, handle) =>
    `keySplit(${quote(step.key)}, { default: ${handle(step.default)}, routes: ${record(step.routes, handle)} })`,
  randomSplit: ({ weights, hashKey }, handle) =>
    `randomSplit([${weights.map(({ weight, model }) => `[${weight}, ${handle(model)}]`).join(", ")}]${hashKey === null ? "" : `, { hashKey: ${quote(hashKey)} }`})`,
  shadow: ({ champion, challengers }, handle) => `shadow(${handle(champion)}, [${challengers.map(handle).join(", ")}])`,
  validation: ({ name, expression }) => `validate(${quote(name)}, ${decompileLambda(expression.tree)})`,
  alert: ({ name, expression, overSeconds, forSeconds }) =>
    `alert(${quote(name)}, all => ${readableTree(expression.tree)}, { over: "${overSeconds}s"${forSeconds === 0 ? "" : `, for: "${forSeconds}s"`} })`,
  refine: ({ sizes }) => `refine(${record(sizes, String)})`,
};

function callOf(step: StepConfig, handle: Handle): string {
  return (calls[step.kind] as (step: StepConfig, handle: Handle) => string)(step, handle);
}

function record<T>(entries: Readonly<Record<string, T>>, value: (value: T) => string): string {
  const parts = Object.entries(entries).map(([name, part]) => `${key(name)}: ${value(part)}`);
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

/** The request's columns, where they are not those of the first model. */
function declaredInputs({ inputs, models, steps }: Config): string | null {
  const first = firstModel(steps);
  const model = models.find(({ name }) => name === first.model);
  const taken = model?.inputs.map((port) => ({ ...port, name: first.rename[port.name] ?? port.name }));
  const text = (ports: ModelConfig["inputs"]): string =>
    JSON.stringify(
      [...ports].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, dtype, shape }) => [name, dtype, shape]),
    );
  if (taken !== undefined && text(taken) === text(inputs)) return null;
  return record(
    Object.fromEntries(inputs.map((port) => [port.name, port])),
    ({ dtype, shape }) => `tensor(${quote(dtype)}${shape === null ? "" : `, ${JSON.stringify(shape)}`})`,
  );
}

function firstModel(steps: readonly StepConfig[]): {
  readonly model: string | undefined;
  readonly rename: Readonly<Record<string, string>>;
} {
  for (const step of steps) {
    if (step.kind === "model") return step;
    const model =
      step.kind === "shadow"
        ? step.champion
        : step.kind === "models"
          ? step.models[0]
          : step.kind === "keySplit"
            ? step.default
            : step.kind === "randomSplit"
              ? step.weights[0]?.model
              : undefined;
    if (model !== undefined) return { model, rename: {} };
  }
  return { model: undefined, rename: {} };
}

/** A step as it is written in a chain, models by their names: `validate("amt", x => x.out.y[0] < 1)`. */
export function stepText(step: StepConfig): string {
  return callOf(step, (name) => identifiersFor([name])[0]?.handle ?? name);
}
