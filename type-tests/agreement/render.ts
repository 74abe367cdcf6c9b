import { portsOf, type Model } from "../../dsl/index.js";
import type { Case } from "./pipelines.js";

/** A case as the compiler gets it, in lines. */
export interface Rendered {
  readonly lines: readonly string[];
  /** The line, from 0, of the call of `pipeline`; a line a step follows. */
  readonly first: number;
}

/**
 * The models as `shapeline generate` writes their interfaces, or as `defineModel` infers them, and the pipeline. Where nothing is
 * wrong, the compiler must also find the columns and outputs that the run time finds.
 */
export function render({ seed, models, lines, made, problems }: Case): Rendered {
  const owned = (text: string) =>
    Object.keys(models).reduceRight(
      (all, id) => all.replaceAll(new RegExp(`\\b${id}\\b(?=[,)\\] }])`, "g"), `c${seed}${id}`),
      text,
    );
  const head = Object.entries(models).map(([id, model], index) =>
    handle(`c${seed}${id}`, model, (seed + index) % 4 === 0),
  );
  const [begin = "", ...calls] = lines;
  const tail =
    problems.size === 0 && made.steps.length > 0
      ? [
          `export const i${seed}: Same<typeof p${seed}.inputs, ${record(made.inputs)}> = true;`,
          `export const o${seed}: Same<typeof p${seed}.outputs, ${outputs(made.outputs)}> = true;`,
        ]
      : [];
  return {
    first: head.length,
    lines: [...head, `export const p${seed} = ${begin}`, ...calls.map(owned), ";", ...tail],
  };
}

/** What every file begins with. */
export const preamble = (dsl: string): readonly string[] => [
  `import { defineModel, pipeline, type Model, type Tensor } from ${JSON.stringify(dsl)};`,
  "type Same<A, B> = [A, B] extends [B, A] ? true : never;",
];

function handle(id: string, model: Model, called: boolean): string {
  const { name, sha256 } = model;
  if (called) {
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
