import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type TestColumn, arrowFile } from "../rows.js";

/** The real engines, installed by `npm run oracles`. */
export const engines = {
  "polars-0.18": "./node_modules/polars-0-18",
  "polars-1": "./node_modules/polars-1",
  "polars-1.44": "./polars-1-44/node_modules/nodejs-polars",
} as const;
export type Engine = keyof typeof engines;

const folder = fileURLToPath(new URL("../../oracles", import.meta.url));
const script = `${folder}/evaluate.mjs`;

export const installed: boolean = Object.values(engines).every((path) => existsSync(`${folder}/${path}`));

if (!installed && process.env.SHAPELINE_ORACLES_REQUIRED === "1") {
  process.stderr.write(
    "SHAPELINE_ORACLES_REQUIRED is set, but the real engines are not installed; run: npm run oracles\n",
  );
  process.exit(1);
}

export type Answer = readonly (boolean | string | null)[] | { readonly error: string };

export interface Job {
  readonly columns: readonly TestColumn[];
  readonly texts: readonly string[];
}

/** Evaluates texts over rows in a real engine, in its own process. */
export function evaluate(engine: Engine, jobs: readonly Job[]): Answer[][] {
  const input = JSON.stringify(jobs.map(({ columns, texts }) => ({ table: arrowFile(columns), texts })));
  const out = execFileSync(process.execPath, [script, engines[engine]], {
    input,
    maxBuffer: 1 << 30,
    stdio: ["pipe", "pipe", "ignore"],
  });
  return JSON.parse(out.toString()) as Answer[][];
}
