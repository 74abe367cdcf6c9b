import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectAggregates } from "../../../src/expression/tree/aggregates.js";
import { alertProgram } from "../../../src/expression/evaluate/alert-program.js";
import { aggregateMetric } from "../../../src/expression/backends/promql.js";
import type { ExpressionTree } from "../../../src/expression/tree/tree.js";

/** The version of Prometheus' promtool, or null if it is not installed. */
export const promtool: string | null =
  /promtool, version (\S+)/.exec(String(spawnSync("promtool", ["--version"]).stdout))?.[1] ?? null;

if (promtool === null && process.env["SHAPELINE_PROMTOOL_REQUIRED"] === "1") {
  process.stderr.write(
    "SHAPELINE_PROMTOOL_REQUIRED is set, but promtool is not installed; install the package prometheus\n",
  );
  process.exit(1);
}

export interface RuleCase {
  /** The alert's name in its text. */
  readonly name: string;
  readonly text: string;
  readonly tree: ExpressionTree;
  /** The values of its aggregates, minute by minute. */
  readonly values: readonly (readonly number[])[];
}

function inFolder<T>(files: Readonly<Record<string, unknown>>, work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-promtool-"));
  try {
    // JSON is valid YAML.
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const formatSample = (value: number): string =>
  Object.is(value, -0)
    ? "-0"
    : Number.isFinite(value)
      ? String(value)
      : Number.isNaN(value)
        ? "NaN"
        : value > 0
          ? "Inf"
          : "-Inf";

/** The errors that promtool reports for the rules. Empty if there are none. */
export function checkRules(cases: readonly RuleCase[]): string {
  const rules = cases.map(({ name, text }) => ({ alert: name, expr: text, for: "1m" }));
  return inFolder({ "rules.yml": { groups: [{ name: "alerts", rules }] } }, (folder) => {
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "rules", join(folder, "rules.yml")], {
      encoding: "utf8",
    });
    return status === 0 ? "" : stdout + stderr;
  });
}

/** The rules whose result in Prometheus, with the aggregates as series, differs from the condition. */
export function differences(cases: readonly RuleCase[]): string {
  const series = cases.flatMap(({ name, tree, values }) =>
    collectAggregates(tree).map((_, i) => ({
      series: `${aggregateMetric}{pipeline="p",alert="${name}",aggregate="${i}"}`,
      values: values.map((now) => formatSample(now[i] ?? 0)).join(" "),
    })),
  );
  const expressions = cases.flatMap(({ name, text, tree, values }) => {
    const program = alertProgram({ name, tree });
    return values.map((now, minute) => ({
      expr: `count(${text}) or vector(0)`,
      eval_time: `${minute}m`,
      exp_samples: [{ value: program.holds(now) ? 1 : 0 }],
    }));
  });
  // One test, because each creates its own database.
  return inFolder(
    { "tests.yml": { tests: [{ interval: "1m", input_series: series, promql_expr_test: expressions }] } },
    (folder) => {
      try {
        execFileSync("promtool", ["test", "rules", join(folder, "tests.yml")], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "pipe"],
          maxBuffer: 1 << 28,
        });
        return "";
      } catch (error) {
        const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
        return (stdout + stderr).slice(0, 4000);
      }
    },
  );
}
