import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectAggregates } from "../../../src/expression/tree/aggregates.js";
import { alert, compiled } from "../alert-cases.js";
import { float, generateColumns } from "../fuzz/generate-lambdas.js";
import { alertConditions } from "../fuzz/generate-alerts.js";
import { checkRules, differences, promtool, type RuleCase } from "../engines/promtool.js";
import { column } from "../rows.js";
import { slow } from "../../slow.js";

if (promtool === null)
  console.warn(
    "test/expression/backends/promql.test.ts: promtool is not installed, so its tests are skipped; Debian's package is prometheus",
  );

const columns = [column("out.score", "float32", [1], []), column("out.d", "float64", [], [])];
const written = (text: string): string => {
  const { strings, refused } = alert(text, columns);
  return strings.promql ?? `${refused.promql?.code ?? ""}: ${refused.promql?.reason ?? ""}`;
};
const promqlOf = (text: string, name: string, values: RuleCase["values"]): RuleCase[] => {
  const result = compiled(text, columns, name);
  return result.ok && result.expression.strings.promql !== undefined
    ? [{ name, text: result.expression.strings.promql, tree: result.expression.tree, values }]
    : [];
};

const edges = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  0.49999999999999994,
  4503599627370497.5,
  5e-324,
  1.7976931348623157e308,
  0.1,
  0.3,
];
/** Without the slow tests, every seventh pair: each value is in some, on both sides. */
const pairs = edges.flatMap((a) => edges.slice(0, 12).map((b) => [a, b])).filter((_, i) => slow || i % 7 === 0);

