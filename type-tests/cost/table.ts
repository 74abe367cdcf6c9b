import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compilers, dslModule, repository, type Compiler } from "../compilers.js";
import { hasPeers, measure } from "./measure.js";
import {
  edits,
  equalDims,
  generatedModels,
  highRanks,
  mixedSteps,
  peers,
  pipelines,
  plainInterfaces,
  rebindingDims,
  validations,
  type Chain,
  type Project,
} from "./projects.js";

/** Instantiations by compiler; null where the compiler gives up. */
export type Row = Readonly<Partial<Record<Compiler, number | null>>>;

/** The checked-in table of measured figures. `npm run bench:types -- --write` updates it. */
export interface Table {
  /** Instantiations per step, or per unit in the row's name. */
  readonly instantiations: Readonly<Record<string, Row>>;
}

export const tablePath = join(repository, "type-tests/cost.json");
export const readTable = (): Table => JSON.parse(readFileSync(tablePath, "utf8")) as Table;

/** Upper limits of figures that have one. */
export const goals: Readonly<Record<string, number>> = {
  "a step, equal dims": 70,
  "a step, rebinding dims": 250,
  "a validation": 150,
};
/** A figure may rise by this fraction before the check fails. */
export const tolerance = 0.03;

interface Subject {
  readonly large: (dsl: string) => Project;
  readonly small: (dsl: string) => Project;
  /** The number of units that the large project has more than the small one. */
  readonly count: number;
  /** The compilers that can handle the large project; all by default. The others overflow their stack. */
  readonly only?: readonly Compiler[];
  readonly peer?: true;
}

const steps = (chain: Chain, from: number, to: number): Subject => ({
  large: (dsl) => chain(dsl, to),
  small: (dsl) => chain(dsl, from),
  count: to - from,
});
const units = (make: (dsl: string, count: number) => Project, count: number): Subject => ({
  large: (dsl) => make(dsl, count),
  small: (dsl) => make(dsl, 1),
  count: count - 1,
});

/** By the unit of the cost. Measured as a large project minus a small one, so that fixed costs cancel out. */
export const subjects: Readonly<Record<string, Subject>> = {
  "a step, equal dims": steps(equalDims, 1, 201),
  "a step, equal dims, from the 200th to the 500th": steps(equalDims, 200, 500),
  "a step, equal dims, from the 500th to the 3,000th": { ...steps(equalDims, 500, 3000), only: ["7.0"] },
  "a step, rebinding dims": steps(rebindingDims, 1, 201),
  "a step, rebinding dims, from the 200th to the 500th": steps(rebindingDims, 200, 500),
  "a validation": steps(validations, 1, 201),
  "a validation, from the 200th to the 500th": steps(validations, 200, 500),
  "a step, all kinds in turn": steps(mixedSteps, 1, 201),
  "a step, all kinds in turn, from the 200th to the 500th": steps(mixedSteps, 200, 500),
  "a step, tensors of rank 4 to 8": steps(highRanks, 1, 101),
  "a step, tensors of rank 4 to 8, from the 100th to the 300th": steps(highRanks, 100, 300),
  "an edit of a pipeline of fifty steps, of 20": steps(edits, 0, 20),
  "a generated model, of 1,000": units(generatedModels, 1000),
  "a pipeline of five steps, of 100": units(pipelines, 100),
  "Kysely .where": { ...steps(peers["Kysely .where"] as Chain, 1, 201), peer: true },
  "Hono .get": { ...steps(peers["Hono .get"] as Chain, 1, 201), peer: true },
  "Zod .extend, of 30": { ...steps(peers["Zod .extend"] as Chain, 1, 31), peer: true },
  "Zod .extend, of 200": { ...steps(peers["Zod .extend"] as Chain, 1, 201), peer: true },
};

export const dslSource = join(repository, "dsl/index.js");

/** Instantiations per unit; null where a project does not compile, `undefined` where it is not measured. */
export function cost(compiler: Compiler, name: string): number | null | undefined {
  const { large, small, count, only, peer } = subjects[name] as Subject;
  if (only?.includes(compiler) === false || (peer === true && !hasPeers)) return undefined;
  const more = measure(compiler, large(dslModule));
  const less = measure(compiler, small(dslModule));
  return more === null || less === null
    ? null
    : Math.round((100 * (more.instantiations - less.instantiations)) / count) / 100;
}

/** The median ratios of compile time and memory: generated models to as many plain interfaces. */
export function modelsComparedToInterfaces(
  compiler: Compiler,
  dsl: string,
  runs = 5,
): { readonly time: number; readonly memory: number } {
  const ratios = Array.from({ length: runs }, () => {
    const [ours, plain] = [measure(compiler, generatedModels(dsl, 1000)), measure(compiler, plainInterfaces(1000))];
    return ours === null || plain === null
      ? [Number.NaN, Number.NaN]
      : [ours.seconds / plain.seconds, ours.memory / plain.memory];
  });
  const median = (index: 0 | 1) =>
    ratios.map((ratio) => ratio[index] ?? Number.NaN).sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
  return { time: median(0), memory: median(1) };
}

/** A message where a measured figure is too high, else null. */
export function rise(name: string, compiler: Compiler, measured: number | null): string | null {
  const known = readTable().instantiations[name]?.[compiler];
  if (known === undefined)
    return `'${name}' on TypeScript ${compiler} is not in the table: run npm run bench:types -- --write`;
  if (known === null || (measured !== null && measured <= known * (1 + tolerance))) return null;
  return `'${name}' on TypeScript ${compiler} costs ${measured ?? "more than the compiler takes"}, and ${known} in the table`;
}

export const allCompilers = Object.keys(compilers) as Compiler[];
