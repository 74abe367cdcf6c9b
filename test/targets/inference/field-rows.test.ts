import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { defineModel, pipeline, type AnyPipeline, type DType, type Port } from "shapeline";
import { isShared } from "../../../dsl/rows.js";
import { toTable } from "../../../src/cli/input/convert-request.js";
import { build } from "../../../src/build.js";
import { readSelfContained } from "../../../src/util/onnx/self-contained.js";
import { flatten, type Value } from "../../engine/columns.js";
import { cases, fixtures, handles } from "../../engine/field-models.js";
import { folder } from "../../engine/make-config.js";
import { openEngine } from "../local-engine.js";

type Row = Readonly<Record<string, unknown>>;

const tensors = (ports: readonly Port[]) =>
  Object.fromEntries(ports.map(({ name, dtype, shape }) => [name, { dtype, shape }]));

async function modelOf(file: string) {
  const [inputs, outputs, batchSize] = handles[file] ?? [[], []];
  return defineModel({
    name: basename(file, ".onnx").replaceAll("_", "-"),
    sha256: (await readSelfContained(join(fixtures, file))).sha256,
    inputs: tensors(inputs),
    outputs: tensors(outputs),
    batchSize,
  });
}

const deploy = (made: AnyPipeline, models = fixtures) => openEngine({ models, data: folder() }).deploy(made);

/** The values of a row as a request has them: int64 as bigint. */
function requestValue(dtype: DType, value: Value): unknown {
  if (Array.isArray(value)) return value.map((inner) => requestValue(dtype, inner as Value));
  return dtype === "int64" ? BigInt(value as number) : value;
}

/** Every number of a value, in order: bigint as a number. */
const numbersOf = (value: unknown): number[] =>
  flatten(
    JSON.parse(JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? Number(inner) : inner))),
  );

function expectClose(found: unknown, expected: Value): void {
  const numbers = numbersOf(found);
  const wanted = flatten(expected);
  expect(numbers).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries())
    expect(Math.abs((numbers[i] ?? NaN) - value)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
}

const single = Object.entries(cases).filter(([file]) => file in handles);

describe.each(single)("%s", async (file, { rows, shared, answers }) => {
  const model = await modelOf(file);
  const [inputs = []] = handles[file] ?? [];
  const made = pipeline("field").model(model) as AnyPipeline;
  const records: Row[] = rows.map((row) =>
    Object.fromEntries(inputs.map(({ name, dtype }) => [name, requestValue(dtype, row[name] ?? shared[name] ?? [])])),
  );
  const expectAnswers = (found: readonly { readonly out: Row }[], from = 0) => {
    for (const [i, row] of found.entries())
      for (const [port, value] of Object.entries(answers[from + i] ?? {})) expectClose(row.out[port], value);
  };

  test("answers records together and alone, and logs what it answered", async () => {
    const live = await deploy(made, dirname(join(fixtures, file)));
    const together = await live.infer(records);
    expect(together).toHaveLength(records.length);
    expectAnswers(together);
    for (const [i, record] of records.entries()) expectAnswers(await live.infer([record]), i);
    const logged = (await live.logs({ limit: 2 * records.length })).reverse();
    expect(logged.slice(0, records.length).map(({ in: given, out }) => ({ in: given, out }))).toEqual(
      together.map(({ in: given, out }) => ({ in: given, out })),
    );
  });

  test("answers columns and Arrow tables", async () => {
    const live = await deploy(made, dirname(join(fixtures, file)));
    const columns = columnsOfRows(records);
    const answered = (await live.infer(columns as never)) as unknown as {
      readonly out: Readonly<Record<string, unknown[]>>;
    };
    for (const [i, answer] of answers.entries())
      for (const [port, value] of Object.entries(answer)) expectClose(answered.out[port]?.[i], value);
    const table = await toTable(await build(made), columnsOfRows(records));
    const out = await live.infer(table);
    expect(out.numRows).toBe(records.length);
    for (const [i, answer] of answers.entries())
      for (const [port, value] of Object.entries(answer))
        expectClose(
          plain(
            (out as unknown as { getChild(name: string): { get(i: number): unknown } }).getChild(`out.${port}`).get(i),
          ),
          value,
        );
  });

  function columnsOfRows(list: readonly Row[]): Record<string, unknown> {
    return Object.fromEntries(
      inputs.map((port) => [
        port.name,
        isShared(port, inputs) ? list[0]?.[port.name] : list.map((record) => record[port.name]),
      ]),
    );
  }
});

/** An Arrow value as nested lists. */
function plain(value: unknown): unknown {
  if (typeof value === "object" && value !== null && Symbol.iterator in value)
    return Array.from(value as Iterable<unknown>, plain);
  return value;
}
