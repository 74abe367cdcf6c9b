import { stringify } from "yaml";
import type { Config } from "../../config/schema.js";
import { emitAlertPromql } from "../../expression/compile.js";
import { conditionMetric } from "./server-metrics.js";

/**
 * The alerts of pipelines as a Prometheus rule file. Their texts are compiled from the configs' trees. A condition that
 * has no PromQL text is the gauge of its value on this server.
 *
 * @example
 * // groups:
 * //   - name: fraud
 * //     rules:
 * //       - alert: drift
 * //         expr: shapeline_alert_aggregate{pipeline="fraud",alert="drift",aggregate="0"} > 0.5
 * //         for: 60s
 * //         labels: { pipeline: fraud }
 * //         annotations: { summary: pipeline 'fraud': alert 'drift', condition: (all) => all.avg((x) => x.out) > 0.5 }
 */
export function alertRules(configs: readonly Config[]): string {
  const groups = configs.flatMap((config) => {
    const rules = config.steps.flatMap((step) => {
      if (step.kind !== "alert") return [];
      const { name, source, forSeconds, expression } = step;
      const condition = emitAlertPromql(expression.tree, config.name, name);
      const labels = `pipeline=${JSON.stringify(config.name)},alert=${JSON.stringify(name)}`;
      return {
        alert: name,
        expr: "promql" in condition ? condition.promql : `${conditionMetric}{${labels}} == 1`,
        ...(forSeconds > 0 && { for: `${forSeconds}s` }),
        labels: { pipeline: literal(config.name) },
        annotations: {
          summary: literal(`pipeline '${config.name}': alert '${name}'`),
          condition: literal(source),
        },
      };
    });
    return rules.length === 0 ? [] : [{ name: config.name, rules }];
  });
  return stringify({ groups }, { lineWidth: 0 });
}

/** Prometheus expands `{{ … }}` in labels and annotations as a template. */
function literal(text: string): string {
  return text.replaceAll("{{", '{{ "{{" }}');
}
