import { secondsIn } from "../../../dsl/steps/alert.js";
import { compare } from "../../expression/tree/builders.js";
import { type CompareOp, constantOf, type ExpressionTree } from "../../expression/tree/tree.js";
import type { AlertConfiguration } from "../write/alerts.js";
import type { JsonObject, JsonValue } from "./lossless-json.js";
import { fail } from "./polars/value.js";
import { type CheckText, comparisons, listOf, objectOf } from "./read-checks.js";

/** The left side of an alert of the older platforms: it counts the rows of a window for which a condition holds. */
export interface Gauge {
  readonly overSeconds: number;
  /** When the alert fires; the definition does not contain it. */
  readonly bound?: AlertBound;
}

/** The count of rows is compared with a number. */
interface AlertBound {
  readonly op: CompareOp;
  readonly limit: number;
}

const suffix = ":left";

/** Whether the text of a check is a gauge, and not a validation. */
export function isGauge(text: JsonObject): boolean {
  const gauges = text.get("gauges");
  return Array.isArray(gauges) && gauges.length > 0;
}

/**
 * Reads the text of a gauge: the alert's name, the condition of the counted rows, and the window.
 *
 * @throws ConfigError SL4110 or SL4111, with the path in its details
 */
export function gaugeText(text: JsonObject, path: string): CheckText & Gauge {
  const gauges = listOf(text.get("gauges"), `${path}.gauges`);
  const values = objectOf(text.get("values"), `${path}.values`);
  const [name] = gauges;
  if (gauges.length !== 1 || typeof name !== "string" || !name.endsWith(suffix))
    return fail(`${path}.gauges`, `expected one gauge, an alert's name with '${suffix}'`, "SL4110");
  if (values.size !== 1 || listOf(text.get("validations"), `${path}.validations`).length > 0)
    return fail(path, "a gauge has one value and no validations", "SL4110");
  const here = `${path}.values[${JSON.stringify(name)}].root`;
  const root = objectOf(objectOf(values.get(name), here).get("root"), here);
  const [condition, window, bucket] = listOf(root.get("arguments"), `${here}.arguments`);
  if (root.get("node") !== "fn" || root.get("fn") !== "count")
    return fail(here, "an alert of the older platforms counts rows: expected the function 'count'", "SL4110");
  if (bucket !== undefined)
    return fail(`${here}.arguments[2]`, "alerts have no buckets here: leave the bucket size out", "SL4111");
  return {
    name: name.slice(0, -suffix.length),
    roots: [{ node: condition, path: `${here}.arguments[0]` }],
    overSeconds: windowSeconds(window, `${here}.arguments[1]`),
  };
}

function windowSeconds(window: JsonValue | undefined, path: string): number {
  const text = objectOf(window, path).get("timedelta");
  return secondsIn(text) ?? fail(path, "expected a window from 1 s to 30 days, such as '300s'", "SL4111");
}

const condition =
  /^sum by \(pipeline_id\) \(pipeline_gauge:(.*):left\) (>=|<=|==|>|<) (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/s;

/** The condition of an alert on its gauge, in PromQL; null if it has another form than the SDK gives it. */
export function alertBound({ name, expression }: AlertConfiguration): AlertBound | null {
  const [, gauge, sign = "", limit] = condition.exec(expression) ?? [];
  const op = comparisons[sign];
  return gauge === name && op !== undefined ? { op, limit: Number(limit) } : null;
}

/** The condition of an alert: the count of the rows for which `counted` holds, compared with its limit. */
export function alertTree(counted: ExpressionTree, { op, limit }: AlertBound): ExpressionTree {
  const count = { op: "aggregate", fn: "count", quantile: null, body: counted, type: "number" } as const;
  return compare(op, count, constantOf(limit));
}
