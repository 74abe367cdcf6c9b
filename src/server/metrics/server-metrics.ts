import type { Registry } from "prom-client";
import type { Config } from "../../config/schema.js";
import type { Inference } from "../../engine/engine.js";
import { aggregateMetric } from "../../expression/backends/promql.js";
import type { InferenceObserver } from "../../targets/local/inference-observer.js";
import type { LocalDeploymentImpl } from "../../targets/local/local-deployment.js";
import { ownPackage } from "../../util/own-package.js";
import { httpProblem } from "../http/errors.js";
import { inferenceSteps } from "./inference-steps.js";
import { type PrometheusClient, processMetrics } from "./prometheus-client.js";
import { type Count, Counters, type Durations, Histograms } from "./series.js";

/** How a request to a pipeline ended, for the label `outcome`. */
type Outcome = "ok" | "invalid" | "busy" | "timeout" | "unavailable" | "failed";

/** The gauge that is 1 while an alert's condition holds. */
export const conditionMetric = "shapeline_alert_condition";

/** The series of one pipeline that every request changes. */
interface PipelineSeries {
  readonly ok: Count;
  readonly rows: Count;
  readonly duration: Durations;
  /** Reading the rows, then one entry per inference step. */
  readonly steps: readonly Durations[];
  readonly validations: ReadonlyMap<string, Count>;
}

/** Everything that `/metrics` shows: of pipelines, of HTTP, of the log sink, and of the process. */
export class ServerMetrics implements InferenceObserver {
  readonly contentType: string;
  readonly #registry: Registry;
  readonly #gauges: PipelineGauges;
  readonly #pipelines = new WeakMap<Config, PipelineSeries>();
  readonly #logSeries = new Map<string, Durations>();
  readonly #requests: Counters;
  readonly #rows: Counters;
  readonly #duration: Histograms;
  readonly #steps: Histograms;
  readonly #validations: Counters;
  readonly #logged: Histograms;
  readonly #lag: Histograms;
  readonly #http: Histograms;
  readonly #sink: Counters;
  readonly #httpSeries = new Map<string, Durations>();

