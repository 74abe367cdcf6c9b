import type { Port } from "../../../dsl/tensor.js";
import { holdsValues, tableColumns, type LogColumn } from "../schema/columns.js";
import type { WithheldOutput } from "../comparison.js";
import type { StoredLog } from "../schema/stored-log.js";
import { exceeds } from "../schema/withheld.js";

/** An output of the champion and the corresponding output of the challenger, in all versions with both. */
export interface OutputPair {
  readonly champion: string;
  readonly challenger: string;
  readonly numeric: boolean;
  /** The columns of both, by log id. */
  readonly columns: ReadonlyMap<number, PairColumns>;
}

export interface PairColumns {
  readonly champion: LogColumn;
  readonly challenger: LogColumn;
}

/** Pairs outputs with the same name, or the only output of each side, if their elements can be compared. */
export function outputPairs(challenger: string, logs: readonly StoredLog[]): OutputPair[] {
  const pairs = new Map<string, OutputPair & { readonly columns: Map<number, PairColumns> }>();
  for (const { id, layout } of logs) {
    const index = layout.challengers.findIndex(({ name }) => name === challenger);
    const challengerOutputs = layout.challengers[index]?.outputs ?? [];
    const tables = tableColumns(layout);
    const isOnly = (group: string, ports: readonly Port[]) =>
      ports.length === 1 && layout.withheld?.excluded.some((column) => column.startsWith(`${group}.`)) !== true;
    const single = isOnly("out", layout.outputs) && isOnly(`out_${challenger}`, challengerOutputs);
    for (const championOutput of layout.outputs) {
      const challengerOutput = single
        ? challengerOutputs[0]
        : challengerOutputs.find(({ name }) => name === championOutput.name);
      if (
        challengerOutput === undefined ||
        isNumeric(championOutput) !== isNumeric(challengerOutput) ||
        (!isNumeric(championOutput) && championOutput.dtype !== challengerOutput.dtype)
      )
        continue;
      const [championColumn, challengerColumn] = [
        columnOf(tables.champion, championOutput),
        columnOf(tables.challengers[index]?.columns ?? [], challengerOutput),
      ];
      if (
        championColumn === undefined ||
        challengerColumn === undefined ||
        championColumn.depth !== challengerColumn.depth
      )
        continue;
      const key = JSON.stringify([championOutput.name, challengerOutput.name, isNumeric(championOutput)]);
      const pair = pairs.get(key) ?? {
        champion: championOutput.name,
        challenger: challengerOutput.name,
        numeric: isNumeric(championOutput),
        columns: new Map<number, PairColumns>(),
      };
      pair.columns.set(id, { champion: championColumn, challenger: challengerColumn });
      pairs.set(key, pair);
    }
  }
  return [...pairs.values()];
}

/** Outputs of champion and challengers that some log does not have completely, each once. */
export function withheldOutputs(logs: readonly StoredLog[]): WithheldOutput[] {
  const found = new Map<string, WithheldOutput>();
  const add = (column: string, reason: WithheldOutput["reason"]) => found.set(column, { column, reason });
  for (const { layout } of logs) {
    const { withheld } = layout;
    if (withheld === undefined || layout.challengers.length === 0) continue;
    const groups = new Map([
      ["out", layout.outputs],
      ...layout.challengers.map(({ name, outputs }) => [`out_${name}`, outputs] as const),
    ]);
    for (const [group, ports] of groups) {
      for (const column of withheld.excluded) if (column.startsWith(`${group}.`)) add(column, "excluded");
      for (const port of ports) {
        const column = `${group}.${port.name}`;
        if (withheld.redacted.includes(column)) add(column, "redacted");
        else if (exceeds(port, withheld.maxElements) !== "never") add(column, "long");
      }
    }
  }
  return [...found.values()];
}

function columnOf(columns: readonly LogColumn[], { name }: Port): LogColumn | undefined {
  return columns.find((column) => column.kind === "out" && column.name === name && holdsValues(column));
}

function isNumeric({ dtype }: Port): boolean {
  return dtype !== "string" && dtype !== "bool";
}
