import { rowShape } from "../../../dsl/rows.js";
import type { Port } from "../../../dsl/tensor.js";
import { parseStoredConfig } from "../../config/config.js";
import type { Config, StepConfigOf } from "../../config/schema.js";
import { compileValidations, type ValidationProgram } from "../../expression/evaluate/validation-program.js";
import { mapOperands } from "../../expression/tree/builders.js";
import { columnName, columnsRead, type ExpressionTree, type Source } from "../../expression/tree/tree.js";
import type { Comparison, LoggedComparison, ValidationComparison } from "../../logs/comparison.js";
import type { LogBatch } from "../../logs/pipeline-log.js";
import type { StoredVersion } from "../../logs/store.js";
import { sliceRows, uniformRanges } from "../../tensors/row-ranges.js";
import type { RowsTensor } from "../../tensors/tensor-data.js";

/** A validation of the champion's outputs, applied to a challenger's. */
interface Trial {
  readonly validation: string;
  readonly challenger: string;
  readonly program: ValidationProgram;
  /** The columns that the validation reads of the champion, and of the challenger in their place. */
  readonly columns: readonly string[];
}

interface Counts {
  rows: number;
  championFailed: number;
  challengerFailed: number;
  differing: number;
}

/**
 * Completes a comparison with what the champion's validations say about each challenger's outputs. Only rows that the
 * challenger answered count, and only those whose logged values are complete.
 *
 * @param readPages reads the log of the compared period
 * @param stored the pipeline's versions, those of the comparison among them
 */
export async function compareValidations(
  comparison: LoggedComparison,
  readPages: () => AsyncIterable<readonly LogBatch[]>,
  stored: readonly StoredVersion[],
): Promise<Comparison> {
  const trialsOf = new Map<number, readonly Trial[]>();
  for (const { version, config } of stored)
    if (comparison.versions.includes(version)) trialsOf.set(version, challengerTrials(parseStoredConfig(config)));
  const found = new Map<string, Map<string, Counts>>();
  if ([...trialsOf.values()].some(({ length }) => length > 0))
    for await (const page of readPages())
      for (const batch of page)
        for (const trial of trialsOf.get(batch.version) ?? []) {
          const { challenger, validation } = trial;
          const counts = found.get(challenger) ?? new Map<string, Counts>();
          found.set(challenger, counts);
          const count = counts.get(validation) ?? { rows: 0, championFailed: 0, challengerFailed: 0, differing: 0 };
          counts.set(validation, count);
          addBatch(trial, batch, count);
        }
  return {
    ...comparison,
    challengers: comparison.challengers.map((challenger) => ({
      ...challenger,
      validations: Array.from(found.get(challenger.name) ?? [], ([validation, counts]): ValidationComparison => ({
        validation,
        ...counts,
      })),
    })),
  };
}

/** Steps that leave the outputs as they are. */
const keepsOutputs: ReadonlySet<string> = new Set(["validation", "alert", "audit", "refine"]);

/** The trials of a config: the log has the outputs of its last inference step, so that must be the shadow. */
function challengerTrials({ steps, models }: Config): Trial[] {
  const at = steps.findLastIndex(({ kind }) => !keepsOutputs.has(kind));
  const shadow = steps[at];
  if (shadow?.kind !== "shadow") return [];
  const outputsOf = (name: string): readonly Port[] => models.find((model) => model.name === name)?.outputs ?? [];
  const validations = steps.slice(at).filter((step): step is StepConfigOf<"validation"> => step.kind === "validation");
  return shadow.challengers.flatMap((challenger) =>
    validations.flatMap(({ name, expression }) => {
      const tree = ofChallenger(expression.tree, challenger, outputsOf(shadow.champion), outputsOf(challenger));
      if (tree === null) return [];
      const columns = [...columnsRead(expression.tree), ...columnsRead(tree)];
      return [{ validation: name, challenger, program: compileValidations([{ name, tree }]), columns }];
    }),
  );
}

/**
 * The tree with the challenger's outputs in place of the champion's; null if it reads none, or one that the challenger
 * does not have alike. Outputs pair by name, or if each side has only one.
 */
function ofChallenger(
  tree: ExpressionTree,
  challenger: string,
  championOutputs: readonly Port[],
  challengerOutputs: readonly Port[],
): ExpressionTree | null {
  let [reads, unpaired] = [0, 0];
  const single = championOutputs.length === 1 && challengerOutputs.length === 1;
  const put = (node: ExpressionTree): ExpressionTree => {
    if (node.op !== "read" || node.from !== "out") return mapOperands(node, put);
    reads++;
    const own = championOutputs.find(({ name }) => name === node.port);
    const other = single ? challengerOutputs[0] : challengerOutputs.find(({ name }) => name === node.port);
    if (own === undefined || other === undefined || !isAlike(own, other)) unpaired++;
    return { ...node, from: { model: challenger }, port: other?.name ?? node.port };
  };
  const replaced = put(tree);
  return reads === 0 || unpaired > 0 ? null : replaced;
}

function isAlike(a: Port, b: Port): boolean {
  const [sizes, others] = [rowShape(a.shape), rowShape(b.shape)];
  const isSize = (dim: unknown): boolean => typeof dim === "number";
  return (
    a.dtype === b.dtype &&
    sizes?.length === others?.length &&
    sizes?.every((dim, axis) => dim === others?.[axis] || (!isSize(dim) && !isSize(others?.[axis]))) === true
  );
}

function addBatch({ validation, challenger, program, columns }: Trial, batch: LogBatch, counts: Counts): void {
  const all = batchColumns(batch);
  const read = columns.map((column) => all.get(column)).filter((tensor) => tensor !== undefined);
  const failures = batch.failures.get(validation);
  const answered = batch.challengers.get(challenger)?.answered;
  // A log may leave columns out.
  if (failures === undefined || answered === undefined || read.length < columns.length) return;
  const partial = columns.flatMap((column) => batch.withheld?.ports.get(column)?.valid ?? []);
  for (const [from, to] of uniformRanges(read, batch.rows)) {
    const part = new Map(columns.map((column, i) => [column, sliceRows(read[i] as RowsTensor, from, to)]));
    // Each row was within the bound when it was inferred.
    const failed = program(part, to - from, undefined, { left: Infinity }).get(validation);
    for (let row = from; row < to; row++) {
      if (answered[row] !== 1 || partial.some((valid) => valid[row] !== 1)) continue;
      const [own, other] = [failures[row] === 1, failed?.[row - from] === 1];
      counts.rows++;
      if (own) counts.championFailed++;
      if (other) counts.challengerFailed++;
      if (own !== other) counts.differing++;
    }
  }
}

/** The columns of a batch by name: `in.x`, `out.y`, `out_c1.z`. */
function batchColumns({ inputs, outputs, challengers }: LogBatch): ReadonlyMap<string, RowsTensor> {
  const sources: readonly (readonly [Source, ReadonlyMap<string, RowsTensor>])[] = [
    ["in", inputs],
    ["out", outputs],
    ...Array.from(challengers, ([model, answer]) => [{ model }, answer.outputs] as const),
  ];
  return new Map(
    sources.flatMap(([from, ports]) => Array.from(ports, ([port, tensor]) => [columnName({ from, port }), tensor])),
  );
}
