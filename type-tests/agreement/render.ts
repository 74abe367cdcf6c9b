import { portsOf, type Model } from "../../dsl/index.js";
import { unknowns, type Case } from "./pipelines.js";

/** The source of a case, in lines. */
export interface Rendered {
  readonly lines: readonly string[];
  /** The index of the line that calls `pipeline`. One line per step follows. */
  readonly first: number;
}

/**
 * The models, as generated interfaces or as calls of `defineModel`, and the pipeline. Without a problem, the source
 * also asserts that the types of the columns and outputs equal those at run time.
 */
export function render(one: Case): Rendered {
  const { seed, models, lines, problems, built } = one;
  const withOwnIds = (text: string) =>
    Object.keys(models).reduceRight(
      (all, id) => all.replaceAll(new RegExp(`\\b${id}\\b(?=[,)\\] }])`, "g"), `c${seed}${id}`),
      text,
    );
  const head = Object.entries(models).map(([id, model], index) =>
    handle(`c${seed}${id}`, model, (seed + index) % 4 === 0),
  );
  const [begin = "", ...calls] = lines;
  const own = [begin, ...calls.map(withOwnIds)];
  const isFine = problems.size === 0 && built.steps.length > 0;
  return {
    first: head.length,
    lines: [
      ...head,
      `export const p${seed} = ${begin}`,
      ...own.slice(1),
      ";",
      ...(isFine ? [...typesOf(one), ...throughFunctions(one, own)] : []),
    ],
  };
}

/** Assertions of the types of a pipeline without a problem. */
export function typesOf(one: Case): readonly string[] {
  const { seed, built } = one;
  return [
    `export const i${seed}: Same<typeof p${seed}.inputs, ${record(built.inputs)}> = true;`,
    `export const o${seed}: Same<typeof p${seed}.outputs, ${outputTypes(one)}> = true;`,
  ];
}

const outputTypes = ({ built, other }: Case): string =>
  [built, ...(other === undefined ? [] : [other])].map((each) => outputs(each.outputs)).join(" | ");

/** The same pipeline through functions that are generic over it, or over its last model. */
function throughFunctions(one: Case, lines: readonly string[]): readonly string[] {
  const { seed, built, other } = one;
  if (Array.isArray(built.outputs) || built.steps.every(({ kind }) => kind === "refine")) return [];
  const own = outputTypes(one);
  const guarded = [
    `const guard${seed} = <P extends Extendable<${own}>>(p: P) => p.validate("guarded", () => true);`,
    `export const g${seed} = guard${seed}(p${seed});`,
    `export const go${seed}: Same<typeof g${seed}.outputs, ${own}> = true;`,
  ];
  const last = /^\.model\((\w+)\)$/.exec(lines.at(-1) ?? "")?.[1];
  if (last === undefined || lines.length < 3 || other !== undefined) return guarded;
  return [
    ...guarded,
    `const taking${seed} = <N extends string, O extends Ports>(one: Model<N, (typeof ${last})["inputs"], O>) =>`,
    `  ${lines.slice(0, -1).join("")}.model(one);`,
    `export const t${seed} = taking${seed}(${last});`,
    `export const to${seed}: Same<typeof t${seed}.outputs, ${own}> = true;`,
  ];
}

/** The first lines of every file. */
export const preamble = (dsl: string): readonly string[] => [
  `import { constant, defineModel, pipeline, type Extendable, type Model, type Ports, type Tensor } from ${JSON.stringify(dsl)};`,
  "declare const on: boolean;",
  ...Object.entries(unknowns).map(([name, { type }]) => `declare const ${name}: ${type};`),
  "type Same<A, B> = [A, B] extends [B, A] ? true : never;",
];

function handle(id: string, model: Model, asCall: boolean): string {
  const { name, sha256 } = model;
  if (asCall) {
    const ports = (side: object) =>
      Object.fromEntries(portsOf(side).map(({ name: port, dtype, shape }) => [port, { dtype, shape }]));
    return `const ${id} = defineModel(${JSON.stringify({ name, sha256, inputs: ports(model.inputs), outputs: ports(model.outputs) })});`;
  }
  return `export interface I${id} extends Model<${JSON.stringify(name)}, ${record(model.inputs)}, ${record(model.outputs)}> {} declare const ${id}: I${id};`;
}

function outputs(value: object): string {
  return Array.isArray(value) ? `readonly [${value.map((one) => record(one as object)).join(", ")}]` : record(value);
}

function record(ports: object): string {
  const entries = portsOf(ports).map(({ name, dtype, shape }) => {
    const tensor = shape === null ? `Tensor<"${dtype}">` : `Tensor<"${dtype}", readonly ${JSON.stringify(shape)}>`;
    return `readonly ${JSON.stringify(name)}: ${tensor}`;
  });
  return `{ ${entries.join("; ")} }`;
}
