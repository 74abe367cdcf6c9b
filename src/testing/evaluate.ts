import { InputError } from "../../dsl/errors.js";
import type { Deployment, RecordInput } from "../../dsl/deployment.js";
import type { AnyPipeline, InferInput, ValidationsOf } from "../../dsl/index.js";
import type { Port } from "../../dsl/tensor.js";
import { build } from "../build.js";
import type { Config, StepConfigOf } from "../config/schema.js";
import { inputReader } from "../engine/input/read-input.js";
import { alertProgram } from "../expression/evaluate/alert-program.js";
import { compileValidations } from "../expression/evaluate/validation-program.js";
import { children, columnName, type ExpressionTree, type Read } from "../expression/tree/tree.js";
import { type TensorData, isRagged } from "../tensors/tensor-data.js";
import { isDictionary } from "../util/objects.js";
import { joinNames } from "../util/join-names.js";

type AnyRecord = Readonly<Record<string, unknown>>;

/**
 * A row as lambdas see it: `in`, `out`, and by model's name what they read of `x.models`. It needs only the ports that
 * the lambdas read, each as `infer` takes and gives it. Null for a challenger stands for one that did not answer.
 */
export interface RowToEvaluate<P> {
  readonly in?: Partial<InferInput<P>> & AnyRecord;
  readonly out?: Partial<OutputsOf<P>> & AnyRecord;
  readonly models?: Readonly<Record<string, AnyRecord | null>>;
}

/** The pipeline's outputs as a request would have them: lists of any length, flat typed arrays. */
type OutputsOf<P> = P extends { deploy(target: never): Promise<infer D> }
  ? D extends Deployment<infer _In, infer Out, infer _Checks, infer _Challengers>
    ? RecordInput<Out>
    : AnyRecord
  : AnyRecord;

/** The validations of one row: true for those that fail, and how many they are, as in an answer of `infer`. */
export interface EvaluatedRow<P> {
  readonly anomaly: Readonly<Record<ValidationsOf<P>, boolean>>;
  readonly count: number;
}

/** The validations of each row, and whether each alert's condition holds over all of them. */
export interface EvaluatedRows<P> {
  readonly rows: readonly EvaluatedRow<P>[];
  readonly alerts: Readonly<Record<string, boolean>>;
}

/**
 * Runs a pipeline's validations on a row that a test wrote, without models: the compiled expressions that the embedded
 * engine runs. Given a list of rows, also the conditions of its alerts, with these rows in the window.
 *
 * @throws what `build` throws; InputError SL5003 if a row lacks a port that a lambda reads, SL5xxx if a value does not
 * fit its port
 * @example
 * const { anomaly, count } = await evaluate(fraud, { out: { risk: [1.5] } }); // { amt: true }, 1
 */
export async function evaluate<P extends AnyPipeline>(
  pipeline: P,
  row: readonly RowToEvaluate<P>[],
): Promise<EvaluatedRows<P>>;
export async function evaluate<P extends AnyPipeline>(pipeline: P, row: RowToEvaluate<P>): Promise<EvaluatedRow<P>>;
export async function evaluate<P extends AnyPipeline>(
  pipeline: P,
  row: RowToEvaluate<P> | readonly RowToEvaluate<P>[],
): Promise<EvaluatedRow<P> | EvaluatedRows<P>> {
  const config = await build(pipeline);
  const validations = config.steps
    .filter((step) => step.kind === "validation")
    .map((step) => rowValidation(step, config));
  const evaluateRow = (at: RowToEvaluate<P>, where: string): EvaluatedRow<P> => {
    const values = columnsOf(at, where);
    const failed = validations.map((validation) => [validation.name, validation.fails(values, where)] as const);
    return {
      anomaly: Object.fromEntries(failed) as EvaluatedRow<P>["anomaly"],
      count: failed.filter(([, fails]) => fails).length,
    };
  };
  if (!isList(row)) return evaluateRow(row, "the row");
  const places = row.map((at, i) => ({ at, where: `row ${i}` }));
  const alerts = config.steps
    .filter((step) => step.kind === "alert")
    .map((step) => {
      const columns = rowReader(step, config);
      const program = alertProgram({ name: step.name, tree: step.expression.tree });
      const read = places.map(({ at, where }) => columns(columnsOf(at, where), where));
      const perRow = read.map(({ tensors, present }) => program.values(tensors, 1, present));
      const aggregates = (perRow[0] ?? program.values(new Map(), 0)).map((_, i) =>
        Float64Array.from(perRow.flatMap((values) => [...(values[i] ?? [])])),
      );
      return [step.name, program.holds(program.aggregates(aggregates))] as const;
    });
  return { rows: places.map(({ at, where }) => evaluateRow(at, where)), alerts: Object.fromEntries(alerts) };
}

