import { performance } from "node:perf_hooks";
import type { Config } from "../../../config/schema.js";
import { emitAggregatesSql } from "../../../expression/compile.js";
import type { AlertValues, MeasuredAlert } from "../../../logs/pipeline-log.js";
import type { WatchedAlert } from "./alert-watch.js";

/** A measurement that took t ms is repeated `restFactor` * t ms after its start at the earliest, as in `AlertWatch`. */
const restFactor = 10;

/** The current values of a version's alerts for readers such as a metrics page, however often these ask. */
export class AlertMeasures {
  readonly #alerts: readonly (MeasuredAlert & { readonly name: string })[];
  readonly #measure: (alerts: readonly MeasuredAlert[], now: Date) => Promise<AlertValues[]>;
  #last: Promise<ReadonlyMap<string, AlertValues>> | null = null;
  /** By `performance.now()`; Infinity while a measurement runs. */
  #nextAt = 0;

  /** @param alerts of the config, with their conditions in SQL */
  constructor(
    config: Config,
    alerts: readonly WatchedAlert[],
    measure: (alerts: readonly MeasuredAlert[], now: Date) => Promise<AlertValues[]>,
  ) {
    this.#alerts = config.steps.flatMap((step) => {
      const watched = step.kind === "alert" ? alerts.find(({ name }) => name === step.name) : undefined;
      if (step.kind !== "alert" || watched === undefined) return [];
      const { name, sql, overMs } = watched;
      return [{ name, sql, overMs, aggregates: emitAggregatesSql(step.expression.tree) }];
    });
    this.#measure = measure;
  }

  /** By alert. Callers at the same time share one measurement. */
  read(): Promise<ReadonlyMap<string, AlertValues>> {
    if (this.#last !== null && performance.now() < this.#nextAt) return this.#last;
    this.#nextAt = Infinity;
    return (this.#last = this.#readNow());
  }

  async #readNow(): Promise<ReadonlyMap<string, AlertValues>> {
    const startedAt = performance.now();
    try {
      const values = await this.#measure(this.#alerts, new Date());
      return new Map(
        this.#alerts.flatMap(({ name }, i) => {
          const value = values[i];
          return value === undefined ? [] : [[name, value] as const];
        }),
      );
    } finally {
      this.#nextAt = startedAt + (performance.now() - startedAt) * restFactor;
    }
  }
}
