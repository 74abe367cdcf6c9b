import type { WithheldColumns } from "../../../dsl/deployment.js";
import type { Schema } from "apache-arrow";
import type { LocalStatus } from "../../targets/local/index.js";

/** What a deployment leaves out of its log, and why nothing is logged now; no lines if it logs everything. */
export function logStatusLines({ log }: Pick<LocalStatus, "log">): string[] {
  if (log === null) return [];
  const { exclude, redact, maxElements, problem } = log;
  return [
    ...(problem === null ? [] : [`nothing is logged now: ${problem}`]),
    ...(exclude.length === 0 ? [] : [`not logged: ${exclude.join(", ")}`]),
    ...(redact.length === 0 ? [] : [`logged as a marker: ${redact.join(", ")}`]),
    ...(maxElements === null ? [] : [`logged as shape and digest: tensors with more than ${maxElements} elements`]),
  ];
}

/** What rows of a log lack; no lines if they lack nothing. */
export function withheldLines({ excluded, redacted, digested }: WithheldColumns): string[] {
  return [
    ...(excluded.length === 0 ? [] : [`not in the log: ${excluded.join(", ")}`]),
    ...(redacted.length === 0 ? [] : [`redacted in the log: ${redacted.join(", ")}`]),
    ...(digested.length === 0 ? [] : [`long tensors are shape and digest: ${digested.join(", ")}`]),
  ];
}

/** What the metadata of an Arrow schema says that the rows lack. */
export function withheldInSchema({ fields, metadata }: Schema): WithheldColumns {
  const list = (what: string) => JSON.parse(metadata.get(`shapeline.${what}`) ?? "[]") as string[];
  const names = new Set(fields.map(({ name }) => name));
  return {
    excluded: list("excluded"),
    redacted: list("redacted"),
    digested: [...names].filter((name) => names.has(`${name}.digest`) && names.has(`${name}.shape`)),
  };
}
