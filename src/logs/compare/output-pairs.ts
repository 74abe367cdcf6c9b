import type { Port } from "../../../dsl/tensor.js";
import { tablesOf, type LogColumn } from "../schema/columns.js";
import type { StoredLog } from "../schema/stored-log.js";

/** An output of the champion and the challenger's that stands for it, in every version that has both. */
export interface OutputPair {
  readonly champion: string;
  readonly challenger: string;
  readonly numeric: boolean;
  /** By the log's id. */
  readonly columns: ReadonlyMap<number, PairColumns>;
}

export interface PairColumns {
  readonly champion: LogColumn;
  readonly challenger: LogColumn;
}

/** Outputs of one name and shape, or the only ones of both, where their elements can be compared. */
export function outputPairs(challenger: string, logs: readonly StoredLog[]): OutputPair[] {
  const pairs = new Map<string, OutputPair & { readonly columns: Map<number, PairColumns> }>();
  for (const { id, layout } of logs) {
    const index = layout.challengers.findIndex(({ name }) => name === challenger);
    const theirs = layout.challengers[index]?.outputs ?? [];
    const tables = tablesOf(layout);
    const lone = layout.outputs.length === 1 && theirs.length === 1;
    for (const mine of layout.outputs) {
      const other = lone ? theirs[0] : theirs.find(({ name }) => name === mine.name);
      if (
        other === undefined ||
        isNumeric(mine) !== isNumeric(other) ||
        (!isNumeric(mine) && mine.dtype !== other.dtype)
      )
        continue;
      const [mineColumn, otherColumn] = [
        columnOf(tables.champion, mine),
        columnOf(tables.challengers[index]?.columns ?? [], other),
      ];
      if (mineColumn === undefined || otherColumn === undefined || mineColumn.depth !== otherColumn.depth) continue;
      const key = JSON.stringify([mine.name, other.name, isNumeric(mine)]);
      const pair = pairs.get(key) ?? {
        champion: mine.name,
        challenger: other.name,
        numeric: isNumeric(mine),
        columns: new Map<number, PairColumns>(),
      };
      pair.columns.set(id, { champion: mineColumn, challenger: otherColumn });
      pairs.set(key, pair);
    }
  }
  return [...pairs.values()];
}

function columnOf(columns: readonly LogColumn[], { name }: Port): LogColumn | undefined {
  return columns.find((column) => column.kind === "out" && column.name === name);
}

function isNumeric({ dtype }: Port): boolean {
  return dtype !== "string" && dtype !== "bool";
}
