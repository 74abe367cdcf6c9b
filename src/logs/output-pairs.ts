import type { Port } from "../../dsl/tensor.js";
import { tablesOf, type LogColumn } from "./columns.js";
import type { StoredLog } from "./control.js";
import { challengerTable, championTable } from "./tables.js";

/** An output of the champion and the challenger's that stands for it, in every version that has both. */
export interface OutputPair {
  readonly champion: string;
  readonly challenger: string;
  readonly numeric: boolean;
  readonly places: readonly PairPlace[];
}

export interface PairPlace {
  /** Tables. */
  readonly champion: string;
  readonly challenger: string;
  readonly championColumn: string;
  readonly challengerColumn: string;
  /** SQL that makes a column of either a plain list of its elements. */
  readonly flat: (column: string) => string;
}

/** Outputs of one name and shape, or the only ones of both, where their elements can be compared. */
export function outputPairs(challenger: string, logs: readonly StoredLog[]): OutputPair[] {
  const pairs = new Map<string, OutputPair & { readonly places: PairPlace[] }>();
  for (const { id, layout } of logs) {
    const index = layout.challengers.findIndex(({ name }) => name === challenger);
    const theirs = layout.challengers[index]?.outputs ?? [];
    const tables = tablesOf(layout);
    const lone = layout.outputs.length === 1 && theirs.length === 1;
    for (const mine of layout.outputs) {
      const other = lone ? theirs[0] : theirs.find(({ name }) => name === mine.name);
      if (other === undefined || isNumeric(mine) !== isNumeric(other) || (!isNumeric(mine) && mine.dtype !== other.dtype)) continue;
      const [mineColumn, otherColumn] = [columnOf(tables.champion, mine), columnOf(tables.challengers[index]?.columns ?? [], other)];
      if (mineColumn === undefined || otherColumn === undefined || mineColumn.depth !== otherColumn.depth) continue;
      const key = JSON.stringify([mine.name, other.name, isNumeric(mine)]);
      const pair = pairs.get(key) ?? { champion: mine.name, challenger: other.name, numeric: isNumeric(mine), places: [] };
      pair.places.push({
        champion: championTable(id),
        challenger: challengerTable(id, index),
        championColumn: mineColumn.column,
        challengerColumn: otherColumn.column,
        flat: (column) => (mineColumn.depth === 0 ? `[${column}]` : `${"flatten(".repeat(mineColumn.depth - 1)}${column}${")".repeat(mineColumn.depth - 1)}`),
      });
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
