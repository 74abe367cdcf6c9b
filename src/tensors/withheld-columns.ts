import type { WithheldColumns } from "../../dsl/deployment.js";
import type { ResultBatch } from "./result.js";

/** The columns that logged rows lack, over all batches: each is listed if at least one row lacks it. */
export function withheldColumns(batches: readonly Pick<ResultBatch, "withheld">[]): WithheldColumns {
  const [excluded, redacted, digested] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const { withheld } of batches) {
    if (withheld === undefined) continue;
    for (const column of withheld.excluded) excluded.add(column);
    for (const column of withheld.redacted) redacted.add(column);
    for (const [column, { long }] of withheld.ports) if (long?.digests.some(Boolean) === true) digested.add(column);
  }
  return { excluded: [...excluded], redacted: [...redacted], digested: [...digested] };
}

/** The columns of both. */
export function mergeWithheld(a: WithheldColumns, b: WithheldColumns): WithheldColumns {
  const union = (left: readonly string[], right: readonly string[]) => [...new Set([...left, ...right])];
  return {
    excluded: union(a.excluded, b.excluded),
    redacted: union(a.redacted, b.redacted),
    digested: union(a.digested, b.digested),
  };
}
