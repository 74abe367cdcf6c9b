import { TargetError } from "../../../../dsl/errors.js";
import type { Port } from "../../../../dsl/tensor.js";
import type { Config } from "../../../config/schema.js";
import { emitAlertSql } from "../../../expression/compile.js";
import { columnsRead } from "../../../expression/tree/tree.js";
import { combinedElements } from "../../../expression/tree/work.js";
import type { AlertValues, LogLayout, PipelineLog } from "../../../logs/pipeline-log.js";
import { exceeds } from "../../../logs/schema/withheld.js";
import type { Store } from "../../../logs/store.js";
import { bounds, exceeded } from "../../../util/bounds.js";
import { AlertMeasures } from "./alert-measures.js";
import { type AlertSource, AlertWatch, type WatchedAlert } from "./alert-watch.js";

interface LogAccess {
  readonly store: Store;
  readonly log: PipelineLog;
}

interface SharedWatch {
  readonly watch: Promise<AlertWatch>;
  readonly measures: AlertMeasures;
  /** Open logs of this version. Evaluations use the first; any of them would do. */
  readonly logs: LogAccess[];
}

/** Keyed by database file, pipeline and version. Handles share one watch, so each change is stored once. */
const watches = new Map<string, SharedWatch>();

/** One handle's share in the alert watch of its version. */
export interface AlertWatchLease {
  readonly watch: AlertWatch;
  /** The alerts' conditions and aggregates now, or a short while ago. */
  measure(): Promise<ReadonlyMap<string, AlertValues>>;
  /** The last release stops the watch. Repeated calls have no effect. */
  release(): Promise<void>;
}

/**
 * The alerts of a config as SQL conditions on its log.
 *
 * @throws TargetError SL6014 for an alert that cannot be evaluated on this log
 */
export function evaluableAlerts(config: Config, layout: LogLayout | null): WatchedAlert[] {
  return config.steps.flatMap((step) => {
    if (step.kind !== "alert") return [];
    const cannotEvaluate = (why: string): TargetError =>
      new TargetError("SL6014", `alert '${step.name}' of pipeline '${config.name}' cannot be evaluated: ${why}`, {
        pipeline: config.name,
        alert: step.name,
      });
    if (layout === null)
      throw cannotEvaluate(
        'the deployment keeps no log; deploy it with local({ durability: "commit" }) or "relaxed", or without the alert',
      );
    const { tree } = step.expression;
    // The config's own text is never run: a config may come from somebody else, and only its tree is checked.
    const condition = emitAlertSql(tree);
    if ("reason" in condition) throw cannotEvaluate(condition.reason);
    // DuckDB copies both lists for each pair of elements, and cannot be interrupted meanwhile.
    const combined = combinedElements(tree);
    if (combined > bounds.alertElements.limit)
      throw cannotEvaluate(exceeded(bounds.alertElements, Number.isFinite(combined) ? combined : undefined));
    const logged = loggedPorts(layout);
    for (const column of columnsRead(tree)) {
      const reason = whyNotLogged(layout, column, logged.get(column));
      if (reason !== null) throw cannotEvaluate(`it reads '${column}', ${reason}`);
    }
    return [{ name: step.name, sql: condition.sql, overMs: step.overSeconds * 1000, forMs: step.forSeconds * 1000 }];
  });
}

/** Shares the alert watch of a version; the first call creates it. Null without alerts. */
export async function acquireAlertWatch(
  config: Config,
  store: Store,
  log: PipelineLog | null,
): Promise<AlertWatchLease | null> {
  const alerts = evaluableAlerts(config, log?.layout ?? null);
  if (alerts.length === 0 || log === null) return null;
  const key = JSON.stringify([store.file, config.name, log.layout.version]);
  const shared = watches.get(key) ?? createSharedWatch(config, alerts, store);
  watches.set(key, shared);
  const access = { store, log };
  shared.logs.push(access);
  const watch = await shared.watch;
  let released = false;
  return {
    watch,
    measure: () => shared.measures.read(),
    async release() {
      if (released) return;
      released = true;
      if (shared.logs.length === 1) {
        watches.delete(key);
        await watch.stop();
      }
      shared.logs.splice(shared.logs.indexOf(access), 1);
    },
  };
}

function createSharedWatch(config: Config, alerts: readonly WatchedAlert[], store: Store): SharedWatch {
  const logs: LogAccess[] = [];
  const source: AlertSource = {
    evaluate: async (windows, now) => (await logs[0]?.log.evaluateAlerts(windows, now)) ?? [],
    save: async (changes) => logs[0]?.store.saveAlerts(config.name, changes),
  };
  const measures = new AlertMeasures(config, alerts, async (measured, now) => {
    return (await logs[0]?.log.measureAlerts(measured, now)) ?? [];
  });
  const watch = store.alertChanges(config.name).then((before) => new AlertWatch(alerts, before, source));
  return { logs, watch, measures };
}

/** The ports in the log by column. */
function loggedPorts({ inputs, outputs, models = [], challengers }: LogLayout): Map<string, Port> {
  const ports = (group: string, list: readonly Port[]) => list.map((port) => [`${group}.${port.name}`, port] as const);
  return new Map([
    ...ports("in", inputs),
    ...ports("out", outputs),
    ...[...models, ...challengers].flatMap(({ name, outputs: own }) => ports(`out_${name}`, own)),
  ]);
}

/** Why the log does not have every value of a column; null if it has. */
function whyNotLogged({ withheld }: LogLayout, column: string, port: Port | undefined): string | null {
  if (withheld?.excluded.includes(column) === true)
    return "which 'log.exclude' leaves out of the log; take it out of 'log.exclude', or deploy without the alert";
  if (withheld?.redacted.includes(column) === true)
    return "which 'log.redact' replaces in the log; take it out of 'log.redact', or deploy without the alert";
  if (port === undefined) return "which is not in the log; include that model in .audit";
  const maxElements = withheld?.maxElements ?? null;
  return exceeds(port, maxElements) === "never"
    ? null
    : `of which the log may hold only shape and digest, because it may have more elements than 'log.maxElements' (${maxElements}); raise it, or deploy without the alert`;
}
