import type { Port } from "../../../dsl/tensor.js";
import { holdsValues, tableColumns, type LogColumn } from "../schema/columns.js";
import type { StoredLog } from "../schema/stored-log.js";

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
    const single = layout.outputs.length === 1 && challengerOutputs.length === 1;
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

function columnOf(columns: readonly LogColumn[], { name }: Port): LogColumn | undefined {
  return columns.find((column) => column.kind === "out" && column.name === name && holdsValues(column));
}

function isNumeric({ dtype }: Port): boolean {
  return dtype !== "string" && dtype !== "bool";
}
