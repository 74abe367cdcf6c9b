import type { AnyPipeline, InferOutput } from "../../dsl/index.js";
import { type Dim, type Port } from "../../dsl/tensor.js";
import { elementTypes } from "../engine/input/elements.js";
import { rowDims } from "../engine/input/row-shape.js";
import { joinNames } from "../util/join-names.js";
import { describeValue } from "../util/format-value.js";
import { isRecord } from "../util/objects.js";
import { type PipelinePorts, pipelinePorts } from "./pipeline-ports.js";
import { type SchemaIssue, type StandardSchema, standardSchema } from "./standard-schema.js";

/** The schema of a pipeline's answers: a list of records. `row` is the schema of one record. */
export interface ResultSchema<P> extends StandardSchema<InferOutput<P>[]> {
  readonly row: StandardSchema<InferOutput<P>>;
}

/**
 * The Standard Schema of a pipeline's answers as records: what `infer` returns without options that change the columns.
 *
 * @throws PipelineError for a pipeline with problems
 * @example const score = t.procedure.output(resultSchema(fraud)).mutation(() => live.infer(rows));
 */
export function resultSchema<P extends AnyPipeline>(pipeline: P): ResultSchema<P> {
  const ports = pipelinePorts(pipeline);
  const rows = standardSchema<InferOutput<P>[]>((value) => {
    if (!Array.isArray(value)) return wrong([], "a list of rows", value);
    for (const [row, record] of value.entries()) {
      const issue = recordIssue(ports, record, [row]);
      if (issue !== null) return issue;
    }
    return null;
  });
  return Object.freeze({ ...rows, row: standardSchema<InferOutput<P>>((value) => recordIssue(ports, value, [])) });
}

type Path = SchemaIssue["path"];
type Check = (value: unknown, path: Path) => SchemaIssue | null;

const isTime: Check = (value, path) =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? null : wrong(path, "a Date", value);
const isFlag: Check = (value, path) => (typeof value === "boolean" ? null : wrong(path, "a boolean", value));
const isCount: Check = (value, path) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? null : wrong(path, "a number of failures", value);

function recordIssue(ports: PipelinePorts, value: unknown, path: Path): SchemaIssue | null {
  const checks: Record<string, Check> = {
    time: isTime,
    in: portsCheck(ports.inputs),
    out: portsCheck(ports.outputs),
    anomaly: membersCheck({
      count: isCount,
      ...Object.fromEntries(ports.validations.map((name) => [name, isFlag])),
    }),
    check_failures: isCount,
    ...mapValues(ports.models, (outputs) => portsCheck(outputs)),
  };
  return membersCheck(
    checks,
    mapValues(ports.challengers, (outputs) => portsCheck(outputs, true)),
  )(value, path);
}

/** @param optional checks of members that may be absent */
function membersCheck(required: Record<string, Check>, optional: Record<string, Check> = {}): Check {
  return (value, path) => {
    if (!isRecord(value)) return wrong(path, `an object { ${Object.keys(required).join(", ")} }`, value);
    for (const key of Object.keys(required))
      if (!Object.hasOwn(value, key)) return { message: `${placeOf(path)}'${key}' is missing`, path };
    for (const [key, member] of Object.entries(value)) {
      const check = Object.hasOwn(required, key) ? required[key] : Object.hasOwn(optional, key) ? optional[key] : null;
      if (!check)
        return { message: `${placeOf(path)}'${key}' is unknown; known are ${joinNames(Object.keys(required))}`, path };
      const issue = check(member, [...path, key]);
      if (issue !== null) return issue;
    }
    return null;
  };
}

function portsCheck(ports: readonly Port[], nullable = false): Check {
  return membersCheck(
    Object.fromEntries(
      ports.map((port): [string, Check] => [
        port.name,
        (value, path) => (nullable && value === null ? null : valueIssue(port, rowDims(port), value, path)),
      ]),
    ),
  );
}

function valueIssue(port: Port, dims: readonly Dim[] | null, value: unknown, path: Path): SchemaIssue | null {
  const [dim, ...rest] = dims ?? (Array.isArray(value) ? [null] : []);
  if (dim === undefined) {
    const refusal = elementTypes[port.dtype].refusal(value);
    return refusal === null ? null : { message: `${placeOf(path)}${refusal.text}`, path };
  }
  if (!Array.isArray(value)) return wrong(path, "a list", value);
  if (typeof dim === "number" && value.length !== dim)
    return { message: `${placeOf(path)}expected a list of ${dim}, got ${value.length}`, path };
  for (const [i, item] of value.entries()) {
    const issue = valueIssue(port, dims === null ? null : rest, item, [...path, i]);
    if (issue !== null) return issue;
  }
  return null;
}

const wrong = (path: Path, expected: string, found: unknown): SchemaIssue => ({
  message: `${placeOf(path)}expected ${expected}, got ${describeValue(found)}`,
  path,
});

/** `row 0, out.risk, element [2]: ` */
function placeOf(path: Path): string {
  const [row, ...rest] = typeof path[0] === "number" ? path : [null, ...path];
  const names = rest.filter((part) => typeof part !== "number").join(".");
  const indexes = rest.filter((part) => typeof part === "number").map((index) => `[${index}]`);
  const parts = [
    ...(row === null ? [] : [`row ${String(row)}`]),
    ...(names === "" ? [] : [names]),
    ...(indexes.length === 0 ? [] : [`element ${indexes.join("")}`]),
  ];
  return parts.length === 0 ? "" : `${parts.join(", ")}: `;
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
