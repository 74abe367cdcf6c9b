import { TargetError } from "../../../dsl/errors.js";
import type { Config } from "../../config/schema.js";
import { columnsRead } from "../../expression/tree/tree.js";
import type { LogLayout, PipelineLog } from "../../logs/pipeline-log.js";
import type { Store } from "../../logs/store.js";
import { type AlertSource, AlertWatch, type WatchedAlert } from "./alert-watch.js";

interface LogAccess {
  readonly store: Store;
  readonly log: PipelineLog;
}

interface SharedWatch {
  readonly watch: Promise<AlertWatch>;
  /** Whose log is asked: any will do that is open. */
  readonly holders: LogAccess[];
}

/** By database file, pipeline and version: handles of one deployment share the watch, so that a change is stored once. */
const watches = new Map<string, SharedWatch>();

/** A deployment's hold on the watch of its alerts. */
export interface AlertWatchLease {
  readonly watch: AlertWatch;
  /** The last one who gives it back stops it; giving it back again does nothing. */
  release(): Promise<void>;
}

/**
 * The alerts of a config, as its log can be asked for them.
 *
 * @throws TargetError SL6014 for one that cannot be evaluated here
 */
export function evaluableAlerts(config: Config, layout: LogLayout | null): WatchedAlert[] {
  return config.steps.flatMap((step) => {
    if (step.kind !== "alert") return [];
    const refuse = (why: string): TargetError =>
      new TargetError("SL6014", `alert '${step.name}' of pipeline '${config.name}' cannot be evaluated: ${why}`, {
        pipeline: config.name,
        alert: step.name,
      });
    if (layout === null)
      throw refuse(
        'the deployment keeps no log; deploy it with local({ durability: "commit" }) or "relaxed", or without the alert',
      );
    const { strings, refused, tree } = step.expression;
    if (strings.sql === undefined) throw refuse(refused.sql?.reason ?? "its condition has no SQL");
    const logged = loggedColumns(layout);
    const absent = columnsRead(tree).find((column) => !logged.has(column));
    if (absent !== undefined)
      throw refuse(`it reads '${absent}', which the log does not hold; let .audit take that model`);
    return [{ name: step.name, sql: strings.sql, overMs: step.overSeconds * 1000, forMs: step.forSeconds * 1000 }];
  });
}

/** Joins the watch of a version's alerts, or begins it. */
export async function acquireAlertWatch(
  config: Config,
  store: Store,
  log: PipelineLog | null,
): Promise<AlertWatchLease | null> {
  const alerts = evaluableAlerts(config, log?.layout ?? null);
  if (alerts.length === 0 || log === null) return null;
  const key = JSON.stringify([store.file, config.name, log.layout.version]);
  const held = watches.get(key) ?? createSharedWatch(config, alerts, store);
  watches.set(key, held);
  const holder = { store, log };
  held.holders.push(holder);
  const watch = await held.watch;
  let released = false;
  return {
    watch,
    async release() {
      if (released) return;
      released = true;
      if (held.holders.length === 1) {
        watches.delete(key);
        await watch.stop();
      }
      held.holders.splice(held.holders.indexOf(holder), 1);
    },
  };
}

function createSharedWatch(config: Config, alerts: readonly WatchedAlert[], store: Store): SharedWatch {
  const holders: LogAccess[] = [];
  const source: AlertSource = {
    evaluate: async (windows, now) => (await holders[0]?.log.evaluateAlerts(windows, now)) ?? [],
    save: async (changes) => holders[0]?.store.saveAlerts(config.name, changes),
  };
  return { holders, watch: store.alertChanges(config.name).then((before) => new AlertWatch(alerts, before, source)) };
}

function loggedColumns({ inputs, outputs, models = [], challengers }: LogLayout): Set<string> {
  return new Set([
    ...inputs.map(({ name }) => `in.${name}`),
    ...outputs.map(({ name }) => `out.${name}`),
    ...[...models, ...challengers].flatMap(({ name, outputs: own }) => own.map((port) => `out_${name}.${port.name}`)),
  ]);
}
