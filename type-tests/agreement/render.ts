import { portsOf, type Model } from "../../dsl/index.js";
import type { Case } from "./pipelines.js";

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
export function render({ seed, models, lines, built, problems }: Case): Rendered {
  const withOwnIds = (text: string) =>
    Object.keys(models).reduceRight(
      (all, id) => all.replaceAll(new RegExp(`\\b${id}\\b(?=[,)\\] }])`, "g"), `c${seed}${id}`),
      text,
    );
  const head = Object.entries(models).map(([id, model], index) =>
    handle(`c${seed}${id}`, model, (seed + index) % 4 === 0),
  );
  const [begin = "", ...calls] = lines;
  const tail =
    problems.size === 0 && built.steps.length > 0
      ? [
          `export const i${seed}: Same<typeof p${seed}.inputs, ${record(built.inputs)}> = true;`,
          `export const o${seed}: Same<typeof p${seed}.outputs, ${outputs(built.outputs)}> = true;`,
        ]
      : [];
  return {
    first: head.length,
    lines: [...head, `export const p${seed} = ${begin}`, ...calls.map(withOwnIds), ";", ...tail],
  };
}

/** The first lines of every file. */
export const preamble = (dsl: string): readonly string[] => [
  `import { constant, defineModel, pipeline, type Model, type Tensor } from ${JSON.stringify(dsl)};`,
  "type Same<A, B> = [A, B] extends [B, A] ? true : never;",
];

function handle(id: string, model: Model, asCall: boolean): string {
  const { name, sha256 } = model;
  if (asCall) {
    const ports = (side: object) =>
      Object.fromEntries(portsOf(side).map(({ name: port, dtype, shape }) => [port, { dtype, shape }]));
    return `const ${id} = defineModel(${JSON.stringify({ name, sha256, inputs: ports(model.inputs), outputs: ports(model.outputs) })});`;
  }
  return `interface I${id} extends Model<${JSON.stringify(name)}, ${record(model.inputs)}, ${record(model.outputs)}> {} declare const ${id}: I${id};`;
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
