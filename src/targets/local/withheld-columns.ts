import { TargetError } from "../../../dsl/errors.js";
import type { Config } from "../../config/schema.js";
import { splitKeys } from "../../config/step-models.js";
import { exceeds, type Withheld } from "../../logs/schema/withheld.js";
import type { LogLayout } from "../../logs/pipeline-log.js";
import type { LogSettings } from "../../logs/store.js";
import { nearestName } from "../../util/did-you-mean.js";
import { joinNames } from "../../util/join-names.js";
import type { LoggedColumnsOptions } from "./options/logged-columns.js";

const logEverything: LogSettings = { exclude: [], redact: [], maxElements: null };

/**
 * The settings of a deploy: a setting that it does not name stays as in the deployed version, so that no deploy starts
 * by accident to log what an earlier one left out.
 */
export function deployedSettings(
  given: LoggedColumnsOptions | null,
  current: LogSettings = logEverything,
): LogSettings {
  const { exclude = current.exclude, redact = current.redact, maxElements = current.maxElements } = given ?? {};
  return { exclude: [...exclude].sort(), redact: [...redact].sort(), maxElements };
}

/** The settings of a connection: what the deploy leaves out, and what the connection leaves out in addition. */
export function narrowedSettings(
  deployed: LogSettings = logEverything,
  given: LoggedColumnsOptions | null,
): LogSettings {
  const union = (a: readonly string[], b: readonly string[] = []) => [...new Set([...a, ...b])].sort();
  const limits = [deployed.maxElements, given?.maxElements ?? null].filter((limit) => limit !== null);
  return {
    exclude: union(deployed.exclude, given?.exclude),
    redact: union(deployed.redact, given?.redact),
    maxElements: limits.length === 0 ? null : Math.min(...limits),
  };
}

/** null if the settings leave out nothing. */
export function settingsToStore(settings: LogSettings): LogSettings | null {
  const { exclude, redact, maxElements } = settings;
  return exclude.length === 0 && redact.length === 0 && maxElements === null ? null : settings;
}

/**
 * Checks names against the columns of a pipeline's log.
 *
 * @throws TargetError SL6011 for a name that is no column, or a column that is always logged
 */
export function checkLoggedColumns(config: Config, layout: LogLayout, given: LoggedColumnsOptions | null): void {
  const columns = columnsOf(config, layout);
  for (const option of ["exclude", "redact"] as const)
    for (const name of given?.[option] ?? [])
      if (matching(columns, name).length === 0) throw notAColumn(config.name, columns, `log.${option}`, name);
  const { maxElements = null } = given ?? {};
  const flat = new Set(columns.map(({ column }) => column));
  for (const { column, port } of columns)
    for (const taken of [`${column}.shape`, `${column}.digest`])
      if (port !== null && flat.has(taken) && exceeds(port, maxElements) !== "never")
        throw new TargetError(
          "SL6011",
          `local(): with 'log.maxElements', '${column}' of pipeline '${config.name}' needs the column '${taken}', which is another port; put one of them in 'log.exclude', or rename the port with 'ports' in the settings of \`shapeline generate\``,
          { option: "log.maxElements", column: taken },
        );
}

/** The columns that settings leave out of a layout; undefined if none. Names without a column have no effect. */
export function withheldColumns(
  config: Config,
  layout: LogLayout,
  { exclude, redact, maxElements }: LogSettings,
): Withheld | undefined {
  const columns = columnsOf(config, layout);
  const resolve = (names: readonly string[]) => new Set(names.flatMap((name) => matching(columns, name)));
  const excluded = resolve(exclude);
  const redacted = resolve(redact);
  const inOrder = (wanted: (column: string) => boolean) => columns.map(({ column }) => column).filter(wanted);
  const withheld = {
    excluded: inOrder((column) => excluded.has(column)),
    redacted: inOrder((column) => redacted.has(column) && !excluded.has(column)),
    maxElements,
  };
  return withheld.excluded.length === 0 && withheld.redacted.length === 0 && maxElements === null
    ? undefined
    : withheld;
}

/** A column that may be left out. `port` is null for keys of the request's metadata. */
interface LogColumn {
  readonly group: string;
  readonly column: string;
  readonly port: LogLayout["inputs"][number] | null;
}

function columnsOf(config: Config, { inputs, outputs, models = [], challengers }: LogLayout): LogColumn[] {
  const ports = (group: string, list: LogLayout["inputs"]): LogColumn[] =>
    list.map((port) => ({ group, column: `${group}.${port.name}`, port }));
  const columns = [
    ...ports("in", inputs),
    ...ports("out", outputs),
    ...[...models, ...challengers].flatMap(({ name, outputs: own }) => ports(`out_${name}`, own)),
    ...splitKeys(config.steps).map((key) => ({ group: "metadata.request", column: `metadata.${key}`, port: null })),
  ];
  return [...new Map(columns.map((each) => [each.column, each])).values()];
}

/** The columns that a name stands for: one column, or all of a group. */
function matching(columns: readonly LogColumn[], name: string): string[] {
  const found = columns.filter(
    ({ group, column, port }) =>
      column === name || group === name || (port === null && name === column.replace("metadata.", "metadata.request.")),
  );
  const exact = found.filter(({ column }) => column === name);
  return (exact.length > 0 ? exact : found).map(({ column }) => column);
}

function notAColumn(pipeline: string, columns: readonly LogColumn[], option: string, name: string): TargetError {
  const details = { option, column: name };
  if (name === "time" || name === "check_failures" || name === "anomaly" || name.startsWith("anomaly."))
    return new TargetError(
      "SL6011",
      `local(): '${name}' in '${option}' is always logged: the log is read by time and by failed validations; name columns of the groups in, out, out_<model>, or keys of the request's metadata`,
      details,
    );
  const known = [...new Set([...columns.map(({ group }) => group), ...columns.map(({ column }) => column)])];
  const guess = nearestName(name, known) ?? known.find((each) => each.endsWith(`.${name}`)) ?? null;
  return new TargetError(
    "SL6011",
    `local(): '${name}' in '${option}' is no column of the log of pipeline '${pipeline}'${guess === null ? "" : ` (did you mean '${guess}'?)`}; its columns are ${joinNames(columns.map(({ column }) => column))}`,
    details,
  );
}
