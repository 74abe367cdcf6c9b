import { join } from "node:path";
import { diagnose, dslModule, repository, type Compiler, type Finding, type Settings } from "../compilers.js";
import { unknowns, type Case, type ReportedProblem } from "./pipelines.js";
import { preamble, render } from "./render.js";

export interface Agreement {
  /** The number of cases with a problem. */
  readonly broken: number;
  /** By code: the number of cases in which it is the first problem. */
  readonly codes: Readonly<Record<string, number>>;
  readonly disagreements: readonly string[];
  /** The number of cases that agree on the first wrong call and differ on a later one. */
  readonly later: number;
}

const casesPerFile = 25;
const tenant = String(unknowns["tenant"]?.value);

/** The types that the generated pipelines import. */
export interface Library {
  readonly entry: string;
  readonly settings?: Settings;
}
const current: Library = { entry: dslModule };
/** Needs `dist/`. */
export const declarations: Library = {
  entry: join(repository, "dist/dsl/index.js"),
  settings: { compilerOptions: { skipLibCheck: true } },
};

/** Compares the problems that a compiler and `checkPipeline` report for generated pipelines. */
export function agree(compiler: Compiler, cases: readonly Case[], { entry, settings }: Library = current): Agreement {
  const files: { text: string; places: { case: Case; from: number; first: number; to: number }[] }[] = [];
  for (let start = 0; start < cases.length; start += casesPerFile) {
    const lines = [...preamble(entry)];
    const places = cases.slice(start, start + casesPerFile).map((one) => {
      const { lines: own, first } = render(one);
      const from = lines.length;
      lines.push(...own);
      return { case: one, from, first: from + first, to: lines.length };
    });
    files.push({ text: lines.join("\n"), places });
  }
  const found = diagnose(
    compiler,
    files.map(({ text }) => text),
    settings,
  );
  const codes: Record<string, number> = {};
  const disagreements: string[] = [];
  let broken = 0;
  let later = 0;
  for (const [index, { places }] of files.entries()) {
    for (const { case: one, from, first, to } of places) {
      const problem = firstOf(one);
      if (problem !== undefined) {
        broken++;
        codes[problem.code] = (codes[problem.code] ?? 0) + 1;
      }
      const findings = (found[index] ?? []).filter(({ line }) => line > from && line <= to);
      const difference = compare(
        one.problems,
        findings.map((finding) => ({ ...finding, line: finding.line - 1 - first })),
      );
      if (difference?.later === true) later++;
      else if (difference !== null)
        disagreements.push(`seed ${one.seed}, ${difference.text}\n${render(one).lines.join("\n")}`);
    }
  }
  return { broken, codes, disagreements, later };
}

function firstOf({ problems }: Case): ReportedProblem | undefined {
  return [...problems.values()][0]?.[0];
}

interface Difference {
  /** True where both agree on an earlier wrong call. Problems that follow from it may be reported differently. */
  readonly later: boolean;
  readonly text: string;
}

/** The first difference. For one call, the compiler may omit problems, except the first one. */
function compare(expected: Case["problems"], findings: readonly Finding[]): Difference | null {
  const wrong = new Set([...expected.keys(), ...findings.map(({ line }) => line)]);
  let later = false;
  for (const line of [...wrong].sort((a, b) => a - b)) {
    const text = compareLine(
      (expected.get(line) ?? []).map(({ text: words }) => words),
      findings.filter((finding) => finding.line === line),
    );
    if (text !== null) return { later, text: `line ${line}: ${text}` };
    later = true;
  }
  return null;
}

function compareLine(expected: readonly string[], findings: readonly Finding[]): string | null {
  const texts: string[] = [];
  for (const { message, noisy } of findings) {
    const text = /^.* type '["`](.*)["`]'\.$/.exec(message)?.[1]?.replaceAll("${string}", tenant);
    if (text === undefined) return `the compiler reports in its own words: ${message}`;
    // Of a union, TypeScript repeats the member. It may truncate the union after the first one.
    if (noisy && !/^Argument of type '[^']*(?: \| |\.\.\.')/.test(message)) return `more lines follow: ${message}`;
    texts.push(text);
  }
  if (expected[0] === undefined ? texts.length > 0 : !texts.includes(expected[0]))
    return `the compiler reports ${texts[0] ?? "nothing"}\n  and the run time ${expected[0] ?? "nothing"}`;
  const more = texts.find((text) => !expected.includes(text));
  return more === undefined ? null : `only the compiler reports ${more}`;
}