describe("the PromQL text", () => {
  it("has a sample while the condition holds, and reads one gauge per aggregate", () => {
    expect(written("(all) => all.avg((x) => x.out.score) > 0.5")).toMatchInlineSnapshot(
      `"shapeline_alert_aggregate{pipeline="p",alert="a",aggregate="0"} > 0.5"`,
    );
    expect(written("(all) => all.count() > 100 && all.share((x) => x.out.d > 0.9) > 0.1")).toMatchInlineSnapshot(
      `"(shapeline_alert_aggregate{pipeline="p",alert="a",aggregate="0"} > 100) and ignoring (aggregate) (shapeline_alert_aggregate{pipeline="p",alert="a",aggregate="1"} > 0.1)"`,
    );
    expect(
      written("(all) => all.max((x) => x.out.d) - all.min((x) => x.out.d) > 2 * all.avg((x) => x.out.d)"),
    ).toMatchInlineSnapshot(
      `"(shapeline_alert_aggregate{pipeline="p",alert="a",aggregate="0"} - ignoring (aggregate) shapeline_alert_aggregate{pipeline="p",alert="a",aggregate="1"}) > ignoring (aggregate) (2 * shapeline_alert_aggregate{pipeline="p",alert="a",aggregate="2"})"`,
    );
    expect(written("(all) => (all.count() > 100 ? all.avg((x) => x.out.d) : 0) > 1")).toMatchInlineSnapshot(
      `"((shapeline_alert_aggregate{pipeline="p",alert="a",aggregate="1"} and ignoring (aggregate) ((shapeline_alert_aggregate{pipeline="p",alert="a",aggregate="0"} > bool 100) == 1)) or ignoring (aggregate) (((shapeline_alert_aggregate{pipeline="p",alert="a",aggregate="0"} > bool 100) * 0) + 0)) > 1"`,
    );
    expect(written("(all) => !(all.avg((x) => x.out.d) < 1)")).toMatchInlineSnapshot(
      `"(shapeline_alert_aggregate{pipeline="p",alert="a",aggregate="0"} < bool 1) == 0"`,
    );
    expect(written("(all) => false")).toMatchInlineSnapshot(`"vector(0) == 1"`);
  });

  it("is refused if Prometheus would round differently", () => {
    expect(written("(all) => Math.log(all.avg((x) => x.out.d)) > 1")).toMatchInlineSnapshot(
      `"SL1207: Prometheus rounds Math.log differently from JavaScript, in the last bit"`,
    );
    expect(written("(all) => all.avg((x) => x.out.d) ** 3 > 1")).toMatchInlineSnapshot(
      `"SL1207: Prometheus rounds ** differently from JavaScript; multiply, as in x * x"`,
    );
    // The server evaluates the function of a row, not Prometheus.
    expect(written("(all) => all.avg((x) => Math.log(x.out.d)) > 1")).toContain("shapeline_alert_aggregate");
  });

  const operations = [
    ...["<", ">", "<=", ">=", "===", "!=="].flatMap((op) => [
      `A ${op} B`,
      `!(A ${op} B)`,
      `A ${op} 0.5`,
      `-0 ${op} A`,
      `(A ${op} B) === true`,
    ]),
    ...["+", "-", "*", "/", "%"].flatMap((op) => [
      `1 / (A ${op} B) > 0`,
      `(A ${op} B) >= 0.3`,
      `Number.isNaN(-0 ${op} A)`,
    ]),
    ...["abs", "floor", "ceil", "round", "trunc", "sign", "sqrt"].flatMap((f) => [
      `1 / Math.${f}(A) > 0`,
      `Math.${f}(A) < B`,
      `Number.isNaN(Math.${f}(A))`,
    ]),
    ...["min", "max"].flatMap((f) =>
      ["A, B", "A, -0", "NaN, A", "A, B, 1", "Infinity, -A"].flatMap((args) => [
        `1 / Math.${f}(${args}) > 0`,
        `Math.${f}(${args}) >= B`,
      ]),
    ),
    ...["isFinite", "isNaN", "isInteger"].flatMap((f) => [`Number.${f}(A)`, `!Number.${f}(A / B)`]),
    "A > 0 && B > 0",
    "A > 0 || B > 0",
    "(A > 0 || B > 0) === (A < 1)",
    "1 / (A > B ? A : -0) > 0",
    "(A > B ? NaN : B) > 0",
    "A > B ? B > 1 : !(A > 1)",
    "(A > 1 && B > 1) || !(A > B || B > 2)",
    "1 / -A > 0",
  ];

  it.skipIf(promtool === null)(
    "agrees with the condition in Prometheus on NaN, infinities, -0 and denormals",
    { tags: ["slow"] },
    () => {
      const cases = operations.flatMap((operation, i) => {
        const text = `(all) => ${operation.replaceAll("A", "all.avg((x) => x.out.d)").replaceAll("B", "all.max((x) => x.out.d)")}`;
        const one = promqlOf(text, `a${i}`, []);
        expect(one, text).toHaveLength(1);
        const both = collectAggregates(one[0]?.tree as never).map(({ fn }) => (fn === "avg" ? 0 : 1));
        return one.map((rule) => ({ ...rule, values: pairs.map((pair) => both.map((which) => pair[which] ?? 0)) }));
      });
      expect(checkRules(cases)).toBe("");
      expect(differences(cases)).toBe("");
    },
  );

  it.skipIf(promtool === null)("agrees with generated conditions in Prometheus", { tags: ["slow"] }, () => {
    const rows = generateColumns(4, 7, fc.constant(1));
    const texts = fc.sample(alertConditions(4), { numRuns: 160, seed: 7 });
    const values = fc.sample(
      fc.array(fc.array(float, { minLength: 24, maxLength: 24 }), { minLength: 8, maxLength: 8 }),
      { numRuns: texts.length, seed: 7 },
    );
    let typed = 0;
    const cases = texts.flatMap((text, i) => {
      const result = compiled(text, rows, `a${i}`);
      if (!result.ok) return [];
      typed++;
      const { strings, tree } = result.expression;
      return strings.promql === undefined
        ? []
        : [{ name: `a${i}`, text: strings.promql, tree, values: values[i] ?? [] }];
    });
    expect(typed).toBeGreaterThan(120);
    expect(cases.length / typed).toBeGreaterThan(0.95);
    const run = slow ? cases : cases.slice(0, 40);
    expect(checkRules(run)).toBe("");
    expect(differences(run)).toBe("");
  });
});