  /** @param deployments the handles of the served pipelines now */
  constructor(client: PrometheusClient, deployments: () => readonly LocalDeploymentImpl[]) {
    const registry = new client.Registry();
    this.#requests = new Counters({
      name: "shapeline_requests_total",
      help: "Requests to a pipeline or model by outcome: ok, invalid, busy, timeout, unavailable or failed.",
    }).registerIn(registry);
    this.#rows = new Counters({ name: "shapeline_rows_total", help: "Rows that were answered." }).registerIn(registry);
    this.#duration = new Histograms({
      name: "shapeline_request_duration_seconds",
      help: "Time of an answered request in the engine and the log.",
    }).registerIn(registry);
    this.#steps = new Histograms({
      name: "shapeline_step_duration_seconds",
      help: "Time of one inference step of an answered request; step 'read' is reading the rows.",
    }).registerIn(registry);
    this.#validations = new Counters({
      name: "shapeline_validation_failures_total",
      help: "Rows that failed a validation.",
    }).registerIn(registry);
    this.#logged = new Histograms({
      name: "shapeline_log_commit_duration_seconds",
      help: "Time that a request waited until its rows were on disk.",
    }).registerIn(registry);
    this.#lag = new Histograms({
      name: "shapeline_challenger_lag_seconds",
      help: "Time from the answer to the end of a challenger's run.",
    }).registerIn(registry);
    this.#http = new Histograms({
      name: "shapeline_http_request_duration_seconds",
      help: "Time of an HTTP request from its headers to the end of its answer.",
    }).registerIn(registry);
    this.#sink = new Counters({
      name: "shapeline_log_sink_events_total",
      help: "CloudEvents of inferences by outcome: sent, failed, dropped (the queue was full) or withheld.",
    }).registerIn(registry);
    this.#gauges = new PipelineGauges(client, registry, deployments);
    new client.Gauge({
      name: "shapeline_build_info",
      help: "1, with the version of shapeline.",
      labelNames: ["version"],
      registers: [registry],
    }).set({ version: ownPackage().version }, 1);
    this.#registry = client.Registry.merge([registry, processMetrics(client)]);
    this.contentType = this.#registry.contentType;
  }

  /** The page in Prometheus' text format. */
  async text(): Promise<string> {
    await this.#gauges.read();
    return this.#registry.metrics();
  }

  answered(config: Config, { batch, elapsedNs }: Inference, ms: number): void {
    const { ok, rows, duration, steps, validations } = this.#seriesOf(config);
    ok.value++;
    rows.value += batch.rows;
    duration.add(ms);
    for (let i = 0; i < steps.length; i++) (steps[i] as Durations).add((elapsedNs[i] as number) / 1e6);
    for (const [name, flags] of batch.failures) {
      const failed = countOnes(flags);
      if (failed > 0) (validations.get(name) as Count).value += failed;
    }
  }

  failed(pipeline: string, error: unknown, ms: number): void {
    const outcome = outcomeOf(error);
    this.#requests.of({ pipeline, outcome }).value++;
    if (outcome === "timeout") this.#duration.of({ pipeline }).add(ms);
  }

  logged(pipeline: string, ms: number): void {
    let series = this.#logSeries.get(pipeline);
    if (series === undefined) this.#logSeries.set(pipeline, (series = this.#logged.of({ pipeline })));
    series.add(ms);
  }

  challengerEnded(pipeline: string, challenger: string, ms: number): void {
    this.#lag.of({ pipeline, challenger }).add(ms);
  }

  /** @param route the route's pattern, never the request's own path */
  httpAnswered(method: string, route: string, status: number, ms: number): void {
    const key = `${method} ${status} ${route}`;
    let series = this.#httpSeries.get(key);
    if (series === undefined)
      this.#httpSeries.set(key, (series = this.#http.of({ method, route, status: String(status) })));
    series.add(ms);
  }

  sinkEvent(outcome: "sent" | "failed" | "dropped" | "withheld"): void {
    this.#sink.of({ outcome }).value++;
  }

  #seriesOf(config: Config): PipelineSeries {
    const known = this.#pipelines.get(config);
    if (known !== undefined) return known;
    const pipeline = config.name;
    const series: PipelineSeries = {
      ok: this.#requests.of({ pipeline, outcome: "ok" }),
      rows: this.#rows.of({ pipeline }),
      duration: this.#duration.of({ pipeline }),
      steps: inferenceSteps(config).map((labels) => this.#steps.of({ pipeline, ...labels })),
      validations: new Map(
        config.steps.flatMap((step) =>
          step.kind === "validation"
            ? [[step.name, this.#validations.of({ pipeline, validation: step.name })] as const]
            : [],
        ),
      ),
    };
    this.#pipelines.set(config, series);
    return series;
  }
}

/** The number of flags that are 1. Most batches have none, which `includes` finds out natively. */
function countOnes(flags: Uint8Array): number {
  if (!flags.includes(1)) return 0;
  let count = 0;
  for (const flag of flags) count += flag;
  return count;
}

function outcomeOf(error: unknown): Outcome {
  const { status, code } = httpProblem(error) ?? { status: 500, code: undefined };
  if (code === "SL6013") return "busy";
  if (status === 504) return "timeout";
  if (status === 503) return "unavailable";
  return status < 500 ? "invalid" : "failed";
}

/** Gauges that are read from the pipelines when Prometheus asks. */
class PipelineGauges {
  readonly #deployments: () => readonly LocalDeploymentImpl[];
  readonly #gauges: ReturnType<typeof createGauges>;

  constructor(client: PrometheusClient, registry: Registry, deployments: () => readonly LocalDeploymentImpl[]) {
    this.#deployments = deployments;
    this.#gauges = createGauges(client, registry);
  }

  /** Sets all gauges at once, so that readers at the same time see whole pages. */
  async read(): Promise<void> {
    const pipelines = await Promise.all(this.#deployments().map(readPipeline));
    const { info, inFlight, waiting, writable, condition, aggregates, errors } = this.#gauges;
    for (const gauge of Object.values(this.#gauges)) gauge.reset();
    for (const { status, alerts } of pipelines.filter((pipeline) => pipeline !== null)) {
      const { pipeline, version, queue, log, counts } = status;
      info.set({ pipeline, version }, 1);
      inFlight.set({ pipeline }, queue.requests);
      waiting.set({ pipeline }, queue.challengers);
      errors.inc({ pipeline }, counts.challengerErrors);
      if (log !== null) writable.set({ pipeline }, log.problem === null ? 1 : 0);
      for (const [alert, { holds, aggregates: values }] of alerts) {
        condition.set({ pipeline, alert }, holds ? 1 : 0);
        values.forEach((value, i) => aggregates.set({ pipeline, alert, aggregate: String(i) }, value));
      }
    }
  }
}

/** Null for a pipeline that was undeployed meanwhile. Alerts that cannot be evaluated have no values. */
async function readPipeline(live: LocalDeploymentImpl) {
  const status = await live.status().catch(() => null);
  if (status === null) return null;
  const alerts = await live.alertValues().catch(() => new Map<string, never>());
  return { status, alerts };
}

function createGauges(client: PrometheusClient, registry: Registry) {
  const registers = [registry];
  const gauge = (name: string, help: string, ...more: readonly string[]) =>
    new client.Gauge({ name, help, labelNames: ["pipeline", ...more], registers });
  return {
    info: gauge("shapeline_pipeline_info", "1, with the version that serves requests now.", "version"),
    inFlight: gauge("shapeline_requests_in_flight", "Requests that have no answer yet."),
    waiting: gauge("shapeline_challengers_waiting", "Challenger runs started or queued."),
    writable: gauge("shapeline_log_writable", "1 if answered rows can be logged, 0 if not."),
    condition: gauge(conditionMetric, "1 while the alert's condition holds, 0 otherwise.", "alert"),
    aggregates: gauge(
      aggregateMetric,
      "The value of an aggregate of an alert's condition over the alert's window, numbered from 0.",
      "alert",
      "aggregate",
    ),
    errors: new client.Counter({
      name: "shapeline_challenger_errors_total",
      help: "Challenger runs without an answer.",
      labelNames: ["pipeline"],
      registers,
    }),
  };
}