/** `Array.isArray` does not narrow readonly arrays. */
const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);

/** The values of a row by column: `in.x`, `out.y`, `out_c1.z`. The ports of a challenger without an answer are null. */
type RowColumns = (column: Read) => unknown;

function columnsOf(row: RowToEvaluate<AnyPipeline>, where: string): RowColumns {
  if (!isDictionary(row))
    throw new InputError("SL5002", `${where} is not an object: give { in: {…}, out: {…}, models: {…} }`);
  const known = ["in", "out", "models"];
  const unknown = Object.keys(row).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new InputError("SL5004", `${where} has '${unknown}', but a row consists of ${joinNames(known)}`);
  return ({ from, port }) => {
    const ports = typeof from === "string" ? row[from] : row.models?.[from.model];
    return ports === null ? null : ports?.[port];
  };
}

type Lambda = StepConfigOf<"validation" | "alert">;

interface ReadColumns {
  readonly tensors: ReadonlyMap<string, TensorData>;
  /** 0 for a column of a challenger that did not answer. */
  readonly present: ReadonlyMap<string, Uint8Array>;
}

/** A function that reads the columns of a lambda from a row, as a batch of one. */
function rowReader(
  { kind, name, expression }: Lambda,
  config: Config,
): (row: RowColumns, where: string) => ReadColumns {
  const reads = columnReads(expression.tree);
  return (row, where) => {
    const values = reads.map((read) => ({ read, column: columnName(read), value: row(read) }));
    const absent = values.find(({ value }) => value === undefined);
    if (absent !== undefined)
      throw new InputError(
        "SL5003",
        `${where}: ${kind} '${name}' reads ${absent.column}, which the row lacks: ${additionText(absent.read)}`,
        { input: absent.column },
      );
    const answered = values.filter(({ value }) => value !== null);
    const ports = answered.map(({ read, column }) => portOf(read, column));
    const read = inputReader(
      config.name,
      ports,
      config.missing?.map((input) => `in.${input}`),
    );
    const { tensors } =
      ports.length === 0
        ? { tensors: [] }
        : read([Object.fromEntries(answered.map(({ column, value }) => [column, value]))]);
    return {
      tensors: new Map(
        tensors.flatMap((tensor, i) => (isRagged(tensor) ? [] : [[ports[i]?.name ?? "", tensor] as const])),
      ),
      present: new Map(values.map(({ column, value }) => [column, Uint8Array.of(value === null ? 0 : 1)])),
    };
  };
}

function rowValidation(step: StepConfigOf<"validation">, config: Config) {
  const { name } = step;
  const columns = rowReader(step, config);
  const run = compileValidations([{ name, tree: step.expression.tree }]);
  return {
    name,
    fails(row: RowColumns, where: string): boolean {
      const { tensors, present } = columns(row, where);
      return run(tensors, 1, present).get(name)?.[0] === 1;
    },
  };
}

/** The first read of each column. */
function columnReads(tree: ExpressionTree): readonly Read[] {
  const reads = new Map<string, Read>();
  const visit = (node: ExpressionTree): void => {
    if (node.op === "read" && !reads.has(columnName(node))) reads.set(columnName(node), node);
    for (const child of children(node)) visit(child);
  };
  visit(tree);
  return [...reads.values()];
}

const portOf = ({ dtype, shape }: Read, name: string): Port => ({ name, dtype, shape: ["batch", ...shape] });

function additionText({ from, port, dtype, shape }: Read): string {
  const value = shape.length === 0 ? dtype : `${dtype}[${shape.map((size) => size ?? "?").join(", ")}]`;
  return typeof from === "string"
    ? `add ${from}: { ${port}: <${value}> }`
    : `add models: { ${from.model}: { ${port}: <${value}> } }`;
}
