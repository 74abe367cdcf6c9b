import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { repository, type Compiler } from "../compilers.js";
import { besideKysely } from "../editor/beside-kysely.js";
import { editorView } from "../editor/fifty-steps.js";
import { hasPeers } from "./measure.js";
import {
  allCompilers,
  cost,
  goals,
  modelsComparedToInterfaces,
  readTable,
  rise,
  subjects,
  tablePath,
} from "./table.js";

export interface BenchOptions {
  /** Writes the measured figures into the table. */
  readonly write: boolean;
  /** Skips other libraries and all times: the remaining figures do not depend on the machine's load. */
  readonly check: boolean;
  readonly compilers: readonly string[];
  say(line: string): void;
}

/**
 * Measures everything on all compilers and prints the table.
 *
 * @returns the figures that rose by more than the tolerance
 */
export async function bench({ write, check, compilers, say }: BenchOptions): Promise<readonly string[]> {
  const chosen = allCompilers.filter((name) => compilers.includes(name));
  const measured: Record<string, Partial<Record<Compiler, number | null>>> = {};
  const rises: string[] = [];
  const formatFigure = (figure: number | null | undefined) =>
    (figure === undefined ? "" : figure === null ? "gives up" : figure.toLocaleString("en")).padStart(12);
  say(`${"instantiations of".padEnd(64)}${chosen.map((name) => name.padStart(12)).join("")}${"goal".padStart(8)}`);
  for (const [name, { peer }] of Object.entries(subjects)) {
    if (check && peer === true) continue;
    const row: Partial<Record<Compiler, number | null>> = {};
    for (const compiler of chosen) {
      const figure = cost(compiler, name);
      if (figure !== undefined) row[compiler] = figure;
      const problem = figure === undefined ? null : rise(name, compiler, figure);
      if (problem !== null) rises.push(problem);
    }
    measured[name] = row;
    say(
      `${name.padEnd(64)}${chosen.map((compiler) => formatFigure(row[compiler])).join("")}${String(goals[name] ?? "").padStart(8)}`,
    );
  }
  if (!check) {
    say("1,000 generated models compared to as many plain interfaces (medians; goals: time 1.2, memory 1.3)");
    for (const compiler of chosen) {
      const { time, memory } = modelsComparedToInterfaces(compiler, join(repository, "dist/src/index.js"));
      say(`TypeScript ${compiler}: time ${time.toFixed(2)}, memory ${memory.toFixed(2)}`);
    }
    say("The language server on a pipeline of fifty steps, in milliseconds");
    for (const compiler of chosen) {
      const { milliseconds } = await editorView(compiler);
      say(
        `TypeScript ${compiler}: ${Object.entries(milliseconds)
          .map(([what, time]) => `${what} ${time.toFixed(1)}`)
          .join(", ")}`,
      );
    }
    await sayLatencies(chosen, say);
  }
  if (!write) return rises;
  const { instantiations } = readTable();
  const rows = Object.keys(subjects).map((name) => [name, { ...instantiations[name], ...measured[name] }] as const);
  writeFileSync(tablePath, `${JSON.stringify({ instantiations: Object.fromEntries(rows) }, null, 2)}\n`);
  return [];
}

/** The latency of an editor beside Kysely's: with other work on the machine, only the ratios say something. */
async function sayLatencies(chosen: readonly Compiler[], say: BenchOptions["say"]): Promise<void> {
  if (!hasPeers) return say("Kysely is not installed: run npm run peers");
  say("The language server after an edit of 30 mixed steps, and of 30 calls of Kysely (goal: ratios 1)");
  for (const compiler of chosen) {
    const { ours, kysely } = await besideKysely(compiler);
    const ratio = (what: "completions" | "diagnostics", kind: "waiting" | "processor") =>
      `${ours[what][kind].toFixed(1)} and ${kysely[what][kind].toFixed(1)} ms, ratio ${(ours[what][kind] / kysely[what][kind]).toFixed(2)}`;
    for (const what of ["completions", "diagnostics"] as const) {
      say(
        `TypeScript ${compiler}, ${what}: waiting ${ratio(what, "waiting")} (load ${loadavg()[0]?.toFixed(1)}); processor ${ratio(what, "processor")}`,
      );
    }
  }
}
