import { createRequire } from "node:module";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { ModelHost } from "../../src/server/models/model-host.js";
import { parseServerOptions } from "../../src/server/options.js";
import type { PrometheusClient } from "../../src/server/metrics/prometheus-client.js";
import { alertRules } from "../../src/server/metrics/alert-rules.js";
import { ServerMetrics } from "../../src/server/metrics/server-metrics.js";
import { deployed, models, rows } from "./deployed-fraud.js";

const client = createRequire(import.meta.url)("prom-client") as PrometheusClient;

/** A host of the fraud example, with its metrics. */
async function host() {
  const observed: { host: ModelHost | null } = { host: null };
  const metrics = new ServerMetrics(client, () => observed.host?.deployments() ?? []);
  const opened = new ModelHost(parseServerOptions({ data: await deployed(), models }), metrics);
  observed.host = opened;
  onTestFinished(() => opened.close());
  expect(await opened.refresh()).toEqual([]);
  return { host: opened, metrics };
}

/** The lines of some metrics. */
const lines = (text: string, ...names: readonly string[]): string[] =>
  text.split("\n").filter((line) => names.some((name) => line.startsWith(`${name}{`)));

test("requests, rows, validations and steps are counted by pipeline", async () => {
  const { host: served, metrics } = await host();
  const fraud = served.find("fraud");
  const { batch } = await fraud.infer(rows, {});
  await fraud.infer(rows.slice(0, 1), {});
  await expect(fraud.infer([{ pixels: ["no"] }], {})).rejects.toMatchObject({
    code: expect.stringMatching(/^SL5/) as unknown,
  });
  await expect(fraud.infer(rows, { timeoutMs: 1e-9 })).rejects.toMatchObject({ code: "SL6004" });
  await served
    .find("champ")
    .infer([{ "in.0": 1 }], {})
    .catch(() => undefined);
  const text = await metrics.text();
  const failed = batch.failures.get("amt")?.reduce((sum, flag) => sum + flag, 0);
  expect(failed).toBeGreaterThan(0);
  expect(
    lines(text, "shapeline_requests_total", "shapeline_rows_total", "shapeline_validation_failures_total"),
  ).toEqual(
    expect.arrayContaining([
      'shapeline_requests_total{pipeline="fraud",outcome="ok"} 2',
      'shapeline_requests_total{pipeline="fraud",outcome="invalid"} 1',
      'shapeline_requests_total{pipeline="fraud",outcome="timeout"} 1',
      'shapeline_requests_total{pipeline="champ",outcome="invalid"} 1',
      `shapeline_rows_total{pipeline="fraud"} ${rows.length + 1}`,
      `shapeline_validation_failures_total{pipeline="fraud",validation="amt"} ${failed}`,
    ]),
  );
  expect(text).toContain('shapeline_request_duration_seconds_count{pipeline="fraud"} 3');
  expect(text).toContain('shapeline_log_commit_duration_seconds_count{pipeline="fraud"} 2');
  for (const step of ['step="read",kind="read"', 'step="0",kind="model"', 'step="1",kind="shadow"'])
    expect(text).toContain(`shapeline_step_duration_seconds_count{pipeline="fraud",${step}} 2`);
  expect(text).toContain('shapeline_pipeline_info{pipeline="fraud",version="1"} 1');
  expect(text).toContain('shapeline_requests_in_flight{pipeline="fraud"} 0');
  expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds [\d.e-]+/);
});

test("challengers show their lag and their errors", async () => {
  const { host: served, metrics } = await host();
  await served.find("fraud").infer(rows, {});
  await expect
    .poll(() => metrics.text())
    .toContain('shapeline_challenger_lag_seconds_count{pipeline="fraud",challenger="c2"} 1');
  expect(await metrics.text()).toContain('shapeline_challenger_errors_total{pipeline="fraud"} 0');
});

describe("alerts", () => {
  test("have a gauge for each aggregate, and one for the condition", async () => {
    const { host: served, metrics } = await host();
    await served.find("fraud").infer(rows.slice(0, 8), {});
    const text = await metrics.text();
    expect(lines(text, "shapeline_alert_aggregate", "shapeline_alert_condition").sort()).toEqual([
      'shapeline_alert_aggregate{pipeline="fraud",alert="drift",aggregate="0"} 8',
      expect.stringContaining('alert="drift",aggregate="1"} 0'),
      'shapeline_alert_aggregate{pipeline="fraud",alert="peak",aggregate="0"} 8',
      ...[1, 2, 3, 4].map((i) => expect.stringContaining(`alert="peak",aggregate="${i}"}`) as unknown),
      'shapeline_alert_condition{pipeline="fraud",alert="drift"} 1',
      'shapeline_alert_condition{pipeline="fraud",alert="peak"} 1',
    ]);
  });

  test("are a Prometheus rule file, also those without a PromQL text", async () => {
    const { host: served } = await host();
    const text = alertRules(served.deployments().map(({ current }) => current.config));
    expect(parse(text)).toEqual({
      groups: [
        {
          name: "fraud",
          rules: [
            {
              alert: "drift",
              expr: '(shapeline_alert_aggregate{pipeline="fraud",alert="drift",aggregate="0"} > 5) and ignoring (aggregate) (shapeline_alert_aggregate{pipeline="fraud",alert="drift",aggregate="1"} >= 0)',
              for: "2s",
              labels: { pipeline: "fraud" },
              annotations: {
                summary: "pipeline 'fraud': alert 'drift'",
                condition: "(all) => all.count() > 5 && all.share((x) => x.out > .5) >= 0",
              },
            },
            {
              alert: "peak",
              expr: 'shapeline_alert_condition{pipeline="fraud",alert="peak"} == 1',
              labels: { pipeline: "fraud" },
              annotations: {
                summary: "pipeline 'fraud': alert 'peak'",
                condition: expect.stringContaining("Math.max(") as unknown,
              },
            },
          ],
        },
      ],
    });
  });
});
